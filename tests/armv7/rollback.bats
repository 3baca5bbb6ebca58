#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# Rollback of all files of the normal world, including the TEE's: detected with the anchor rpmb, not with ree. Runs in the
# emulated armv7 machine. (The RPMB device's file represents hardware, and is not put back.)

tee=/var/lib/optee-client/data

setup_file() {
    [ -e /usr/lib/machine/rpmb.so ] && [ "$(id -u)" = 0 ] || { echo "these tests run as root in qemu-armv7" >&2; return 1; }
}

keep() { # STORE
    supplicant stop
    rm -rf /var/lib/kept
    mkdir /var/lib/kept
    cp -a "$tee" /var/lib/kept/tee
    cp -a "$1" /var/lib/kept/store
    supplicant start 3>&-
}

put_back() { # STORE
    supplicant stop
    rm -rf "$tee" "$1"
    cp -a /var/lib/kept/tee "$tee"
    cp -a /var/lib/kept/store "$1"
    supplicant start 3>&-
}

@test "anchor rpmb: what was put back is refused, with exit code 6" {
    store=/var/lib/festore/uid-0
    festore --storage store init --anchor rpmb
    echo first | festore --storage store put a
    keep "$store"
    echo second | festore --storage store put a
    put_back "$store"
    run festore --storage store get a
    echo "$output"
    [ "$status" -eq 6 ]
    echo third > "$BATS_TEST_TMPDIR/third"
    run festore --storage store put b "$BATS_TEST_TMPDIR/third"
    [ "$status" -eq 6 ]
}

@test "anchor ree: what was put back is served, as docs/store.md says" {
    alice() { setpriv --reuid alice --regid alice --init-groups festore --storage store --store /var/lib/alice/store "$@"; }
    install -d -o alice -g alice /var/lib/alice
    echo first | alice put a
    keep /var/lib/alice/store
    echo second | alice put a
    [ "$(alice get a)" = second ]
    put_back /var/lib/alice/store
    [ "$(alice get a)" = first ]
}

@test "anchor ree: the store's directory alone, put back, is refused" {
    alice() { setpriv --reuid alice --regid alice --init-groups festore --storage store --store /var/lib/alice/store "$@"; }
    keep /var/lib/alice/store
    echo third | alice put a
    rm -rf /var/lib/alice/store
    cp -a /var/lib/kept/store /var/lib/alice/store
    run alice get a
    echo "$output"
    [ "$status" -eq 6 ]
}

@test "anchor rpmb: an older ree store, put back with the TEE's files, is not served in its place" {
    alice() { setpriv --reuid alice --regid alice --init-groups festore --storage store --name beside --store /var/lib/alice/beside "$@"; }
    echo old | alice put a
    keep /var/lib/alice/beside
    alice destroy --yes
    alice init --anchor rpmb
    echo new | alice put a
    cp -a /var/lib/alice/beside /var/lib/kept/of-rpmb
    put_back /var/lib/alice/beside
    run alice get a
    echo "$output"
    [ "$status" -eq 6 ]
    [[ $output == *"a record of a store of yours under rpmb"* ]]
    rm -rf /var/lib/alice/beside
    cp -a /var/lib/kept/of-rpmb /var/lib/alice/beside
    [ "$(alice get a)" = new ]
}

@test "a store that moved to the RPMB and was destroyed is not served with earlier files of the TEE (rule 25)" {
    alice() { setpriv --reuid alice --regid alice --init-groups festore --storage store --name moved --store /var/lib/alice/moved "$@"; }
    echo old | alice put a
    keep /var/lib/alice/moved
    alice rebuild --anchor rpmb
    alice destroy --yes
    put_back /var/lib/alice/moved
    run alice get a
    echo "$output"
    [ "$status" -eq 6 ]
    [[ $output == *"had moved to the RPMB, and was destroyed there"* ]]
    run alice repair --yes
    echo "$output"
    [ "$status" -eq 4 ]
    alice destroy --yes
}

@test "destroying a store with the TEE's files from before its move also destroys it in the RPMB (rule 25)" {
    alice() { setpriv --reuid alice --regid alice --init-groups festore --storage store --name twice --store /var/lib/alice/twice "$@"; }
    echo old | alice put a
    keep /var/lib/alice/twice
    alice rebuild --anchor rpmb
    echo new | alice put a
    cp -a /var/lib/alice/twice /var/lib/kept/moved
    put_back /var/lib/alice/twice
    alice destroy --yes
    rm -rf /var/lib/alice/twice
    cp -a /var/lib/kept/moved /var/lib/alice/twice
    run alice get a
    echo "$output"
    [ "$status" -eq 6 ]
    run alice repair --yes
    echo "$output"
    [ "$status" -eq 4 ]
}

# Last, since the TEE's storage is empty afterwards. Earlier versions of OP-TEE report the damaged list in every call; so does this one
# if entries are damaged and the tree is not.
@test "a damaged list of the TEE's objects is reported once, then OP-TEE 4.10 has none; a store reports its record missing" {
    alice() { setpriv --reuid alice --regid alice --init-groups festore --storage store --store /var/lib/alice/store "$@"; }
    echo content | festore --storage ree put object
    supplicant stop
    list=$tee/tee/dirf.db
    dd if=/dev/urandom of="$list" bs=1 seek=4096 count=132 conv=notrunc status=none  # both versions of the tree's root
    supplicant start 3>&-
    run festore --storage ree get object
    echo "$output"
    [ "$status" -eq 6 ]
    run festore --storage ree get object
    echo "$output"
    [ "$status" -eq 3 ]
    run alice get a
    echo "$output"
    [ "$status" -eq 6 ]
}
