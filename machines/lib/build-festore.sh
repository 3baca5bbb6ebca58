# SPDX-License-Identifier: BSD-2-Clause
# The common part of the machines' build-festore scripts. Sourced by bash after the machine's settings.sh, with the arguments:
#   machines/MACHINE/build-festore [CMAKE_TARGET...]     further targets to build; bin/test_* go to /usr/lib/festore/tests
# Cross builds festore, its conformance suite and its TA for the machine, and lays them out in
# build/machine/MACHINE/festore/root, which the machine copies over its root at start. Only what has changed is built.
. machines/lib/stages/packages.sh
. machines/lib/stages/festore.sh
stages_open "$machine" "$out"
mkdir -p "$out/festore"
exec 9> "$out/festore.lock"
flock 9

. /etc/os-release
packages_open "${VERSION_CODENAME:-bookworm}" "$arch"
fetch_sysroot_packages
stage sysroot "collecting the libraries to build against" machines/lib/stages/festore.sh machines/lib/sysroot.list \
    "=$(version_of $sysroot_packages)" -- build_sysroot
stage configure "configuring festore for $arch" CMakePresets.json "cmake/toolchain-$arch.cmake" "$out/stamps/sysroot" \
    machines/lib/stages/festore.sh -- configure_festore

# These commands find out by themselves what has changed, so they need no stamps.
build() { # WHAT COMMAND...
    local what=$1 log=$out/logs/${1// /-}.log begin
    shift
    begin=$(date +%s)
    if ! "$@" > "$log" 2>&1 < /dev/null; then
        printf '[%s] %s: FAILED; the last lines of %s:\n' "$machine" "$what" "$log" >&2
        tail -n 30 "$log" >&2
        exit 1
    fi
    [ $(($(date +%s) - begin)) -lt 3 ] || printf '[%s] %s ... %d s\n' "$machine" "$what" $(($(date +%s) - begin)) >&2
}
build "building festore for $arch" cmake --build "$out/festore/build" -j "${JOBS:-2}" --target festore_cli festore \
    conformance "$@"
build "building the TA" env TA_OUT="$(realpath -m --relative-to=. "$ta_out")" tools/build-ta "$arch"

programs=()
for program in "$out"/festore/build/bin/*; do
    [ ! -f "$program" ] || programs+=("$program")
done
stage festore_root "laying out festore" machines/lib/stages/festore.sh "${programs[@]}" "$out/festore/build/lib/libfestore.so" \
    "$ta_out/ta/b7e89fc1-5044-431e-b4c5-9fb6ae256423.ta" "$out/stamps/sysroot" -- lay_out_festore
