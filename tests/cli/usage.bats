# SPDX-License-Identifier: BSD-2-Clause
# Exit code 2: wrong usage is refused with one line, before anything is done. And the help.
load helper

refused() {
    run --separate-stderr festore "${@:2}" < /dev/null
    expect_error 2 "$1"
}

@test "an empty name" { for v in put get stat rm; do refused "a name must not be empty" "$v" ""; done; }
@test "a name of 256 bytes" {
    for v in put get stat rm; do refused "the name has 256 bytes; 255 is the limit" "$v" "$(repeated 256 n)"; done
}
@test "a name of 256 bytes in 128 characters" { refused "the name has 256 bytes; *" get "$(repeated 128 é)"; }
@test "a name with a newline" {
    for v in put get stat rm; do refused "the name 'two\\\\x0alines' has a control character" "$v" $'two\nlines'; done
}
@test "a name with an escape sequence" { refused "the name '\\\\x1b[[]2J' has a control character" put $'\e[2J'; }
@test "a name with a control character beyond ASCII" { refused "the name * has a control character" put $'\xc2\x9b2J'; }
@test "a name that is not UTF-8" {
    refused "the name * is not UTF-8" put $'caf\xe9'
    refused "the name * is not UTF-8" put $'\xc0\xaf'
    refused "the name * is not UTF-8" put $'\xed\xa0\x80'
}
@test "a prefix that ends inside a character" { refused "the name * is not UTF-8" ls $'caf\xc3'; }

@test "a missing or unknown verb" {
    refused "a verb is missing; see 'festore --help'"
    refused "there is no verb 'putt'; see 'festore --help'" putt x
    refused "there is no verb ''; see 'festore --help'" ""
}
@test "missing or too many arguments" {
    refused "put: NAME is missing; see 'festore put --help'" put
    refused "rm: NAME is missing; see 'festore rm --help'" rm --force
    refused "put: unexpected argument 'c'; see 'festore put --help'" put a b c
    refused "status: unexpected argument 'x'; see 'festore status --help'" status x
}
@test "unknown options, and options without their value" {
    refused "get: there is no option '--if-absent'; see 'festore get --help'" get x --if-absent
    refused "ls: there is no option '-x'; see 'festore ls --help'" ls -x
    refused "put: --if-version needs one value; see 'festore put --help'" put x --if-version
    refused "--tee needs one value; see 'festore --help'" --tee
}
@test "flags take no value" {
    refused "ls: --json takes no value; see 'festore ls --help'" ls --json=false
    refused "rm: --force takes no value; see 'festore rm --help'" rm --force=1 x
    refused "get: --hex takes no value; see 'festore get --help'" get --hex=0 x
    refused "--version takes no value; see 'festore --help'" --version=1
    refused "ls: --help takes no value; see 'festore ls --help'" ls --help=3
}
@test "invalid values of options" {
    refused "--tee is auto, optee or sim, not 'qemu'; *" --tee qemu ls
    refused "--storage is store, ree or rpmb, not 'disk'; *" ls --storage disk
    refused "put: --if-version is a number, not '1x'; *" put x --if-version 1x
    refused "put: --if-version is a number, not '-1'; *" put x --if-version=-1
    refused "get: --offset is a number of bytes, not '1k'; *" get x --offset 1k
    refused "get: --length is a number of bytes, not '18446744073709551616'; *" get x --length 18446744073709551616
    for t in 0 -1 1.5 ten 86401; do refused "--timeout is a number of seconds from 1 to 86400, not '$t'; *" ls "--timeout=$t"; done
    refused "there is no group 'no such group'; *" ls --group 'no such group'
    refused "there is no group '4294967295'; *" ls --group 4294967295
}
@test "a terminal obeys nothing that an error quotes" {
    refused "there is no verb '\\\\x1b[[]2J'; *" $'\e[2J'
    refused "put: unexpected argument 'a\\\\x0ab'; *" put x y $'a\nb'
    refused "--json takes no value; *" $'--json=\e[2J'
}
@test "options that exclude each other" {
    refused "--group and --public exclude each other; *" --public --group 0 ls
    refused "put: --if-absent and --if-version exclude each other; *" put x --if-absent --if-version 1
    run --separate-stderr festore get x --json
    [ "$status" = 2 ]
    [[ $stderr == "festore: get: --json needs a FILE: "* ]]
}
@test "a store has an owner and a directory; the other storages have neither" {
    refused "--public has no store: *" --public --storage store ls
    refused "--public has no store: *" --public --store here ls
    refused "--store names the directory of a store, and --storage rpmb has none; *" --store here --storage rpmb ls
    refused "--wait is a number of seconds from 0 to 86400, not 'x'; *" --wait x ls
    for storage in ree rpmb; do
        refused "mv: only a store can do that: *" --storage "$storage" mv a b
        refused "batch: only a store can do that: *" --storage "$storage" batch
        refused "init: only a store can do that: *" --storage "$storage" init
    done
    refused "mv: only a store can do that, and --public has none; *" --public mv a b
    refused "init: --anchor is ree or rpmb, not 'disk'; *" --store here init --anchor disk
    refused "rpmb: --none and --ask exclude each other; *" rpmb --none --ask
    refused "rpmb: --without-asking goes with --none; *" rpmb --without-asking
    refused "rpmb: --without-asking goes with --none; *" rpmb --ask --without-asking
}
@test "FESTORE_TEE must name a known TEE; an option overrides it" {
    persistent_only "lists before there is a store"
    FESTORE_TEE=qemu refused "FESTORE_TEE is auto, optee or sim, not 'qemu'; see 'festore --help'" ls
    need_sim "for --tee sim"
    FESTORE_TEE=qemu run --separate-stderr festore --tee sim ls "$PREFIX"
    expect_success
}
@test "nothing is read or stored if the usage is wrong" {
    run --separate-stderr timeout 10 "$FESTORE_BIN" put "" /dev/zero
    expect_error 2 "a name must not be empty"
}

