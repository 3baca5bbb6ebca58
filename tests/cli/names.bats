#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# An owner's stores by name: --name and FESTORE_NAME, with and without --store.
load store_helper

setup() {
    fresh_store "to have no store at first"
    unset FESTORE_STORE
    export STATE_DIRECTORY=$PWD/state
}

@test "two stores of one user, each with its own objects" {
    echo one | store put a
    echo two | store --name web put a
    [ "$(store get a)" = one ]
    [ "$(festore --name web get a)" = two ]
    [ "$(FESTORE_NAME=web store get a)" = two ]
    [ "$(FESTORE_NAME=web store --name default get a)" = one ]
    [ "$(ls state)" = "$(printf '%s\n' festore festore@web)" ]
    [ "$(festore --store state/festore@web get a)" = two ]
    run --separate-stderr festore --store state/festore@web --name db get a
    expect_error 6 "cannot get 'a': the store at '$PWD/state/festore@web' has the name 'web', and not 'db': *"
}
@test "--name: the message of init, and wrong names" {
    run --separate-stderr festore --name web -v init
    [ "$status" = 0 ]
    [[ $stderr == "festore: made a store with the name 'web' at '$PWD/state/festore@web', anchor ree, cipher "* ]]
    for wrong in "a b" a/b é $(repeated 64 n); do
        run --separate-stderr festore --name "$wrong" ls
        expect_error 2 "--name is 1 to 63 of the characters A-Z a-z 0-9 . _ -, not *"
        FESTORE_NAME=$wrong run --separate-stderr store ls
        expect_error 2 "FESTORE_NAME is 1 to 63 of the characters A-Z a-z 0-9 . _ -, not *"
    done
    run --separate-stderr festore --name= ls
    expect_error 2 "*"
    run --separate-stderr festore --name web --storage ree ls
    expect_error 2 "--name names a store, and --storage ree has none*"
    run --separate-stderr festore --name web --public ls
    expect_error 2 "--public has no store*"
}
@test "status shows the store, the owner's other stores, and their last directories" {
    echo one | store put a
    echo two | store --name web put a
    run --separate-stderr store --name web status
    expect_success
    [[ $output == *"store                $PWD/state/festore@web"*"  name               web"* ]]
    [[ $output == *"your other stores    'default', last at '$PWD/state/festore'"* ]]
    run --separate-stderr store --name web status --json
    [ "$(json 'd["store"]["name"], d["store"]["others"][0]["name"], len(d["store"]["others"])')" = "('web', 'default', 1)" ]
    was=$STATE_DIRECTORY
    mv state elsewhere
    export STATE_DIRECTORY=$PWD/other
    run --separate-stderr store --name web get a
    expect_error 6 "cannot get 'a': its directory was last at '$was/festore@web': the TEE has the record of a store of yours with the name 'web', *"
    run --separate-stderr store --name api get a
    expect_error 3 "cannot get 'a': there is no store at *; you have the stores 'default', last at '$was/festore', 'web', last at *"
    run --separate-stderr festore --store elsewhere/festore@web get a
    expect_success
}
@test "destroy and repair act on the named store" {
    echo one | store put a
    echo two | store --name web put a
    rm -r state/festore@web
    run --separate-stderr store destroy --lost --yes
    expect_error 4 "*its directory is not lost*"
    run --separate-stderr festore --name web destroy --lost --yes
    expect_success
    [ "$(store get a)" = one ]
    run --separate-stderr store --name web get a
    expect_error 3 "*"
    echo three | store --name web put a
    run --separate-stderr store --name web repair --yes
    expect_error 4 "cannot repair the store: the TEE has an intact record of a store of yours with the name 'web': *"
    run --separate-stderr festore --name web destroy --yes
    expect_success
    [ "$(store get a)" = one ]
}
@test "root lists all stores with name and directory, and drops one by name" {
    need_other_users
    export STATE_DIRECTORY=$FESTORE_SIM_DIR/stores
    festore status > /dev/null  # starts the TEE for all users
    echo x | as_user 4321 --storage store --name web put a
    echo x | as_user 4321 --storage store put a
    run --separate-stderr festore status --all
    [[ $output == *"'web', last at '$STATE_DIRECTORY/festore@web'; ree, "* ]]
    [[ $output == *"'default', last at '$STATE_DIRECTORY/festore'; ree, "* ]]
    run --separate-stderr festore --name web destroy --owner uid:4321 --yes
    expect_success
    run --separate-stderr festore --name web destroy --owner uid:4321 --yes
    expect_error 3 "cannot look for a store's record: the TEE has none with the name 'web'"
    run --separate-stderr as_user 4321 --storage store get a
    expect_success
}

# Rule 25: the command looks at the store before it destroys it, which is no choice of a name.
@test "destroy: neither a copy of a directory nor a copied header reaches the store that it was copied from" {
    festore --store web --name web put a <<< one
    cp -a web copy
    run --separate-stderr festore --store copy destroy --yes
    expect_error 4 "cannot destroy the store: the header of '$PWD/copy' is that of the store at '$PWD/web': *"
    festore --store mine --name mine put b <<< two
    cp -a mine kept
    cp web/festore.store mine/
    run --separate-stderr festore --store mine destroy --yes
    expect_error 4 "*is that of the store at '$PWD/web': *"
    mv web moved
    run --separate-stderr festore --store mine destroy --yes
    expect_error 6 "*'$PWD/mine' may be the directory of the store 'mine', last at '$PWD/mine', and not of the one that its header names: *--name"
    [ "$(festore --store moved get a)" = one ]
    cp kept/festore.store mine/
    [ "$(festore --store mine get b)" = two ]
    festore --store mine --name mine destroy --yes
    festore --store moved destroy --yes
}
