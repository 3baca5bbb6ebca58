# SPDX-License-Identifier: BSD-2-Clause
# A store whose directory others may write: another member of its group, and root's own scripts (rules 24 and 29).
# FESTORE_TEST_SCHEDULES: number of random schedules of eight programs.
load store_helper

group=54321
# as_member COMMAND...: runs it as another member of the group.
as_member() { setpriv --reuid 4322 --regid $group --clear-groups "$@"; }
# Makes a store of the group, and one of root. Both have contents in files.
make_group_store() {
    need_other_users
    enter_folder
    make_file 50000 large
    export FESTORE_STORE=$FESTORE_SIM_DIR/stores/group
    mkdir -p "$FESTORE_STORE"
    chgrp $group "$FESTORE_STORE" && chmod 2770 "$FESTORE_STORE"
    setpriv --groups $group true 2> /dev/null || skip "cannot have other groups here"
    in_group put shared large
    festore --store "$PWD/own" put mine large
    as_member test -w "$FESTORE_STORE/payloads" || { echo "the member may not write"; return 1; }
}
in_group() { setpriv --groups $group "$FESTORE_BIN" --storage store --group $group "$@" 3>&- 4>&-; }
own_is_intact() {
    festore --store "$PWD/own" get mine | cmp - large
    [ "$(stat -c '%g %a' own/payloads)" = "$(stat -c %g own) 700" ]
}

