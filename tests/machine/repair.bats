#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# A real OP-TEE whose storage is damaged or lost, in every combination that its files allow: nothing of a store is served
# silently, and `repair` brings all of it back. Root's own store, in the emulated machine.

tee_files=/var/lib/optee-client/data/tee

setup_file() {
    [ -c /dev/tee0 ] && [ "$(id -u)" = 0 ] || { echo "these tests run as root in the emulated machine" >&2; return 1; }
}
setup() {
    store destroy --yes > /dev/null 2>&1 || store destroy --lost --yes > /dev/null 2>&1 || true
    rm -rf /var/lib/festore/uid-0
    head -c 100000 /dev/urandom > "$BATS_TEST_TMPDIR/large"
    seq 300 | while read -r i; do echo "put --text object-$i \"content $i\""; done > "$BATS_TEST_TMPDIR/batch"
    store batch "$BATS_TEST_TMPDIR/batch"
    store put large "$BATS_TEST_TMPDIR/large"
}
store() { festore --storage store "$@"; }

# with_files COMMAND...: while nobody has them open
with_files() {
    supplicant stop
    (cd "$tee_files" && "$@")
    supplicant start
}
damage_one() { printf 'XXXXXXXX' | dd of="$1" bs=1 seek="$2" conv=notrunc status=none; }
damage_objects() {
    local file
    for file in [0-9a-f]*; do [ "$file" = dirf.db ] || damage_one "$file" 200; done
}
remove_objects() { find . -type f ! -name 'dirf.db*' -delete; }

expect_told_and_repaired() {
    run store get large
    echo "get: exit code $status: $output"
    [ "$status" = 6 ] || [ "$status" = 7 ]
    run store repair --yes
    echo "repair: exit code $status: $output"
    [ "$status" = 0 ]
    store get large 2> /dev/null | cmp - "$BATS_TEST_TMPDIR/large"
    [ "$(store ls 2> /dev/null | wc -l)" -eq 301 ]
    run store status
    [ "$status" = 6 ]
    store repair --acknowledge
    store verify
    store status > /dev/null
}

@test "all of the TEE's files are gone" {
    with_files find . -type f -delete
    expect_told_and_repaired
}
@test "dirf.db is gone, the objects are there" {
    with_files rm -f dirf.db
    expect_told_and_repaired
}
@test "the objects are gone, dirf.db is there" {
    with_files remove_objects
    expect_told_and_repaired
}
@test "the objects are damaged" {
    with_files damage_objects
    expect_told_and_repaired
}
@test "dirf.db is damaged: told; moved away, as the documents say, the store is repaired" {
    with_files damage_one dirf.db 200
    run store get large
    echo "get: exit code $status: $output"
    [ "$status" != 0 ]
    with_files mv dirf.db dirf.db.damaged
    expect_told_and_repaired
}
@test "an intact record is left alone" {
    run store repair --yes
    echo "$output"
    [ "$status" = 4 ]
    store get large | cmp - "$BATS_TEST_TMPDIR/large"
}
