#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# OP-TEE's guard against older trusted applications: run as root in the emulated machine, on a fresh disk, with two versions of
# the TA. The newer one is in build/ta/arm64-newer.

name=b7e89fc1-5044-431e-b4c5-9fb6ae256423.ta
ta=/usr/lib/optee_armtz/$name
newer=/host/build/ta/arm64-newer/ta/$name
tee_files=/var/lib/optee-client/data/tee

setup_file() {
    [ -c /dev/tee0 ] && [ "$(id -u)" = 0 ] || { echo "these tests run as root in the emulated machine" >&2; return 1; }
    [ -s "$newer" ] || { echo "there is no $newer: CFG_TA_VERSION=2 TA_OUT=build/ta/arm64-newer tools/build-ta arm64" >&2; return 1; }
    export FESTORE_STORAGE=ree
    cp "$ta" "$BATS_FILE_TMPDIR/older"
    festore put kept /etc/hostname
    cp -f "$newer" "$ta"
    festore get kept | cmp - /etc/hostname
}
teardown_file() { cp -f "$BATS_FILE_TMPDIR/older" "$ta"; }

expect_refused() {
    run --separate-stderr festore get --json kept out
    echo "$output"
    [ "$status" -eq 7 ]
    [[ $output == *'"name": "no_tee"'*'an older trusted application than this device has run'* ]]
    [[ $output == *'"tee_result": 4294901763'*'"tee_origin": 3'* ]] # TEE_ERROR_ACCESS_CONFLICT from the TEE itself
    [ ! -e out ]
}

@test "an older trusted application than the device has run: exit code 7 and the reason, from every verb" {
    bats_require_minimum_version 1.5.0
    cd "$BATS_TEST_TMPDIR"
    cp -f "$BATS_FILE_TMPDIR/older" "$ta"
    expect_refused
    run festore ls
    echo "$output"
    [ "$status" -eq 7 ]
    [[ $output == *"an older trusted application than this device has run"*"install the newest one"* ]]
    run festore status
    [ "$status" -eq 7 ]
    run festore doctor --json
    [ "$status" -eq 10 ]
    grep -A2 '"id": "tee-reachable"' <<< "$output" | grep -q "older trusted application"
    cp -f "$newer" "$ta"
    festore get kept | cmp - /etc/hostname
}

@test "the guard goes when OP-TEE's storage goes, and returns with it" {
    bats_require_minimum_version 1.5.0
    cd "$BATS_TEST_TMPDIR"
    supplicant stop
    mv "$tee_files" "$tee_files.away"
    supplicant start
    cp -f "$BATS_FILE_TMPDIR/older" "$ta"
    run festore ls
    echo "$output"
    supplicant stop
    rm -rf "$tee_files"
    mv "$tee_files.away" "$tee_files"
    supplicant start
    [ "$status" -eq 0 ]
    [ -z "$output" ]
    expect_refused
}

@test "doctor warns that nothing anchors the versions that OP-TEE remembers" {
    cp -f "$newer" "$ta"
    run festore doctor --json
    echo "$output"
    grep -A1 '"id": "ta-version-guard"' <<< "$output" | grep -q '"severity": "warning"'
}
