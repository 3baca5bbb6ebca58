# SPDX-License-Identifier: BSD-2-Clause
# `repair` by the command: its messages, refusals, and recovery.
load store_helper

setup() {
    fresh_store "to lose what it stores"
    export FESTORE_SIM_OPTIONS="--idle 1"
}
# Waits until the TEE's server has ended, then deletes the TEE's storage.
lose_record() {
    for ((i = 0; i < 100; ++i)); do [ -S "$FESTORE_SIM_DIR/socket" ] || break; sleep 0.1; done
    [ ! -S "$FESTORE_SIM_DIR/socket" ]
    rm -rf "$FESTORE_SIM_DIR/storage"
}

@test "a lost record: exit 6 and nothing served; repair restores all; every verb warns until it is acknowledged" {
    fill
    lose_record
    run --separate-stderr store get large
    expect_error 6 "cannot get 'large': the TEE has no record of the store at *"
    run --separate-stderr store init
    expect_error 6 "*"
    run --separate-stderr store repair --yes
    expect_success
    [[ ${lines[0]} == "repaired: 61 objects, 106000 bytes, as of generation "* ]]
    [[ ${lines[1]} == "given up: freshness; "* ]]
    run --separate-stderr store get large out
    [ "$status" = 0 ]
    cmp large out
    [[ $stderr == "festore: freshness was lost: "*"(1 repair in all)"*"'festore repair --acknowledge'" ]]
    for verb in status verify; do
        run --separate-stderr store "$verb"
        [ "$status" = 6 ]
        [[ $stderr == "festore: freshness was lost: "* ]]
        [ "${#stderr_lines[@]}" = 1 ]
    done
    run --separate-stderr store status --json
    [ "$(json 'd["store"]["freshness_lost"]["count"], d["error"]["code"]')" = "(1, 6)" ]
    run --separate-stderr store repair --acknowledge
    expect_success
    run --separate-stderr store verify
    expect_success
    # The loss of freshness stays recorded for good, but is no longer an alarm (rule 26).
    [[ $output == *"freshness was given up 1 time by repair, last at generation "*"; acknowledged"* ]]
    run --separate-stderr store status
    expect_success
    [[ $output == *"  freshness given up 1 time by repair, last at generation "*"; acknowledged"* ]]
    run --separate-stderr store status --json
    [ "$(json 'd["store"]["freshness_lost"], d["store"]["freshness_given_up"]["count"], d["store"]["freshness_given_up"]["acknowledged"]')" = "(None, 1, True)" ]
    run --separate-stderr store verify --json
    [ "$(json 'd["freshness_given_up"]["count"]')" = 1 ]
    run --separate-stderr store doctor
    [[ $output == *"store's freshness was given up 1 time"* ]]
    run --separate-stderr store repair --acknowledge
    expect_error 4 "cannot acknowledge the repair: *"
}
@test "an intact store, also with an older directory: exit 4, and nothing is changed" {
    echo old | store put a
    run --separate-stderr store repair --yes
    expect_error 4 "cannot repair the store: the TEE has an intact record *"
    cp -r secrets older
    for i in 1 2 3; do echo "$i" | store put a; done
    run --separate-stderr festore --store older repair --yes
    expect_error 4 "cannot repair the store: the TEE has an intact record *"
    [ "$(store get a)" = 3 ]
}
@test "without a terminal and without --yes: exit 2" {
    echo x | store put a
    run --separate-stderr store repair < /dev/null
    expect_error 2 "repair: no terminal to confirm on*"
}
@test "a damaged recovery copy: the other one is used; both damaged: exit 6 and nothing is created" {
    fill
    cp -r secrets kept
    flip_byte secrets/pages 4196  # the older one's: of the first generation
    lose_record
    store repair --yes
    store get large 2> /dev/null | cmp - large
    rm -rf secrets
    cp -r kept secrets
    flip_byte secrets/pages 100
    flip_byte secrets/pages 4196
    lose_record
    run --separate-stderr store repair --yes
    expect_error 6 "cannot repair the store: *has no recovery copy that this device can read*"
    [ "$(ls -A secrets)" = "$(printf '%s\n' festore.store lock pages payloads)" ]
}
@test "a header with another anchor, and another user: refused" {
    echo x | store put a
    cp secrets/festore.store kept
    printf '\2' | dd of=secrets/festore.store bs=1 seek=11 conv=notrunc 2> /dev/null
    lose_record
    run --separate-stderr store repair --yes
    expect_error 6 "*it names another anchor*"
    cp kept secrets/festore.store
    need_other_users
    chmod -R a+rwX secrets "$PWD"
    run --separate-stderr as_user 4321 --store "$PWD/secrets" repair --yes
    [ "$status" = 5 ]
}
@test "without a store: exit 3; another storage: exit 2" {
    run --separate-stderr store repair --yes
    expect_error 3 "cannot repair the store: there is none at *"
    run --separate-stderr festore --storage ree repair --yes
    expect_error 2 "repair: only a store can do that*"
}
