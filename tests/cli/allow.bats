# SPDX-License-Identifier: BSD-2-Clause
# festore allow: root's list of users and groups that may store, and their limits. (rule 28)
load helper

setup() {
    enter_folder
    need_sim "the list is of the whole device"
    fresh_tee
    festore status > /dev/null # starts the TEE for all users
}
teardown() { rm -rf "$FESTORE_SIM_DIR"; }

in_ree() { festore --storage ree "$@"; }
theirs() { as_user "$1" --storage ree "${@:2}"; }

@test "allow: others cannot store anything new, exit 5; over a limit exit 8; existing objects are served" {
    need_other_users
    echo old | theirs 4322 put old
    run --separate-stderr festore allow uid:4321 --bytes 200 --objects 2 --stores 0
    expect_success
    [[ $output == *"who may store"*"root, and these"*"200 bytes, 2 objects, 0 stores"* ]]
    echo x | theirs 4321 put x
    run --separate-stderr theirs 4321 put y "$FESTORE_BIN"
    expect_error 8 "cannot put 'y': *"
    head -c 200 /dev/zero > large
    chmod 644 large && chmod 755 .
    run --separate-stderr theirs 4321 put y large
    expect_error 8 "cannot put 'y': root allows you 200 bytes in 2 objects in ree, and you have 67 bytes in 1 object there; this one takes 265 *"
    run --separate-stderr theirs 4322 put new large
    expect_error 5 "cannot put 'new': root lets only some users and groups store here; ask for: festore allow USER"
    run --separate-stderr as_user 4322 --public put new large
    expect_error 5 "cannot put 'new': *"
    run --separate-stderr as_user 4322 --storage store --store "$FESTORE_SIM_DIR/stores/4322" put new large
    expect_error 5 "*ask for: festore allow USER"
    run --separate-stderr as_user 4321 --storage store --store "$FESTORE_SIM_DIR/stores/4321" put new large
    expect_error 8 "*root allows you 0 stores, and you have 0"
    [ "$(theirs 4322 get old)" = old ]
    theirs 4322 rm old
    in_ree put roots large
    # --public is an identity with limits, like any other.
    festore --public allow --objects 1 > /dev/null
    as_user 4322 --public put new large
    run --separate-stderr as_user 4322 --public put newer large
    expect_error 8 "*"
    festore allow --all > /dev/null
    theirs 4322 put new large
}
@test "allow: root sees the list, as text and JSON; others see their own limits" {
    need_other_users
    run --separate-stderr festore allow
    expect_success
    [[ $output == *"who may store"*"everybody" ]]
    festore allow --everybody --objects 3 > /dev/null
    festore allow --total --storage ree --bytes 100000 > /dev/null
    run festore allow root
    [ "$status" = 2 ]
    festore allow @0 uid:4321 --bytes 100 > /dev/null
    [ "$(festore allow --json | jq -r '[.list, .others.objects, .total.ree.bytes, .total.rpmb.bytes, (.named | length), .own.standing] | @csv')" = \
        '"open",3,100000,,2,"free"' ]
    [ "$(festore allow --json | jq -r '.named[] | select(.login == "group") | .owner')" = gid:0 ]
    [ "$(festore status --all --json | jq -r .allowed.list)" = open ]
    [[ $(festore status --all) == *"all in ree"*"100000 bytes"* ]]
    [ "$(as_user 4321 allow --json | jq -c .)" = '{"own":{"standing":"named","bytes":100,"objects":null,"stores":null}}' ]
    [ "$(as_user 4322 status --json | jq -c .allowed)" = '{"standing":"other","bytes":null,"objects":3,"stores":null}' ]
    [[ $(as_user 4322 status) == *"you may store"*"3 objects"* ]]
    run --separate-stderr as_user 4321 allow uid:4321
    expect_error 5 "cannot set who may store: only root may do that"
}
@test "allow: only root may store after the last name is removed from the list" {
    need_other_users
    festore allow uid:4321 > /dev/null
    run --separate-stderr festore allow --remove uid:4321
    expect_success
    [[ $output == *"root only"* ]]
    for user in 4321 4322; do
        run --separate-stderr theirs "$user" put x "$BATS_TEST_FILENAME"
        [ "$status" != 0 ]
    done
    run --separate-stderr festore allow --remove uid:4321
    expect_error 3 "*one of them has no entry; nothing was changed"
    festore allow --everybody > /dev/null
    echo x | theirs 4321 put x
    festore allow --everybody --remove > /dev/null
    run --separate-stderr theirs 4321 status --json
    [ "$(jq -r .allowed.standing <<< "$output")" = refused ]
}
@test "before a user is removed: its objects, its store and its entry go" {
    need_other_users
    festore allow uid:4321 > /dev/null
    echo x | theirs 4321 put x
    echo x | as_user 4321 --storage store --store "$FESTORE_SIM_DIR/stores/4321" put x
    [ "$(in_ree ls --owner uid:4321)" = x ]
    in_ree rm --owner uid:4321 x
    festore --storage store destroy --owner uid:4321 --yes
    festore allow --remove uid:4321 > /dev/null
    [ -z "$(theirs 4321 ls)" ]
    [ "$(festore status --all --json | jq '(.stores | length) + (.allowed.named | length)')" = 0 ]
}
@test "exit 2: unknown users and groups, conflicting options, values that are not numbers" {
    refused() {
        run --separate-stderr festore "${@:2}" < /dev/null
        expect_error 2 "$1"
    }
    refused "allow: there is no user 'nobody-of-that-name'; *" allow nobody-of-that-name
    refused "allow: there is no group 'nobody-of-that-name'; *" allow root @nobody-of-that-name
    refused "allow: there is no user 'x'; *" allow uid:x
    refused "root (uid 0) is not limited, and not on the list" allow root
    refused "allow: names, --everybody, --total and --all exclude each other; *" allow --everybody uid:1
    refused "allow: names, --everybody, --total and --all exclude each other; *" allow --all --total
    refused "allow: --remove goes with names or --everybody; *" allow --remove
    refused "allow: --bytes, --objects and --stores go with *" allow --bytes 1
    refused "allow: --bytes, --objects and --stores go with *" allow --remove uid:1 --bytes 1
    refused "allow: --total limits bytes and objects, not stores; *" allow --total --stores 1
    refused "allow: --bytes is a number, not '1x'; *" allow uid:1 --bytes 1x
    refused "allow: --stores is a number, not '4294967295'; *" allow uid:1 --stores 4294967295
}
