# SPDX-License-Identifier: BSD-2-Clause
# A damaged store, and a store that is destroyed: the commands verify and destroy.
load store_helper

@test "verify: a damaged content is named, exit 6, and the others are checked" {
    fill
    flip_byte "$(find secrets/payloads -type f)" 50000
    run --separate-stderr store verify
    [ "$status" = 6 ]
    [ "$stderr" = "festore: cannot verify 'large': the content in the store at '$PWD/secrets' is damaged, missing, or replaced by an older one" ]
    [ "$output" = "$(printf '60 objects whole, 6000 bytes\n1 damaged')" ]
    run --separate-stderr store verify --json
    [ "$(json '[e["name"] for e in d["damaged"]], d["objects"], d["error"]["code"], d["unreferenced"]["files"]')" = "(['large'], 60, 6, 0)" ]
    run --separate-stderr store verify object-1
    expect_success
}
@test "verify: damaged pages of the index are reported as ranges of names, exit 6" {
    fill
    for page in $(seq 2 $(($(stat -c %s secrets/pages) / 4096 - 1))); do flip_byte secrets/pages $((page * 4096)); done
    run --separate-stderr store verify
    [ "$status" = 6 ]
    [[ $stderr == *"page "*" of its index is damaged, missing, or replaced by an older one; the objects from the first name "*" are lost"* ]]
    [[ $stderr == *"belongs to the list of free pages"* ]]
}
@test "ls: a damaged page of the index loses only its own names, exit 6, and the others are listed (rule 30)" {
    seq -f 'put --text object-%03g "content of some length, so that pages fill up"' 300 | store batch -
    # Find a page of the index other than its root.
    for page in $(seq 2 $(($(stat -c %s secrets/pages) / 4096 - 1))); do
        flip_byte secrets/pages $((page * 4096))
        run --separate-stderr store ls
        [ "$status" = 0 ] || [ "${#lines[@]}" -lt 200 ] || break
        flip_byte secrets/pages $((page * 4096))
    done
    [ "$status" = 6 ]
    [ "${#lines[@]}" -lt 300 ]
    [[ $stderr == "festore: cannot list the objects "*" 'object-"*": a page of the store's index is damaged, missing, or replaced by an older one ('festore verify' tells which)" ]]
    missing=$((300 - ${#lines[@]}))
    for name in "${lines[@]:0:3}" "${lines[-1]}"; do store get "$name" > /dev/null; done
    run --separate-stderr store ls -l
    [ "$status" = 6 ]
    [ "${#lines[@]}" = $((300 - missing)) ]
    # With several names the worst error determines the exit code, in any order: a missing object is not the worst.
    lost=$(comm -13 <(store ls 2> /dev/null) <(seq -f 'object-%03g' 300) | head -n 1)
    run --separate-stderr store rm absent "$lost"
    [ "$status" = 6 ]
    [ "${#stderr_lines[@]}" = 2 ]
    run --separate-stderr store ls --json
    [ "$(json 'len(d["objects"]), len(d["missing"]), d["error"]["code"]')" = "($((300 - missing)), 1, 6)" ]
    # The names reported as missing are exactly those not listed.
    [ "$(json "len([i for i in range(1, 301) for r in d['missing'] for n in ['object-%03d' % i] if \
        (('behind' not in r or r['behind']['name'] < n) and (not r.get('from') or r['from']['name'] <= n)) and \
        (not r['before'] or n < r['before']['name'])])")" = "$missing" ]
}
@test "verify: files that no object refers to are not damage" {
    fill
    head -c 500 /dev/zero > "secrets/payloads/$(repeated 32 a)"
    run --separate-stderr store verify
    expect_success
    [ "${lines[1]}" = "1 file that no object refers to, 500 bytes: left behind by a crash, no damage" ]
}
@test "verify --clean removes them, and nothing else" {
    fill
    head -c 500 /dev/zero > "secrets/payloads/$(repeated 32 a)"
    head -c 700 /dev/zero > "secrets/payloads/$(repeated 32 b).new"
    run --separate-stderr store verify --clean
    expect_success
    [ "${lines[1]}" = "2 files that no object refers to, 1200 bytes: left behind by a crash, no damage" ]
    [ "${lines[2]}" = "2 files removed, 1200 bytes" ]
    run --separate-stderr store verify --clean --json
    expect_success
    [ "$(json 'd["unreferenced"]["files"], d["removed"]["files"], len(d["damaged"])')" = "(0, 0, 0)" ]
    run --separate-stderr store verify --clean object-1
    expect_error 2 "verify: --clean and NAME exclude each other*"
    run --separate-stderr festore --storage ree verify --clean
    expect_error 2 "verify --clean: only a store can do that*"
}
@test "verify without a store: exit 3" {
    run --separate-stderr store verify
    expect_error 3 "cannot verify the store: there is no store at *"
}
@test "destroy: removes all of the store, and nothing else" {
    fill
    touch secrets/mine
    run --separate-stderr store destroy --yes
    expect_success
    [ "$output" = "left, since it is not the store's: $PWD/secrets/mine" ]
    [ "$(ls -A secrets)" = mine ]
    rm secrets/mine
    run --separate-stderr store get large
    expect_error 3 "*there is no store at*"
    store init
    [ -z "$(store ls)" ]
}
@test "destroy: a copy of the directory brings nothing back, not even with repair (rule 25)" {
    need python3
    fill
    cp -a secrets copy
    gone() {
        run --separate-stderr store repair --yes --json
        [ "$status" = 4 ]
        [ "$(json '(d["error"]["code"], d["error"]["reason"])')" = "(4, 'store_destroyed')" ]
        [[ $stderr == "festore: cannot repair the store"*": the store was destroyed, and not lost, according to this TEE: a copy of its directory cannot bring it back" ]]
        run --separate-stderr store get object-1
        [ "$status" = 6 ]
    }
    store destroy --yes
    rm -rf secrets
    cp -a copy secrets
    gone
    # Nor after another store of the same owner was made and only its record dropped.
    rm -rf secrets
    echo x | store put another
    rm -rf secrets
    store destroy --lost --yes
    cp -a copy secrets
    gone
}
@test "destroy without a terminal and without --yes: exit 2, and nothing is done" {
    echo x | store put a
    run --separate-stderr store destroy < /dev/null
    expect_error 2 "destroy: no terminal to confirm on; use --yes; *"
    [ "$(store get a)" = x ]
}
@test "destroy does not describe an unreadable store as 'what is left'" {
    need script
    echo x | store put a
    mv secrets/festore.store kept
    run script -qec "'$FESTORE_BIN' --storage store destroy" /dev/null <<< no
    [[ $output == *"destroy the store at '$PWD/secrets' for good. It cannot be opened now ("*"has lost its header"*"), but may be intact: "* ]]
    [[ $output != *"what is left"* ]]
    mv kept secrets/festore.store
    [ "$(store get a)" = x ]
}
@test "destroy asks on a terminal, and accepts only 'yes'" {
    need script
    echo x | store put a
    for answer in no "" y; do
        run script -qec "'$FESTORE_BIN' --storage store destroy" /dev/null <<< "$answer"
        [ "$status" = 1 ]
        [[ $output == *"destroy the store at '$PWD/secrets' for good, with its 1 objects. No copy of its directory is "*" Type yes to go on: "* ]]
        [ "$(store get a)" = x ]
    done
    run script -qec "'$FESTORE_BIN' --storage store destroy" /dev/null <<< yes
    [ "$status" = 0 ]
    [ -z "$(ls -A secrets)" ]
}
@test "destroy --lost drops the record of a store whose directory is lost" {
    echo x | store put a
    run --separate-stderr store destroy --lost --yes
    expect_error 4 "cannot destroy the store: its directory is not lost, but at '$PWD/secrets': *"
    rm -rf secrets
    run --separate-stderr store init
    expect_error 4 "*'festore destroy --lost'*"
    run --separate-stderr store destroy --yes
    expect_error 3 "cannot destroy the store: there is none at '$PWD/secrets'; *--lost"
    run --separate-stderr store destroy --lost --yes --json
    expect_success
    [ "$(json 'd["record_dropped"], d["files_removed"]')" = "(True, 0)" ]
    store init
    run --separate-stderr store destroy --lost --yes
    expect_error 4 "*"
}
@test "destroy --owner: root only" {
    need_other_users
    export FESTORE_STORE=$FESTORE_SIM_DIR/stores/other
    festore status > /dev/null  # starts the TEE for all users
    echo x | as_user 4321 --storage store put a
    run --separate-stderr as_user 4322 --storage store destroy --owner uid:4321 --yes
    expect_error 5 "cannot look for a store's record: only root may *"
    run --separate-stderr store destroy --owner uid:4321 --yes
    expect_success
    run --separate-stderr as_user 4321 --storage store get a
    expect_error 6 "*the TEE has no record of the store at *"
    as_user 4321 --storage store destroy --yes
    [ -z "$(ls -A "$FESTORE_STORE")" ]
    run --separate-stderr store destroy --owner 4321 --yes
    expect_error 2 "destroy: --owner is uid:N or gid:N, not '4321'; *"
}
@test "status --all: every owner's store, for root only" {
    need_other_users
    export FESTORE_STORE=$FESTORE_SIM_DIR/stores/other
    festore status > /dev/null  # starts the TEE for all users
    run --separate-stderr festore status --all
    expect_success
    [ -z "$output" ]
    echo x | as_user 4321 --storage store put a
    echo root | festore --storage store --store "$PWD/secrets" put b
    run --separate-stderr festore status --all
    expect_success
    echo "$output"
    [ "${#lines[@]}" = 2 ]
    [[ "$output" == *"user "*"ree, "*", 1 objects, 2 bytes of content, made 20"* ]]
    [[ "$output" == *"uid:0 (root)"*"ree, "*", 1 objects, 5 bytes of content, made 20"* ]]
    [[ "$output" == *"'default', last at '$PWD/secrets'; ree, "* ]]
    run --separate-stderr festore status --all --json
    [ "$(json 'sorted(str(s["owner"]) for s in d["stores"])')" = "['None', 'uid:0']" ]
    [ "$(json '[(s["name"], s["readable"], s["objects"]) for s in d["stores"] if s["owner"]]')" = "[('root', True, 1)]" ]
    run --separate-stderr as_user 4321 status --all
    expect_error 5 "cannot list the stores of this device: only root may know of others' stores*"
    for whose in --storage=store --group=0 --public; do  # doctor reports the same to root, whichever identity is named
        run --separate-stderr festore "$whose" doctor --json
        [ "$(json '[f["what"] for f in d["findings"] if f["id"] == "stores"]')" = "['the TEE has records of 2 stores: 2 under the anchor ree, 0 under rpmb']" ]
    done
    run --separate-stderr as_user 4321 doctor --json
    [ "$(json '[f["severity"] for f in d["findings"] if f["id"] == "stores"]')" = "['unknown']" ]
    festore --storage store --store "$PWD/secrets" destroy --yes
    as_user 4321 --storage store destroy --yes
}
@test "destroy of a folder that is not a store, and of another storage" {
    mkdir secrets
    touch secrets/file
    run --separate-stderr store destroy --yes
    expect_error 1 "cannot destroy the store: '$PWD/secrets' is not a store"
    [ "$(ls -A secrets)" = file ]
    run --separate-stderr festore --storage ree destroy --yes
    expect_error 2 "destroy: only a store can do that*"
}
