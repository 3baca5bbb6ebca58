#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# On a real OP-TEE: several stores of one owner, root's list of who may store, and a change of a store's cipher.

setup_file() {
    [ -c /dev/tee0 ] && [ "$(id -u)" = 0 ] || { echo "these tests run as root in the emulated machine" >&2; return 1; }
}
setup() {
    export STATE_DIRECTORY=$BATS_TEST_TMPDIR/state
    mkdir -m 1777 "$STATE_DIRECTORY"
    chmod a+x "$BATS_RUN_TMPDIR" "$BATS_TEST_TMPDIR" 2> /dev/null || true
}
teardown() {
    festore allow --all > /dev/null
    for name in web jobs; do festore --name $name destroy --yes > /dev/null 2>&1 || festore --name $name destroy --lost --yes > /dev/null 2>&1 || true; done
}
web() { festore --name web "$@"; }
jobs() { festore --name jobs "$@"; }
as_user() { setpriv --reuid "$1" --regid "$1" --groups "$(stat -c %g /dev/tee0)" festore "${@:2}"; }

@test "two stores of one owner, by name; each can be destroyed separately" {
    echo one | web put a
    echo two | jobs put a
    [ "$(web get a)" = one ]
    [ "$(jobs get a)" = two ]
    festore status --all | grep -F "'web', last at '$STATE_DIRECTORY/festore@web'; ree, "
    festore status --all | grep -F "'jobs', last at '$STATE_DIRECTORY/festore@jobs'; ree, "
    mv "$STATE_DIRECTORY/festore@jobs" "$STATE_DIRECTORY/moved"
    run jobs get a
    [ "$status" = 6 ]
    [[ $output == *"with the name 'jobs'"* ]]
    [ "$(festore --store "$STATE_DIRECTORY/moved" get a)" = two ]
    run festore --store "$STATE_DIRECTORY/moved" --name web get a
    [ "$status" = 6 ]
    jobs destroy --lost --yes
    [ "$(web get a)" = one ]
    run jobs get a
    [ "$status" = 3 ]
    cp -a "$STATE_DIRECTORY/moved" "$STATE_DIRECTORY/festore@jobs"
    run jobs repair --yes
    [ "$status" = 4 ]
    [[ $output == *"the store was destroyed, and not lost"* ]]
    rm -r "$STATE_DIRECTORY/festore@jobs"
}

@test "a TEE that has lost its records: both stores are repaired under their names" {
    echo one | web put a
    echo two | jobs put a
    data=/var/lib/optee-client/data/tee
    [ -d "$data" ] || skip "OP-TEE's files are elsewhere"
    supplicant stop
    cp -a "$data" "$BATS_TEST_TMPDIR/data"
    find "$data" -type f -delete
    supplicant start
    run web get a
    [ "$status" = 6 ]
    jobs repair --yes
    web repair --yes
    [ "$(web get a)" = one ]
    [ "$(jobs get a)" = two ]
    web destroy --yes
    jobs destroy --yes
    supplicant stop
    find "$data" -type f -delete
    cp -a "$BATS_TEST_TMPDIR/data/." "$data"
    supplicant start
}

@test "root's list: others cannot store anything new, and limits of bytes and objects hold" {
    head -c 5000 /dev/urandom > "$BATS_TEST_TMPDIR/large"
    chmod a+r "$BATS_TEST_TMPDIR/large"
    echo old | as_user 4322 --storage ree put old
    festore allow uid:4321 --bytes 4000 --objects 2 --stores 1
    echo x | as_user 4321 --storage ree put x
    run as_user 4321 --storage ree put y - < "$BATS_TEST_TMPDIR/large"
    [ "$status" = 8 ]
    echo y | as_user 4321 --storage ree put y
    echo z > "$BATS_TEST_TMPDIR/z"
    run as_user 4321 --storage ree put z - < "$BATS_TEST_TMPDIR/z"
    [ "$status" = 8 ]
    run as_user 4322 --storage ree put new - < "$BATS_TEST_TMPDIR/z"
    [ "$status" = 5 ]
    run as_user 4322 --storage store put new - < "$BATS_TEST_TMPDIR/z"
    [ "$status" = 5 ]
    [ "$(as_user 4322 --storage ree get old)" = old ]
    as_user 4321 --storage store put in-a-store - < "$BATS_TEST_TMPDIR/large"
    run as_user 4321 --name second put in-a-store - < "$BATS_TEST_TMPDIR/z"
    [ "$status" = 8 ]
    festore allow --all
    as_user 4322 --storage ree put new - < "$BATS_TEST_TMPDIR/z"
    as_user 4322 --storage ree rm old new
    as_user 4321 --storage ree rm x y
    as_user 4321 --storage store destroy --yes
}

@test "another cipher, and back: the same contents" {
    head -c 300000 /dev/urandom > "$BATS_TEST_TMPDIR/large"
    web init --cipher aes-256-gcm
    echo small | web put small
    web put large "$BATS_TEST_TMPDIR/large"
    for cipher in chacha20-poly1305 aes-256-gcm; do
        run web rebuild --cipher $cipher
        [[ $status = 0 || $output != *"was built without ChaCha20"* ]] || skip "this trusted application has one cipher"
        [ "$status" = 0 ]
        web get large - | cmp - "$BATS_TEST_TMPDIR/large"
        [ "$(web get small)" = small ]
        web verify
        web status | grep -F "cipher             $cipher"
    done
}
