# SPDX-License-Identifier: BSD-2-Clause
# put, get, stat, rm and ls on objects: contents, names, conditions.
load helper

round_trip() {
    make_file "$1" content
    festore put "${PREFIX}object" content
    festore get "${PREFIX}object" > back
    cmp content back
    run --separate-stderr festore stat "${PREFIX}object"
    expect_success
    [[ $output == *"size        $1"* ]]
}
@test "0 bytes come back" { round_trip 0; }
@test "1 byte comes back" { round_trip 1; }
@test "7000 bytes come back" { round_trip 7000; }
@test "512 KiB come back" { round_trip 524288; }

@test "put and get work in pipes, and print nothing" {
    make_file 7000 content
    run --separate-stderr festore put "${PREFIX}pipe" < content
    expect_success
    [ -z "$output" ]
    festore get "${PREFIX}pipe" - | cmp content -
    festore put "${PREFIX}copy" - < <(festore get "${PREFIX}pipe")
    festore get "${PREFIX}copy" copy
    cmp content copy
}

version_of() { festore stat "$1" | sed -n 's/^version *//p'; }
@test "put replaces, and counts the versions" {
    echo one | festore put "${PREFIX}counted"
    first=$(version_of "${PREFIX}counted")
    echo two | festore put "${PREFIX}counted"
    [ "$(version_of "${PREFIX}counted")" = $((first + 1)) ]
    [ "$(festore get "${PREFIX}counted")" = two ]
}

@test "put -v reports what it stored" {
    run --separate-stderr festore put -v "${PREFIX}loud" < /dev/null
    [ "$status" = 0 ]
    [[ $stderr == "festore: stored '${PREFIX}loud': 0 bytes, version "+([0-9]) ]]
    run --separate-stderr festore put -q -v "${PREFIX}loud" < /dev/null
    expect_success
}