@test "payloads becomes a link to another store's: put, verify --clean and destroy refuse it by name (rule 24)" {
    make_group_store
    touch "own/payloads/$(repeated 32 a)"
    as_member mv "$FESTORE_STORE/payloads" "$FESTORE_STORE/away"
    as_member ln -s "$PWD/own/payloads" "$FESTORE_STORE/payloads"
    for verb in "put other large" "verify --clean" "get shared /dev/null" "destroy --yes"; do
        # shellcheck disable=SC2086
        run --separate-stderr in_group $verb
        [ "$status" = 6 ]
        [[ $stderr == *"'$FESTORE_STORE/payloads' is a symbolic link where the store has a folder: "* ]]
        own_is_intact
        [ -e "own/payloads/$(repeated 32 a)" ]
    done
    as_member rm "$FESTORE_STORE/payloads"
    as_member mv "$FESTORE_STORE/away" "$FESTORE_STORE/payloads"
    in_group get shared | cmp - large
}
@test "each name becomes a link to root's file, or a FIFO: the file is unchanged and no command waits (rule 24)" {
    make_group_store
    echo precious > precious
    chmod 600 precious
    for name in festore.store pages lock; do
        as_member mv "$FESTORE_STORE/$name" "$FESTORE_STORE/away"
        as_member ln -s "$PWD/precious" "$FESTORE_STORE/$name"
        run --separate-stderr in_group put other large
        expect_error 6 "*'$FESTORE_STORE/$name' is a symbolic link where the store has a regular file: *"
        as_member rm "$FESTORE_STORE/$name"
        as_member mkfifo "$FESTORE_STORE/$name"
        run --separate-stderr timeout 20 setpriv --groups $group "$FESTORE_BIN" --storage store --group $group put other large 3>&- 4>&-
        expect_error 6 "*'$FESTORE_STORE/$name' is a FIFO where the store has a regular file: *"
        as_member rm "$FESTORE_STORE/$name"
        as_member mv "$FESTORE_STORE/away" "$FESTORE_STORE/$name"
        [ "$(cat precious)" = precious ]
        [ "$(stat -c '%u %a' precious)" = "0 600" ]
    done
    in_group get shared | cmp - large
}
@test "no store yet, and payloads is a link to a file: the file's group and mode do not change (rule 24)" {
    need_other_users
    enter_folder
    export FESTORE_STORE=$FESTORE_SIM_DIR/stores/new
    mkdir "$FESTORE_STORE"
    chgrp $group "$FESTORE_STORE" && chmod 2770 "$FESTORE_STORE"
    touch precious
    before=$(stat -c '%g %a' precious)
    as_member ln -s "$PWD/precious" "$FESTORE_STORE/payloads"
    run --separate-stderr in_group put a precious
    expect_error 6 "*'$FESTORE_STORE/payloads' is a symbolic link *"
    [ "$(stat -c '%g %a' precious)" = "$before" ]
}
@test "foreign files among the payloads stay, and are named by destroy (rule 24)" {
    make_file 50000 large
    store put a large
    echo mine > secrets/payloads/notes
    touch "secrets/payloads/$(repeated 32 a)"
    run --separate-stderr store verify --clean
    [ "$status" = 0 ]
    [ "$(cat secrets/payloads/notes)" = mine ]
    [ ! -e "secrets/payloads/$(repeated 32 a)" ]
    run store destroy --yes
    [ "$status" = 0 ]
    [[ $output == *"$PWD/secrets/payloads/notes"* ]]
    [ "$(cat secrets/payloads/notes)" = mine ]
}
@test "get onto a file of the store itself is refused, by any name" {
    make_file 50000 large
    store put a large
    payload=$(ls secrets/payloads)
    ln -s secrets/pages by-link
    ln secrets/festore.store by-hard-link
    for file in secrets/pages "$PWD/secrets/lock" secrets/new "secrets/payloads/$payload" secrets/../secrets/festore.store by-link; do
        run --separate-stderr store get a "$file"
        expect_error 2 "cannot write '$file': it lies in a store's own directory; *"
    done
    # The same for an object of another storage.
    echo x | festore --storage ree put b
    run --separate-stderr festore --storage ree get b secrets/pages
    expect_error 2 "cannot write 'secrets/pages': it lies in a store's own directory; *"
    store get a by-hard-link   # now a separate file
    rm by-hard-link
    [ "$(ls -A secrets | tr '\n' ' ')" = "festore.store lock pages payloads " ]
    store get a | cmp - large
    # Also if the store has lost some of its files.
    for lost in festore.store pages; do
        mv "secrets/$lost" .
        run --separate-stderr festore --storage ree get b "secrets/$lost"
        expect_error 2 "cannot write 'secrets/$lost': it lies in a store's own directory; *"
        mv "$lost" secrets/
    done
    mv secrets/lock secrets/festore.store .
    run --separate-stderr festore --storage ree get b secrets/pages
    expect_error 2 "cannot write 'secrets/pages': it lies in a store's own directory; *"
    mv festore.store secrets/
    mv secrets/pages .
    run --separate-stderr festore --storage ree get b secrets/festore.store
    expect_error 2 "cannot write 'secrets/festore.store': it lies in a store's own directory; *"
    mv lock pages secrets/
}
@test "the first puts of eight programs all succeed, and no reader reports damage (rule 6)" {
    for round in $(seq $((5 * ${FESTORE_TEST_ROUNDS:-1}))); do
        export FESTORE_STORE=$PWD/first-$round
        for i in $(seq 8); do
            { echo "$i" | store put "object $i" 2> "err-$i"; echo $? > "code-$i"; } &
            { code=0; store ls > /dev/null 2> "read-err-$i" || code=$?; echo $code > "read-$i"; } &
        done
        wait
        for i in $(seq 8); do
            [ "$(cat "code-$i")" = 0 ] || { echo "round $round, put $i: $(cat "code-$i") $(cat "err-$i")"; return 1; }
            [[ $(cat "read-$i") == [03] ]] || { echo "round $round, ls $i: $(cat "read-$i") $(cat "read-err-$i")"; return 1; }
        done
        [ "$(store ls | wc -l)" = 8 ]
        store destroy --yes 2> /dev/null
    done
}
@test "a relative path names the store that it leads to" {
    mkdir below
    (cd below && echo x | festore --store ../secrets put a)
    [ "$(store get a)" = x ]
}
@test "random schedules of eight programs, while the directory is rearranged: nothing lost, nothing outside touched (rules 24, 29)" {
    need python3
    run env PYTHONDONTWRITEBYTECODE=1 python3 "$BATS_TEST_DIRNAME/rearrange_commands.py" "$FESTORE_BIN" "$PWD/store" 1 \
        "${FESTORE_TEST_SCHEDULES:-30}" 3>&- 4>&-
    echo "$output"
    [ "$status" = 0 ]
}
