# SPDX-License-Identifier: BSD-2-Clause
# The storage `store` by the command: every verb, its errors, exit codes, JSON; directories; batches.
load store_helper

@test "the first put creates the store, accessible to its owner only" {
    echo one | store put a
    [ "$(store get a)" = one ]
    [ "$(ls -A secrets)" = "$(printf '%s\n' festore.store lock pages payloads)" ]
    [ "$(stat -c %a secrets secrets/pages | tr '\n' ' ')" = "700 600 " ]
    run grep -rq one secrets
    [ "$status" = 1 ]
}
@test "no store, no object: exit 3" {
    run --separate-stderr store ls
    expect_error 3 "cannot list: there is no store at '$PWD/secrets'; *"
    run --separate-stderr store get a
    expect_error 3 "cannot get 'a': there is no store at *"
    store init
    for verb in get stat rm; do
        run --separate-stderr store "$verb" a
        expect_error 3 "cannot * 'a': there is no such object"
    done
    run --separate-stderr store mv a b
    expect_error 3 "cannot rename 'a': there is no such object"
    run --separate-stderr store rm --force a
    expect_success
}
round_trip() {
    make_file "$1" content
    store put object content
    store get object | cmp - content
    store put object < content
    store get object back
    cmp back content
    [ "$(store get object --offset "$(($1 / 2))" --length 10 | wc -c)" = "$(($1 < 10 ? ($1 + 1) / 2 : 10))" ]
    store stat object | grep -Fxq "size        $1"
    store stat object | grep -Fxq "storage     store"
}
@test "0 bytes come back" { round_trip 0; }
@test "1 byte comes back" { round_trip 1; }
@test "contents just below and above the limit of the index come back" { round_trip 900; round_trip 1100; }
@test "one segment, and one byte more, come back" { round_trip 32768; round_trip 32769; }
@test "3 MiB come back, as a file and as a stream" {
    round_trip 3145728
    [ "$(ls secrets/payloads | wc -l)" = 1 ]
    store rm object
    [ -z "$(ls secrets/payloads)" ]
}
@test "put replaces, and its conditions hold" {
    echo one | store put a
    echo two > two
    run --separate-stderr store put --if-absent a two
    expect_error 4 "cannot put 'a': an object of that name exists"
    run --separate-stderr store put --if-version 7 a two
    expect_error 4 "cannot put 'a': it has version 1, not 7"
    head -c 40000 /dev/zero > large
    run --separate-stderr store put --if-version 7 a large
    expect_error 4 "cannot put 'a': it has version 1, not 7"
    store put --if-version 1 a two
    store put --write-once b two
    run --separate-stderr store put b two
    expect_error 4 "cannot put 'b': *write-once*"
    if command -v python3 > /dev/null; then
        reason_of() { # VERB...
            run --separate-stderr store "$@" --json
            [ "$status" = 4 ]
            json 'd["error"]["reason"]'
        }
        [ "$(reason_of put b two)" = write_once ]
        [ "$(reason_of put --if-absent a two)" = exists ]
        [ "$(reason_of put --if-version 99 a two)" = other_version ]
        [ "$(reason_of init)" = store_exists ]
        [ "$(reason_of repair --yes)" = record_intact ]
        [ "$(reason_of repair --acknowledge)" = nothing_to_acknowledge ]
        [ "$(reason_of destroy --lost --yes)" = not_lost ]
    fi
    run --separate-stderr store rm b
    expect_error 4 "cannot remove 'b': *write-once*"
    run --separate-stderr store mv b c
    expect_error 4 "cannot rename 'b': *write-once*"
    run --separate-stderr store mv --replace a b
    expect_error 4 "cannot rename 'a': *write-once*"
    run --separate-stderr store batch <<< "rm b"
    expect_error 4 "cannot run the batch: line 1: cannot remove 'b': *write-once*"
    [ "$(store get b)" = two ]
    store stat b | grep -Fxq "write-once  yes, and it cannot be removed"
    [[ $(store ls -l b) == k-* ]]
    store put --write-once --removable c two
    store batch <<< "put --write-once --removable --text d x"
    run --separate-stderr store put c two
    expect_error 4 "cannot put 'c': *write-once*"
    [[ $(store ls -l c) == w-* ]]
    store rm c d
    run --separate-stderr store put --removable e two
    expect_error 2 "put: --removable belongs to --write-once: *"
    run --separate-stderr store batch <<< "put --removable --text e x"
    expect_error 2 "cannot run the batch: line 1: --removable belongs to --write-once"
    [ "$(store ls)" = "$(printf 'a\nb')" ]
    [[ $(store ls -l a) == "-- 4 2 "*" a" ]]
    store rm a
    [ "$(store ls)" = b ]
}
@test "mv renames, refuses, replaces" {
    for name in a b; do echo "$name" | store put "$name"; done
    run --separate-stderr store mv a b
    expect_error 4 "cannot rename 'a': an object of that name exists"
    store mv --replace a b
    [ "$(store get b)" = a ]
    [ "$(store ls)" = b ]
    store mv b "new name"
    [ "$(store ls)" = "new name" ]
    run --separate-stderr store mv -v "new name" b
    [ "$stderr" = "festore: renamed 'new name' to 'b'" ]
}
@test "names, sorted and by prefix, many of them" {
    for i in 3 1 2; do echo "put --text n/$i x"; done > lines
    echo 'put --text "two words" x' >> lines
    echo 'put --text ключ x' >> lines
    store batch lines
    [ "$(store ls n/)" = "$(printf 'n/%d\n' 1 2 3)" ]
    [ "$(store ls | wc -l)" = 5 ]
}
@test "init makes an empty store, once" {
    run --separate-stderr store init
    expect_success
    [ -z "$(store ls)" ]
    run --separate-stderr store init
    expect_error 4 "cannot make a store: there is one at *"
    run --separate-stderr store init --store elsewhere
    expect_error 4 "cannot make a store: its directory was last at '$PWD/secrets': the TEE has a record of a store of yours already, and it is not at '$PWD/elsewhere'; *"
    run --separate-stderr store --store other put a two
    [ "$status" != 0 ]
}
@test "init --anchor rpmb" {
    if festore status | grep -q '^storage rpmb *no'; then skip "this TEE has no RPMB"; fi
    run --separate-stderr store init --anchor rpmb
    [ "$status" = 0 ]
    [ "$stderr" = "festore: when this RPMB is lost (another eMMC, a vendor's reset), only a backup of the objects helps: make one" ]
    echo x | store put a
    [ "$(store get a)" = x ]
    store status | grep -q '^  anchor  *rpmb; any older state'
}
# Replaces the folder of the storage rpmb by a file, so that the RPMB does not answer. With an argument, it answers again.
silence_rpmb() {
    while pgrep -f "festore-sim-teed.*$FESTORE_SIM_DIR" > /dev/null; do sleep 0.2; done
    rm -rf "$FESTORE_SIM_DIR/storage/rpmb"
    [ -n "${1:-}" ] || echo "no folder" > "$FESTORE_SIM_DIR/storage/rpmb"
}
@test "an RPMB that is built in and does not answer: init --anchor ree makes a store without its answer" {
    export FESTORE_SIM_DIR=$BATS_TEST_TMPDIR/tee FESTORE_SIM_OPTIONS="--idle 1"
    echo x | festore --storage ree put a
    silence_rpmb
    for verb in ls "get a" "stat a" "rm a" verify; do
        run --separate-stderr store $verb
        expect_error 3 "*there is no store at '$PWD/secrets'*"
    done
    store rm -f a
    run --separate-stderr store put a < /dev/null
    expect_error 7 "*the RPMB, which is built into this TEE, gave no answer *'festore init --anchor ree' makes the store without it"
    run --separate-stderr store init --anchor ree
    [ "$status" = 0 ]
    [[ $stderr == *"the RPMB did not answer whether it has a record of a store of yours; the store is made without its answer"* ]]
    echo kept | store put a
    [ "$(store get a)" = kept ]
    store status | grep -Fxq "                     made without an answer from the RPMB"
    need python3
    run --separate-stderr store status --json
    [ "$(json 'd["store"]["made_without_rpmb_answer"]')" = True ]
    store verify -v 2>&1 | grep -q "the store was made without an answer from the RPMB"
    store doctor --json > found || [ $? = 10 ]
    grep -A1 '"id": "store-made-unasked"' found | grep -q '"severity": "warning"'
    [ "$(id -u)" != 0 ] || store status --all | grep -q "; made without an answer from the RPMB$"
    silence_rpmb answers
    [ "$(store get a)" = kept ]
    store status | grep -q "made without an answer from the RPMB" # as long as the store exists
    store destroy --yes
}
@test "an RPMB that answered and no longer does: the store is refused until it answers or root says that there is none" {
    export FESTORE_SIM_DIR=$BATS_TEST_TMPDIR/tee FESTORE_SIM_OPTIONS="--idle 1"
    echo kept | store put a
    [ "$(store status | grep -c "made without")" = 0 ]
    [ "$(festore rpmb)" = "asked when a store with the anchor ree is made or opened" ]
    silence_rpmb
    run --separate-stderr store get a
    expect_error 7 "cannot get 'a': *What is stored is unharmed. *: 'festore rpmb --none --without-asking'"
    run --separate-stderr store destroy
    [ "$status" != 0 ]
    silence_rpmb answers
    [ "$(store get a)" = kept ]
    [ "$(id -u)" = 0 ] || skip "needs root for the rest"
    silence_rpmb
    festore rpmb --none --without-asking
    [ "$(store get a)" = kept ]
    festore status | grep -Fxq "storage rpmb         built in; root has said that this device has none ('festore rpmb')"
    store doctor > found || [ $? = 10 ]
    grep -q "no replay protection is in force: root has said that this device has no RPMB" found
    silence_rpmb answers
    festore rpmb --ask
    [ "$(store get a)" = kept ]
    run --separate-stderr festore rpmb --none
    expect_error 4 "cannot say that there is no RPMB here: the RPMB answers, *"
}
@test "rpmb: what it shows, and who may say that there is none" {
    need python3
    run --separate-stderr festore rpmb --json
    [ "$status" = 0 ]
    [ "$(json 'd')" = "{'built_in': True, 'none_here': False}" ]
    run --separate-stderr festore status --json
    [ "$(json 'd["storage"]["rpmb"]["none_here"]')" = False ]
    FESTORE_SIM_DIR=$BATS_TEST_TMPDIR/other FESTORE_SIM_OPTIONS="--idle 1 --no-rpmb" run --separate-stderr festore rpmb
    [ "$output" = "not asked: none is built into this TEE" ]
    need_other_users
    for option in --ask "--none --without-asking"; do
        # shellcheck disable=SC2086
        run --separate-stderr as_user 4321 rpmb $option
        expect_error 5 "cannot *: only root may do that"
    done
}
@test "init with the anchor rpmb and no RPMB: exit 7, and nothing is created" {
    FESTORE_SIM_OPTIONS="--idle 1 --no-rpmb" run --separate-stderr store init --anchor rpmb
    expect_error 7 "cannot make a store: *"
}
@test "--store selects the storage, and overrides FESTORE_STORE" {
    echo x | festore --store here/deep put a
    [ "$(festore --store here/deep/ get a)" = x ]
    [ ! -e secrets ]
    [ "$(FESTORE_STORE=here/deep store get a)" = x ]
}
@test "without --store the store is at the place in docs/store.md" {
    unset FESTORE_STORE
    STATE_DIRECTORY=$PWD/state:other store init
    [ -d state/festore ]
    STATE_DIRECTORY=$PWD/state store ls
    [ "$(id -u)" != 0 ] || return 0
    run --separate-stderr env -u HOME -u XDG_DATA_HOME -u STATE_DIRECTORY "$FESTORE_BIN" --storage store ls
    expect_error 2 "HOME is not set; name the store with --store DIR"
}
@test "a folder with other files is not a store, and does not become one" {
    mkdir secrets
    echo mine > secrets/file
    run --separate-stderr store put a secrets/file
    expect_error 1 "cannot put 'a': '$PWD/secrets' is not a store, *"
    [ "$(ls -A secrets)" = file ]
    run --separate-stderr festore --store secrets/file ls
    expect_error 1 "cannot list: '$PWD/secrets/file' is not a store, *"
}
@test "a lost directory: the TEE keeps the record, and no other store is created" {
    echo x | store put a
    mv secrets lost
    run --separate-stderr store put a lost/lock
    expect_error 4 "cannot put 'a': the TEE has a record of a store of yours already, *"
    [ ! -e secrets ]
    mv lost secrets
    [ "$(store get a)" = x ]
}
@test "exit 6: changed pages and contents" {
    make_file 5000 content
    store put a content
    echo small | store put b
    payload=$(find secrets/payloads -type f)
    flip_byte "$payload" 100
    run --separate-stderr store get a
    expect_error 6 "cannot get 'a': the content in the store at *"
    [ "$(store get b)" = small ]
    flip_byte "$payload" 100
    store get a | cmp - content
    cp secrets/pages kept
    : > secrets/pages
    run --separate-stderr store get b
    [ "$status" = 6 ]
    cp kept secrets/pages
    [ "$(store get b)" = small ]
}
@test "an older copy of the directory: exit 6" {
    echo old | store put a
    cp -r secrets older
    for i in 1 2 3 4; do echo "$i" | store put a; done
    run --separate-stderr festore --store older get a
    expect_error 6 "*"
    [ "$(store get a)" = 4 ]
}
@test "another user of the device has another store" {
    need_other_users
    export FESTORE_STORE=$FESTORE_SIM_DIR/secrets  # a place that others can reach
    echo mine | store put a
    run --separate-stderr as_user 4321 --store "$FESTORE_STORE" get a
    expect_error 5 "*Permission denied"
    chmod -R a+rwX "$FESTORE_STORE"
    run --separate-stderr as_user 4321 --store "$FESTORE_STORE" get a
    expect_error 5 "cannot get 'a': the store at * belongs to another user or group; *"
}
@test "a group's store belongs to its members" {
    festore --group "$(id -g)" --store ours init
    [ "$(stat -c %a ours)" = 2770 ]
    echo ours | festore --group "$(id -g)" --store ours put a
    [ "$(festore --group "$(id -g)" --store ours get a)" = ours ]
    run --separate-stderr festore --store ours get a
    expect_error 5 "*belongs to another user or group*"
}
@test "--wait: busy while another program writes, exit 9; readers do not wait (rule 6)" {
    need flock
    echo x | store put a
    flock secrets/lock sleep 4 3>&- 4>&- &
    sleep 0.5
    run --separate-stderr store --wait 1 put a < /dev/null
    expect_error 9 "the store at '$PWD/secrets' is in use by another program*; *"
    # The message names the process if the system lists the file system's locks.
    ! grep -q "FLOCK .*:$(stat -c %i secrets/lock) 0 EOF" /proc/locks || [[ $stderr == *"(process "*", 'flock'); "* ]]
    run --separate-stderr store --wait 0 batch <<< "rm a"
    expect_error 9 "*"
    [ "$(store --wait 0 get a)" = x ]
    store --wait 30 rm a
    wait
}
@test "status shows the store, or reports that there is none" {
    run --separate-stderr store status
    expect_success
    [[ $output == *"store                none at $PWD/secrets; "* ]]
    [ ! -e secrets ]
    echo x | store put a
    for storage in store ree; do
        run --separate-stderr festore --storage "$storage" status
        expect_success
        [[ $output == *"store                $PWD/secrets"*"  objects            1, 2 bytes of content"*"  anchor             ree; an old copy of the whole disk"* ]]
    done
    run --separate-stderr festore --public status
    expect_success
    [[ $output != *$'\nstore '* ]]
}
@test "status of a store that cannot be opened: shown, and an error only if the store was selected" {
    echo x | store put a
    : > secrets/festore.store
    run --separate-stderr festore --storage ree status
    expect_success
    [[ $output == *"store                cannot be looked at: "* ]]
    run --separate-stderr store status
    [ "$status" = 6 ]
    [[ $output == *"store                cannot be looked at: "* ]]
}
@test "JSON" {
    need python3
    run --separate-stderr store status --json
    [ "$(json 'd["store"]')" = "{'present': False, 'directory': '$PWD/secrets', 'others': []}" ]
    run --separate-stderr store init --json
    [ "$(json '" ".join(d)')" = "present directory others id name anchor cipher tee epoch generation objects content_bytes height pages free_pages pages_sealed created freshness_lost freshness_given_up lost has_other_cipher made_without_rpmb_answer" ]
    run --separate-stderr store put --json a <<< x
    [ "$(json '(d["name"], d["size"], d["version"])')" = "('a', 2, 1)" ]
    run --separate-stderr store mv --json a b
    [ "$(json '(d["name"], d["old_name"], d["version"])')" = "('b', 'a', 2)" ]
    run --separate-stderr store batch --json <<< "rm b"
    [ "$(json '(d["commands"], d["generation"] > 1)')" = "(1, True)" ]
    run --separate-stderr store batch --json < /dev/null
    [ "$(json '(d["commands"], d["generation"])')" = "(0, None)" ]
    run --separate-stderr store status --json
    [ "$(json '(d["store"]["present"], d["store"]["objects"], d["store"]["tee"], len(d["store"]["epoch"]))')" = "(True, 0, 'sim', 16)" ]
    run --separate-stderr festore --public status --json
    [ "$(json 'd["store"]')" = None ]
    run --separate-stderr store get --json missing file
    [ "$(json 'd["error"]["name"]')" = not_found ]
}