@test "global options may come before or after the verb" {
    echo here | festore put "${PREFIX}here"
    [ "$(festore --timeout 30 get "${PREFIX}here")" = here ]
    [ "$(festore get --timeout 30 "${PREFIX}here")" = here ]
    [ "$(festore get "${PREFIX}here" --timeout=30 -q)" = here ]
}
@test "--version" {
    run --separate-stderr festore --version
    expect_success
    [[ $output =~ ^festore\ [0-9]+\.[0-9]+\.[0-9]+$ ]]
}
@test "--help names every verb and exit code" {
    run --separate-stderr festore --help
    expect_success
    for word in put get ls stat rm mv batch init rpmb status FESTORE_TEE FESTORE_STORE "Exit codes:"; do [[ $output == *"$word"* ]]; done
    for code in 0 1 2 3 4 5 6 7 8 9; do [[ $output =~ (^|[[:space:]])$code\ \  ]]; done
}
@test "the help of every verb has usage, examples and options" {
    local verbs
    verbs=$(festore --help | sed -n '/^Verbs:/,/^$/s/^  \([a-z]*\) .*/\1/p')
    [ -n "$verbs" ]
    for verb in $verbs; do
        run --separate-stderr festore "$verb" --help
        expect_success
        [[ $output == *"Usage: festore $verb [OPTIONS]"* ]]
        [[ $output == *"Examples:"*"festore"*"$verb"* ]]
        [[ $output != *"TEXT"* ]]
    done
    [[ $(festore put --help) == *--if-absent*--if-version\ N*--write-once* ]]
    [[ $(festore -h get) == *--offset\ N*--length\ N* ]]
}
@test "no line of the help is longer than 120 characters" {
    for verb in "" put get ls stat rm mv batch init rpmb status; do
        # shellcheck disable=SC2086
        [ -z "$(festore $verb --help | grep -E '.{121}')" ]
    done
}

# empty_refused ARGUMENTS...: expects a usage error, and "kept" unchanged
empty_refused() {
    echo kept | festore put "${PREFIX}kept"
    echo new > input
    run --separate-stderr festore "$@" < input
    expect_error 2 "*must not be empty*"
    [ "$(festore get "${PREFIX}kept")" = kept ]
}
@test "an empty version is not taken for no condition" { empty_refused put --if-version "" "${PREFIX}kept"; }
@test "an empty file name does not mean standard input" { empty_refused put "${PREFIX}kept" ""; }
@test "an empty file name does not mean standard output" { empty_refused get "${PREFIX}kept" ""; }
@test "an empty group does not mean the user's own objects" { empty_refused --group "" put "${PREFIX}kept"; }
@test "empty values of other options" {
    for option in --tee --storage --store --timeout --wait; do empty_refused "$option" "" put "${PREFIX}kept"; done
    empty_refused get --offset "" "${PREFIX}kept"
    run --separate-stderr festore get "${PREFIX}kept" --length=
    expect_error 2 "get: --length needs one value*"
}
@test "--hex is for the first demo's objects" {
    run --separate-stderr festore get --hex 6162
    expect_error 2 "*--public*"
    run --separate-stderr festore --public --storage ree get --hex 616
    expect_error 2 "*hexadecimal*"
    run --separate-stderr festore --public --storage ree get --hex 6g
    expect_error 2 "*hexadecimal*"
    run --separate-stderr festore --public --storage ree get --hex "$(repeated 130 0)"
    expect_error 2 "*64 bytes*"
    run --separate-stderr festore --public --storage ree get --hex ff00
    expect_error 3 "cannot get *"
    echo text | festore --public --storage ree put "${PREFIX}hex"
    [ "$(festore --public --storage ree get --hex "$(printf %s "${PREFIX}hex" | od -An -tx1 | tr -d " \n")")" = text ]
    festore --public --storage ree rm "${PREFIX}hex"
}
@test "doctor --root without a folder" {
    refused "doctor: --root needs one value; see 'festore doctor --help'" doctor --root
    refused "*--root*" doctor --root ""
    run --separate-stderr festore doctor --root "$PWD/none"
    expect_error 1 "cannot look at $PWD/none: there is no such folder"
}
