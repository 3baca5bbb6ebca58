#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Cross builds festore, its conformance suite and its TA for the machine, and lays them out in
# build/machine/qemu-arm64/festore/root, which the machine copies over its root at start. Only what changed is built.
#   machines/qemu-arm64/build-festore [CMAKE_TARGET...]     further targets to build; bin/test_* go to /usr/lib/festore/tests
set -eu
cd "$(dirname "$0")/../.."
. machines/qemu-arm64/settings.sh
. "$here/stages/packages.sh"
. "$here/stages/festore.sh"
stages_open "$machine" "$out"
mkdir -p "$out/festore"
exec 9> "$out/festore.lock"
flock 9

. /etc/os-release
packages_open "${VERSION_CODENAME:-bookworm}" arm64
fetch_sysroot_packages
stage sysroot "collecting the libraries to build against" "$here/stages/festore.sh" "$here/sysroot.list" \
    "=$(version_of $sysroot_packages)" -- build_sysroot
stage configure "configuring festore for arm64" CMakePresets.json cmake/toolchain-arm64.cmake "$out/stamps/sysroot" \
    "$here/stages/festore.sh" -- configure_festore

# These know themselves what has changed.
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
build "building festore for arm64" cmake --build "$out/festore/build" -j "${JOBS:-2}" --target festore_cli festore \
    conformance "$@"
build "building the TA" env TA_OUT="$(realpath -m --relative-to=. "$out/festore/ta")" tools/build-ta arm64

programs=()
for program in "$out"/festore/build/bin/*; do
    [ ! -f "$program" ] || programs+=("$program")
done
stage festore_root "laying out festore" "$here/stages/festore.sh" "${programs[@]}" "$out/festore/build/lib/libfestore.so" \
    "$out/festore/ta/ta/b7e89fc1-5044-431e-b4c5-9fb6ae256423.ta" "$out/stamps/sysroot" -- lay_out_festore
