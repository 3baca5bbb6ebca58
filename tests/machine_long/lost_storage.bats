#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# A real OP-TEE whose storage is damaged or lost, in every combination of its files: wrong content is never served silently,
# and `repair` restores the whole store. Root's own store, in the emulated machine.

tee_files=/var/lib/optee-client/data/tee
store_files=/var/lib/festore/uid-0

setup_file() {
    [ -c /dev/tee0 ] && [ "$(id -u)" = 0 ] || { echo "these tests run as root in the emulated machine" >&2; return 1; }
    store destroy --yes > /dev/null 2>&1 || true
    rm -rf "$store_files"
    store destroy --lost --yes > /dev/null 2>&1 || true
    head -c 100000 /dev/urandom > "$BATS_FILE_TMPDIR/large"
    seq 300 | while read -r i; do echo "put --text object-$i \"content $i\""; done > "$BATS_FILE_TMPDIR/batch"
    store batch "$BATS_FILE_TMPDIR/batch"
    store put large "$BATS_FILE_TMPDIR/large"
    supplicant stop
    cp -a "$tee_files" "$BATS_FILE_TMPDIR/tee"
    cp -a "$store_files" "$BATS_FILE_TMPDIR/store"
    supplicant start
}
teardown_file() {
    store destroy --yes > /dev/null 2>&1 || true
    rm -rf "$store_files"
}
setup() { restored; }
store() { festore --storage store "$@"; }

# Runs it in the folder of the TEE's files, while tee-supplicant is stopped.
with_files() { # COMMAND...
    supplicant stop
    (cd "$tee_files" && "$@")
    supplicant start
}
put_back() {
    find . -mindepth 1 -delete
    cp -a "$BATS_FILE_TMPDIR/tee/." .
}
restored() {
    with_files put_back
    rm -rf "$store_files"
    cp -a "$BATS_FILE_TMPDIR/store" "$store_files"
}
objects() { find . -type f ! -name 'dirf.db*' -printf '%f\n' | sort; }
damaged() { # FILE: changes every byte, to hit whichever version of a block is in use
    tr '\000-\377' '\001-\377\000' < "$1" > "$BATS_TEST_TMPDIR/damaged"
    cat "$BATS_TEST_TMPDIR/damaged" > "$1"
}
all_damaged() { local file; for file in $(objects); do damaged "$file"; done; }
all_removed() { local file; for file in $(objects); do rm "$file"; done; }
both() { "$1" && damaged dirf.db; }
both_removed() { "$1" && rm -f dirf.db*; }
moved_away() { find . -mindepth 1 -delete; }

# Expects the right content, or exit code 6 or 7.
expect_told_or_right() {
    local code=0
    store get large "$BATS_TEST_TMPDIR/out" 2> "$BATS_TEST_TMPDIR/err" || code=$?
    echo "# $BATS_TEST_DESCRIPTION${1:+, $1}: get $code $(head -c 150 "$BATS_TEST_TMPDIR/err")" >&3
    case $code in
        0) cmp "$BATS_TEST_TMPDIR/out" "$BATS_FILE_TMPDIR/large" ;;
        6 | 7) ;;
        *) return 1 ;;
    esac
}
# Repairs the store as in docs/store.md.
expect_brought_back() {
    local code=0
    store repair --yes > "$BATS_TEST_TMPDIR/repaired" 2>&1 || code=$?
    echo "# repair: $code $(head -n 1 "$BATS_TEST_TMPDIR/repaired" | head -c 150)" >&3
    if [ "$code" = 6 ] || [ "$code" = 7 ]; then
        with_files moved_away
        code=0
        store repair --yes || code=$?
        echo "# with the TEE's files moved away: $code" >&3
    fi
    if [ "$code" = 0 ]; then
        run store status
        [ "$status" = 6 ]
        store repair --acknowledge
    fi
    [ "$code" = 0 ] || [ "$code" = 4 ]
    store get large 2> /dev/null | cmp - "$BATS_FILE_TMPDIR/large"
    [ "$(store ls | wc -l)" -eq 301 ]
    store verify
    store status > /dev/null
}
told_and_back() { # COMMAND...
    with_files "$@"
    expect_told_or_right
    expect_brought_back
}

# bats test_tags=brief
@test "all of the TEE's files are gone" { told_and_back moved_away; }
@test "dirf.db is gone, the objects are present" { told_and_back both_removed true; }
@test "dirf.db is gone, the objects are damaged" { told_and_back both_removed all_damaged; }
@test "the objects are gone, dirf.db is present" { told_and_back all_removed; }
@test "the objects are damaged, dirf.db is present" { told_and_back all_damaged; }
@test "dirf.db is damaged, the objects are present" { told_and_back both true; }
@test "dirf.db and the objects are damaged" { told_and_back both all_damaged; }
@test "dirf.db is damaged, the objects are gone" { told_and_back both all_removed; }
@test "each single object is damaged, or gone" {
    for change in damaged rm; do
        for file in $(cd "$tee_files" && objects); do
            restored
            with_files "$change" "$file"
            expect_told_or_right "$change $file"
            expect_brought_back
        done
    done
}
# bats test_tags=brief
@test "an intact record is not replaced, not even with an older directory" {
    run store repair --yes
    echo "$output"
    [ "$status" = 4 ]
    for i in 1 2 3; do echo "$i" | store put more; done
    rm -rf "$store_files"
    cp -a "$BATS_FILE_TMPDIR/store" "$store_files"
    run store get large
    [ "$status" = 6 ]
    run store repair --yes
    [ "$status" = 4 ]
}
