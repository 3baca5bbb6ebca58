# SPDX-License-Identifier: BSD-2-Clause
# festore batch, as in docs/batch.md, with the command. tests/batch tests the format.
load store_helper

generation() { store status | sed -n 's/^  generation *\([0-9]*\),.*/\1/p'; }
nothing_changed() { [ "$(store ls)" = "$1" ] && [ "$(generation)" = "$2" ]; }

@test "every command, in one commit" {
    make_file 100000 large
    echo old | store put old
    echo gone | store put gone
    before=$(generation)
    run --separate-stderr store batch -v - << 'END'
# what a device gets at the factory
put large ./large
put --text "two words" "line\none \x41"
put --base64 --write-once key aGFsbG8=
mv old new
rm gone
put --text new replaced --if-version 6
END
    [ "$status" = 0 ]
    [ "$stderr" = "festore: 6 commands done, generation $((before + 1))" ]
    [ "$(generation)" = $((before + 1)) ]
    [ "$(store ls)" = "$(printf '%s\n' key large new 'two words')" ]
    store get large | cmp - large
    [ "$(store get "two words")" = $'line\none A' ]
    [ "$(store get key)" = hallo ]
    [ "$(store get new)" = replaced ]
}
@test "all or nothing: a line with an error, wherever it is" {
    echo x | store put a
    before=$(generation)
    printf 'rm a\nput --text b x\nremove b\n' > lines
    run --separate-stderr store batch lines
    expect_error 2 "cannot run the batch: line 3: there is no command 'remove'; *"
    nothing_changed a "$before"
}
@test "all or nothing: a line that fails, with its exit code" {
    make_file 100000 large
    echo x | store put a
    before=$(generation)
    fails() { # CODE WORDS LINE
        printf 'rm a\nput large large\nput --text b x\n%s\nput --text c x\n' "$3" > lines
        run --separate-stderr store batch lines
        expect_error "$1" "cannot run the batch: line 4: $2; nothing of the batch was done"
        nothing_changed a "$before"
        [ -z "$(ls secrets/payloads)" ]
    }
    fails 3 "cannot remove 'none': there is no such object" "rm none"
    fails 3 "cannot remove 'a': there is no such object" "rm a"
    fails 3 "cannot rename 'none': there is no such object" "mv none x"
    fails 4 "cannot put 'b': an object of that name exists" "put --if-absent --text b y"
    fails 4 "cannot put 'b': *version*" "put --if-version 1 --text b y"
    fails 4 "cannot rename 'b': an object of that name exists" "mv b large"
    fails 1 "cannot put 'f': cannot read 'missing': No such file or directory" "put f missing"
}
@test "later lines see the effect of earlier lines" {
    store batch << 'END'
put --text a 1
put --text a 2 --if-version 1
mv a b
put --text --if-absent a 3
rm b
mv a c
END
    [ "$(store ls)" = c ]
    [ "$(store get c)" = 3 ]
}
@test "an empty batch changes nothing, and creates no store" {
    run --separate-stderr store batch <<< "# nothing"
    expect_success
    [ ! -e secrets ]
}
@test "a batch that cannot be read" {
    run --separate-stderr store batch missing
    expect_error 1 "cannot run the batch: cannot read 'missing': No such file or directory"
    head -c 70000 /dev/zero | tr '\0' x > long
    run --separate-stderr store batch long
    expect_error 2 "cannot run the batch: line 1: it has 70000 bytes; 65536 is the limit"
    run --separate-stderr store batch /dev/null
    expect_success
}
@test "more large objects than the default limit of open files" {
    head -c 1200 /dev/zero > file
    for ((i = 0; i < 1100; ++i)); do echo "put object/$i file"; done > lines
    [ "$(ulimit -Hn)" = unlimited ] || [ "$(ulimit -Hn)" -gt 1200 ] || skip "this process may not open so many"
    (ulimit -Sn 200; store batch lines)
    [ "$(store ls | wc -l)" = 1100 ]
    store get object/1099 | cmp - file
}
@test "too many changes for one transaction: exit 8, and nothing changed (rule 11)" {
    echo x | store put a
    before=$(generation)
    value=$(repeated 900 v)
    for ((i = 0; i < 20000; ++i)); do echo "put --text object/$i $value"; done > lines
    run --separate-stderr store batch lines
    expect_error 8 "cannot run the batch: line *: cannot put 'object/*': limit exceeded*; nothing of the batch was done"
    nothing_changed a "$before"
    store put a lines
}
@test "5 000 objects in one commit" {
    for ((i = 0; i < 5000; ++i)); do echo "put --text object/$i \"value of $i\""; done > lines
    store batch lines
    [ "$(store ls | wc -l)" = 5000 ]
    [ "$(store get object/4321)" = "value of 4321" ]
}