# Listings show a backslash as two.
name_works() {
    local shown=${1//\\/\\\\}
    echo "content of $1" | festore put -- "$1"
    [ "$(festore get -- "$1")" = "content of $1" ]
    festore ls | grep -Fxq -- "$shown"
    festore stat -- "$1" | grep -Fxq -- "name        $shown"
    festore rm -- "$1"
    run --separate-stderr festore get -- "$1"
    expect_error 3 "cannot get *: there is no such object"
}
@test "a name of 1 byte" { name_works x; }
@test "a name of 255 bytes" { name_works "$(repeated 255 n)"; }
@test "a name of 255 bytes in UTF-8" { name_works "a$(repeated 127 é)"; }
@test "a name with spaces" { name_works " two  words "; }
@test "a name with slashes" { name_works "/etc/../wifi//conf/"; }
@test "a name in UTF-8" { name_works "ключ/鍵/🔑"; }
@test "a name with a backslash" { name_works 'back\slash\x41'; }
@test "no two names are listed alike" {
    local name
    for name in $'bidi\u202ex' 'bidi\xe2\x80\xaex' 'bidi\\xe2\x80\xaex'; do echo | festore put "${PREFIX}$name"; done
    [ "$(festore ls "${PREFIX}bidi" | sort -u | wc -l)" = 3 ]
    festore rm "${PREFIX}"bidi{$'\u202e','\xe2\x80\xae','\\xe2\x80\xae'}x
}
@test "a name with quotes and percent signs" { name_works "it's 100%s \"\$HOME\" \`id\`"; }
@test "names that look like options" { name_works --json; name_works -f; name_works -5; }
@test "names that look like verbs" { name_works put; name_works ls; name_works inspect; }
@test "names that the option parser could misread" {
    for name in '[a,b]' '[]' '{}' '++' '%%' 'a]' '@file' '-'; do name_works "$name"; done
}
@test "a list in brackets is one name, not several" {
    for name in a b; do echo "$name" | festore put "${PREFIX}$name"; done
    run --separate-stderr festore rm "[${PREFIX}a,${PREFIX}b]"
    expect_error 3 "cannot remove '[[]*]': there is no such object"
    [ "$(festore get "${PREFIX}a")" = a ]
}

@test "--if-absent stores once" {
    echo one | festore put --if-absent "${PREFIX}once"
    echo two > two
    run --separate-stderr festore put --if-absent "${PREFIX}once" two
    expect_error 4 "cannot put '${PREFIX}once': *"
    [ "$(festore get "${PREFIX}once")" = one ]
}

@test "--if-version replaces only the given version" {
    echo one | festore put "${PREFIX}versioned"
    first=$(version_of "${PREFIX}versioned")
    echo two | festore put --if-version "$first" "${PREFIX}versioned"
    echo three > three
    run --separate-stderr festore put --if-version "$first" "${PREFIX}versioned" three
    expect_error 4 "cannot put '${PREFIX}versioned': it has version $((first + 1)), not $first"
    [ "$(festore get "${PREFIX}versioned")" = two ]
    run --separate-stderr festore put --if-version=1 "${PREFIX}absent" three
    expect_error 3 "*no such object*"
}

@test "--write-once --removable is never replaced, and can be removed" {
    echo one | festore put --write-once --removable "${PREFIX}fixed"
    echo two > two
    run --separate-stderr festore put "${PREFIX}fixed" two
    expect_error 4 "cannot put '${PREFIX}fixed': *write-once*"
    festore stat "${PREFIX}fixed" | grep -Fxq "write-once  yes"
    [ "$(festore get "${PREFIX}fixed")" = one ]
    festore rm "${PREFIX}fixed"
    festore put "${PREFIX}fixed" two
}

@test "get --offset and --length" {
    printf 0123456789 | festore put "${PREFIX}digits"
    [ "$(festore get "${PREFIX}digits" --offset 3 --length 4)" = 3456 ]
    [ "$(festore get "${PREFIX}digits" --offset 8 --length 100)" = 89 ]
    [ "$(festore get --length 1 "${PREFIX}digits")" = 0 ]
    [ "$(festore get --offset 18446744073709551615 "${PREFIX}digits" 2>&1 | wc -l)" = 1 ]
    run --separate-stderr festore get --offset 10 "${PREFIX}digits"
    expect_success
    [ -z "$output" ]
    run --separate-stderr festore get --offset 11 "${PREFIX}digits"
    expect_error 2 "cannot get '${PREFIX}digits' from byte 11: it has only 10 bytes"
}

@test "rm continues after a failure, and returns the first error" {
    for name in a b; do echo "$name" | festore put "${PREFIX}$name"; done
    run --separate-stderr festore rm "${PREFIX}a" "${PREFIX}missing" "${PREFIX}b"
    expect_error 3 "cannot remove '${PREFIX}missing': there is no such object"
    run --separate-stderr festore ls "$PREFIX"
    [[ $output != *"${PREFIX}a"* && $output != *"${PREFIX}b"* ]]
}

@test "rm --force ignores absent objects" {
    run --separate-stderr festore rm --force "${PREFIX}missing"
    expect_success
    run --separate-stderr festore rm -f "${PREFIX}missing" "${PREFIX}missing too"
    expect_success
}

@test "rm with an invalid name removes nothing" {
    echo a | festore put "${PREFIX}kept"
    run --separate-stderr festore rm "${PREFIX}kept" ""
    expect_error 2 "a name must not be empty"
    [ "$(festore get "${PREFIX}kept")" = a ]
}

@test "ls sorts by bytes, and takes a prefix" {
    for name in b a/2 a/10 B ä; do echo | festore put "${PREFIX}order/$name"; done
    run --separate-stderr festore ls "${PREFIX}order/"
    expect_success
    [ "$output" = "$(printf '%s\n' "${PREFIX}order/B" "${PREFIX}order/a/10" "${PREFIX}order/a/2" "${PREFIX}order/b" \
        "${PREFIX}order/ä")" ]
    run --separate-stderr festore ls "${PREFIX}order/a"
    [ "${#lines[@]}" = 2 ]
}

@test "ls and ls -l of nothing print nothing" {
    run --separate-stderr festore ls "${PREFIX}nothing"
    expect_success
    [ -z "$output" ]
    run --separate-stderr festore ls -l "${PREFIX}nothing"
    expect_success
    [ -z "$output" ]
}

@test "ls -l shows flags, size, version, time and name in columns" {
    printf 12345 | festore put "${PREFIX}long/a name"
    make_file 7000 content
    festore put --write-once --removable "${PREFIX}long/b" content
    run --separate-stderr festore ls -l "${PREFIX}long/"
    expect_success
    [ "${#lines[@]}" = 2 ]
    local time='[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z'
    [[ ${lines[0]} =~ ^--\ \ \ \ 5\ +[0-9]+\ $time\ ${PREFIX}long/a\ name$ ]]
    [[ ${lines[1]} =~ ^w-\ 7000\ +[0-9]+\ $time\ ${PREFIX}long/b$ ]]
}

@test "the time of the last change is the system's time" {
    local before after
    before=$(date -u +%Y-%m-%dT%H:%M:%SZ)
    echo | festore put "${PREFIX}timed"
    after=$(date -u +%Y-%m-%dT%H:%M:%SZ)
    local modified
    modified=$(festore stat "${PREFIX}timed" | sed -n 's/^modified  *//p')
    [[ ! $modified < $before && ! $modified > $after ]]
}

@test "the storages are separate" {
    if festore status | grep -q '^storage rpmb *no'; then skip "this TEE has no RPMB"; fi
    echo ree | festore --storage ree put "${PREFIX}apart"
    echo rpmb | festore --storage rpmb put "${PREFIX}apart"
    [ "$(festore get "${PREFIX}apart" --storage=ree)" = ree ]
    [ "$(festore get "${PREFIX}apart" --storage rpmb)" = rpmb ]
    festore --storage rpmb rm "${PREFIX}apart"
    [ "$(festore --storage ree get "${PREFIX}apart")" = ree ]
}
@test "root lists and removes another user's objects in the TEE's storage; others cannot" {
    persistent_only "there is no other's store to look into"
    need_other_users
    festore ls > /dev/null  # starts a simulated TEE as root
    echo theirs | as_user 4321 put "${PREFIX}theirs"
    run --separate-stderr festore ls --owner uid:4321 "$PREFIX"
    expect_success
    [ "$output" = "${PREFIX}theirs" ]
    run --separate-stderr as_user 4321 ls --owner uid:0
    expect_error 5 "cannot list: "*"; only root may do that, and root cannot read them"
    run --separate-stderr as_user 4321 rm --owner uid:0 "${PREFIX}theirs"
    expect_error 5 "*"
    run --separate-stderr festore rm --owner uid:4322 "${PREFIX}theirs"
    expect_error 3 "*"
    run --separate-stderr festore ls --owner 4321
    expect_error 2 "ls: --owner is uid:N or gid:N, not '4321'*"
    run --separate-stderr festore --storage store rm --owner uid:4321 "${PREFIX}theirs"
    expect_error 2 "root can drop only the record of another's store *"
    run --separate-stderr festore rm --owner uid:4321 "${PREFIX}theirs"
    expect_success
    run --separate-stderr as_user 4321 get "${PREFIX}theirs"
    expect_error 3 "*"
}
