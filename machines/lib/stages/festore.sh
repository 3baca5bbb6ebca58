# SPDX-License-Identifier: BSD-2-Clause
# Stages: festore for the machine: a sysroot for the cross compiler, the command and tests, the TA, and all of these laid out
# as in the machine's root.

sysroot_kept='^(libssl|libzstd1|zlib1g|libfmt|libgtest|libgmock|libcli11|libexpected|nlohmann-json3|googletest)'

fetch_sysroot_packages() {
    # shellcheck disable=SC2046
    sysroot_packages=$(packages_closure $(read_list machines/lib/sysroot.list) | grep -E "$sysroot_kept")
    # shellcheck disable=SC2086
    packages_fetch $sysroot_packages
}

build_sysroot() {
    local name
    rm -rf "$out/sysroot"
    mkdir -p "$out/sysroot"
    for name in $sysroot_packages; do
        cp -a "$packages_dir/x/$name/." "$out/sysroot/"
    done
    # Debian's own compiler finds headers in the triplet's folder; a compiler that gets the sysroot as a plain folder does not.
    cp -a "$out/sysroot/usr/include/$triplet/." "$out/sysroot/usr/include/"
}

# Libraries that a library of the sysroot needs must be found in the sysroot, too (-rpath-link).
configure_festore() {
    local found_there=-Wl,-rpath-link,$out/sysroot/usr/lib/$triplet
    cmake --preset "$arch" -B "$out/festore/build" -DCMAKE_FIND_ROOT_PATH="$out/sysroot" \
        -DCMAKE_FIND_ROOT_PATH_MODE_LIBRARY=ONLY -DCMAKE_FIND_ROOT_PATH_MODE_INCLUDE=ONLY \
        -DCMAKE_FIND_ROOT_PATH_MODE_PACKAGE=ONLY -DCMAKE_GTEST_DISCOVER_TESTS_DISCOVERY_MODE=PRE_TEST \
        -DCMAKE_SKIP_BUILD_RPATH=ON -DCMAKE_EXE_LINKER_FLAGS="$found_there" -DCMAKE_SHARED_LINKER_FLAGS="$found_there"
}

lay_out_festore() {
    local root=$out/festore/new build=$out/festore/build libraries=usr/lib/$triplet program
    rm -rf "$root"
    mkdir -p "$root"/usr/{bin,lib/optee_armtz,lib/festore/tests} "$root/$libraries"
    install -m 755 -s --strip-program=${cross}strip "$build/bin/festore" "$root/usr/bin/"
    for program in "$build"/bin/*; do
        case ${program##*/} in
            conformance | test_*)
                install -m 755 -s --strip-program=${cross}strip "$program" "$root/usr/lib/festore/tests/" ;;
        esac
    done
    cp -a "$build"/lib/libfestore.so.* "$root/$libraries/"
    cp "$ta_out/ta/b7e89fc1-5044-431e-b4c5-9fb6ae256423.ta" "$root/usr/lib/optee_armtz/"
    mkdir -p "$out/festore/root"
    # The folder itself is not replaced: a running machine may have it open.
    rm -rf "$out/festore/root/usr"
    mv "$root/usr" "$out/festore/root/usr"
    rmdir "$root"
}
