#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# Builds with an SDK's environment like those of Yocto and OpenSTLinux: compilers with flags, a sysroot with the target's libraries, and
# OP-TEE's variables. The SDK is simulated with Debian's cross compiler and the libraries that the armv7 machine is built against.
bats_require_minimum_version 1.5.0

setup_file() {
    cd "$BATS_TEST_DIRNAME/../.."
    export SDK=$BATS_FILE_TMPDIR/sdk OUT=$BATS_FILE_TMPDIR/out
    command -v arm-linux-gnueabihf-g++ > /dev/null || skip "needs g++-arm-linux-gnueabihf"
    libraries=$(realpath "${MACHINE_OUT:-build/machine}/qemu-armv7/sysroot")
    [ -d "$libraries/usr" ] || skip "needs the libraries of the armv7 machine: machines/qemu-armv7/build-festore"
    sysroot=$SDK/sysroots/cortexa7t2hf-neon-vfpv4-ostl-linux-gnueabi
    mkdir -p "$sysroot/usr/lib" "$sysroot/usr/include" "$OUT"
    # The C library, at the place where the compiler and its linker scripts look; then the other libraries.
    ln -s /usr/arm-linux-gnueabihf "$sysroot/usr/arm-linux-gnueabihf"
    cp -as /usr/arm-linux-gnueabihf/include/. "$sysroot/usr/include/"
    cp -as /usr/arm-linux-gnueabihf/lib/. "$sysroot/usr/lib/"
    ln -s usr/lib "$sysroot/lib"
    cp -asf "$libraries/usr/include/." "$sysroot/usr/include/"
    cp -asf "$libraries"/usr/lib/arm-linux-gnueabihf/. "$sysroot/usr/lib/"
    rm -rf "$sysroot/usr/lib/cmake"  # from Debian's libraries for tests, whose files name other places
    cat > "$SDK/environment-setup" <<X
export SDKTARGETSYSROOT=$sysroot
export CC="arm-linux-gnueabihf-gcc -march=armv7-a+fp -mfloat-abi=hard -fstack-protector-strong --sysroot=\$SDKTARGETSYSROOT"
export CXX="arm-linux-gnueabihf-g++ -march=armv7-a+fp -mfloat-abi=hard -fstack-protector-strong --sysroot=\$SDKTARGETSYSROOT"
export LD="arm-linux-gnueabihf-ld --sysroot=\$SDKTARGETSYSROOT"
export AR=arm-linux-gnueabihf-ar RANLIB=arm-linux-gnueabihf-ranlib STRIP=arm-linux-gnueabihf-strip
export CROSS_COMPILE=arm-linux-gnueabihf- ARCH=arm
export CFLAGS="-O2 -pipe -g" CXXFLAGS="-O2 -pipe -g" LDFLAGS="-Wl,-O1 -Wl,--hash-style=gnu -Wl,--as-needed"
export TEEC_EXPORT=\$SDKTARGETSYSROOT/usr OPTEE_CLIENT_EXPORT=\$SDKTARGETSYSROOT/usr
export PKG_CONFIG_SYSROOT_DIR=\$SDKTARGETSYSROOT
X
}

setup() {
    cd "$BATS_TEST_DIRNAME/../.."
    . "$SDK/environment-setup"
}

@test "command and library are built with the environment's compilers and their flags" {
    cmake --preset release -B "$OUT/build" -DCMAKE_FIND_ROOT_PATH="$SDKTARGETSYSROOT" > "$OUT/configure.log" 2>&1 ||
        { cat "$OUT/configure.log"; false; }
    cmake --build "$OUT/build" -j "${JOBS:-$(nproc)}" > "$OUT/build.log" 2>&1 || { tail -n 30 "$OUT/build.log"; false; }
    grep -q -- "--sysroot=$SDKTARGETSYSROOT" "$OUT/build/compile_commands.json"
    file -L "$OUT/build/bin/festore" | grep -q 'ELF 32-bit LSB.*ARM'
    # No simulated TEE, and no libraries of this host.
    grep -q '^FESTORE_SIM:BOOL=OFF' "$OUT/build/CMakeCache.txt"
    run grep -E '^OPENSSL_[A-Z_]*:(FILEPATH|PATH)=/usr/(lib|include)' "$OUT/build/CMakeCache.txt"
    [ "$status" -eq 1 ]
    command -v qemu-arm > /dev/null || skip "needs qemu-arm to run programs for armhf: built, not run"
    run qemu-arm -L "$SDKTARGETSYSROOT" "$OUT/build/bin/festore" --version
    echo "$output"
    [ "$status" -eq 0 ]
}

@test "the kit builds the trusted application with the environment's compiler" {
    kit=$(env -u CC -u CXX -u CFLAGS -u CXXFLAGS -u LDFLAGS -u CROSS_COMPILE tools/fetch-ta-kit armhf)
    env -u CROSS_COMPILE PATH="/usr/bin:/bin:$PATH" make -s -C ta TA_DEV_KIT_DIR="$kit" O="$OUT/ta" > "$OUT/ta.log" 2>&1 ||
        { tail -n 30 "$OUT/ta.log"; false; }
    ta=$OUT/ta/ta/b7e89fc1-5044-431e-b4c5-9fb6ae256423.ta
    [ "$(head -c 4 "$ta")" = HSTO ]
    arm-linux-gnueabihf-readelf -h "${ta%.ta}.elf" | grep -q 'OS/ABI: *UNIX - System V'
}

@test "the build is installed into a root file system of the SDK's kind" {
    [ -x "$OUT/build/bin/festore" ] && [ -f "$OUT/ta/ta/b7e89fc1-5044-431e-b4c5-9fb6ae256423.ta" ] || skip "the earlier tests did not build"
    root=$OUT/root
    mkdir -p "$root"/{etc,usr/lib,lib,usr/sbin}
    cp "$SDKTARGETSYSROOT"/usr/lib/libc.so.6 "$root/lib/"
    printf 'root:x:0:\n' > "$root/etc/group"
    run tools/deploy --build "$OUT/build" --ta "$OUT/ta/ta/b7e89fc1-5044-431e-b4c5-9fb6ae256423.ta" --rootfs "$root"
    echo "$output"
    [ "$status" -eq 0 ]
    [ -x "$root/usr/bin/festore" ] && [ -f "$root/lib/optee_armtz/b7e89fc1-5044-431e-b4c5-9fb6ae256423.ta" ]
}
