#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# A store that cannot be written, or is the wrong store: each case has its own message, and nothing is lost.
load store_helper

setup() {
    fresh_store "to have no store at first"
    echo before | store put a
    make_file 100000 large
}
expect_intact() {
    [ "$(store get a)" = before ]
    [ "$(store ls)" = a ]
    [ -z "$(ls secrets/payloads)" ]
    echo after | store put b
    run --separate-stderr store verify
    expect_success
}

@test "a limit on the size of files: exit 8" {
    code=0
    make_file 4000000 larger
    (ulimit -f 3000; exec "$FESTORE_BIN" --storage store put c larger 3>&- 4>&-) 2> err || code=$?
    [ "$code" = 8 ]
    [[ $(cat err) == "festore: cannot write '$PWD/secrets/payloads/"*"': File too large" ]]
    expect_intact
}
@test "a directory without write permission: exit 5 for writers, and readers still work" {
    need_other_users
    export FESTORE_STORE=$FESTORE_SIM_DIR/stores/theirs
    chmod a+r large
    as_user 4321 --storage store put a < large
    as_user 4321 --storage store put b <<< theirs
    chown -R 0 "$FESTORE_STORE"
    chmod -R a+rX "$FESTORE_STORE"
    [ "$(as_user 4321 --storage store get b)" = theirs ]
    run --separate-stderr as_user 4321 --storage store put b <<< new
    expect_error 5 "cannot lock '$FESTORE_STORE/lock': Permission denied"
    run --separate-stderr as_user 4321 --storage store put b < large
    expect_error 5 "cannot make '$FESTORE_STORE/payloads/*': Permission denied"
    run --separate-stderr as_user 4321 --storage store rm a
    expect_error 5 "*Permission denied"
    [ "$(as_user 4321 --storage store ls | wc -l)" = 2 ]
    as_user 4321 --storage store get a | cmp - large
}
@test "a read-only file system: exit 5 for writers, and readers still work" {
    [ "$(id -u)" = 0 ] || skip "needs root, to mount"
    unshare -m true 2> /dev/null || skip "cannot mount here"
    cat > script << 'END'
mount --bind "$FESTORE_STORE" "$FESTORE_STORE" && mount -o remount,ro,bind "$FESTORE_STORE" || exit 99
"$FESTORE_BIN" --storage store get a
for content in large script; do
    "$FESTORE_BIN" --storage store put b "$content"
    echo "code $?"
done
END
    run --separate-stderr unshare -m bash script 3>&- 4>&-
    [ "$status" != 99 ] || skip "cannot mount here"
    [ "$output" = "$(printf '%s\n' before "code 5" "code 5")" ]
    [[ ${stderr_lines[0]} == "festore: cannot "*" '$PWD/secrets/"*"': Read-only file system" ]]
    expect_intact
}
@test "a missing directory: exit 6 for readers, 4 for writers; a place where none can be created: an error" {
    mv secrets elsewhere
    run --separate-stderr store get a
    expect_error 6 "cannot get 'a': the TEE has the record of a store of yours, and it is not at '$PWD/secrets': put its directory back, *"
    run --separate-stderr store status
    [ "$status" = 6 ]
    run --separate-stderr store put a large
    expect_error 4 "cannot put 'a': the TEE has a record of a store of yours already, *"
    [ ! -e secrets ]
    run --separate-stderr festore --store large/below put a script
    [ "$status" != 0 ]
    mv elsewhere secrets
    expect_intact
}
@test "a missing header: exit 6, and any copy of it restores the store" {
    cp secrets/festore.store kept
    echo later | store put b
    rm secrets/festore.store
    for verb in "get a" "put a large" "repair --yes" "destroy --yes"; do
        # shellcheck disable=SC2086
        run --separate-stderr store $verb
        expect_error 6 "cannot *: the store at '$PWD/secrets' has lost its header, festore.store: put that back *"
    done
    mv kept secrets/festore.store
    [ "$(store get b)" = later ]
    store rm b
    expect_intact
}
@test "the directory of another store: exit 6" {
    mv secrets kept
    first=$FESTORE_SIM_DIR
    fresh_tee
    echo other | store put a
    rm -rf "$FESTORE_SIM_DIR"
    FESTORE_SIM_DIR=$first
    run --separate-stderr store get a
    expect_error 6 "cannot get 'a': the store at *is not the one that the TEE has a record of for you*"
    run --separate-stderr store put a large
    expect_error 6 "cannot put 'a': the store at *is not the one that the TEE has a record of for you*"
    rm -rf secrets
    mv kept secrets
    expect_intact
}
@test "a store of another kind of TEE: its own message" {
    printf '\1' | dd of=secrets/festore.store bs=1 seek=10 conv=notrunc 2> /dev/null
    run --separate-stderr store get a
    [ "$status" != 0 ]
    [[ $stderr == "festore: cannot get 'a': "*"OP-TEE"* ]]
    printf '\2' | dd of=secrets/festore.store bs=1 seek=10 conv=notrunc 2> /dev/null
    expect_intact
}
@test "a store of a newer version is left alone, byte by byte" {
    printf '\2' | dd of=secrets/festore.store bs=1 seek=8 conv=notrunc 2> /dev/null
    before=$(cat secrets/* 2> /dev/null | sha256sum)
    for verb in "get a" "put a large" "rm a" "verify" "repair --yes" "ls"; do
        # shellcheck disable=SC2086
        run --separate-stderr store $verb
        [ "$status" != 0 ]
        [[ $stderr == *"newer version"* ]]
    done
    [ "$(cat secrets/* 2> /dev/null | sha256sum)" = "$before" ]
}
