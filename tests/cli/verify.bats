# SPDX-License-Identifier: BSD-2-Clause
# `verify` in each storage. care.bats tests its reports of damage in a store, and `destroy`.
load helper

@test "everything is read back" {
    make_file 70000 large
    for name in a b; do echo "$name" | festore put "$PREFIX$name"; done
    festore put "${PREFIX}large" large
    run --separate-stderr festore verify
    expect_success
    [[ ${lines[0]} == *" objects whole, "*" bytes" ]]
    run --separate-stderr festore verify --json
    expect_success
    [ "$(json 'd["objects"] >= 3 and d["content_bytes"] >= 70004 and d["damaged"] == [] and d["absent"] == []')" = True ]
}
@test "only the given names; exit 3 for a missing object" {
    echo a | festore put "${PREFIX}a"
    run --separate-stderr festore verify "${PREFIX}a"
    expect_success
    [ "${lines[0]}" = "1 object whole, 2 bytes" ]
    run --separate-stderr festore verify "${PREFIX}a" "${PREFIX}nobody" --json
    [ "$status" = 3 ]
    [[ $stderr == "festore: cannot verify '${PREFIX}nobody': there is no such object" ]]
    [ "$(json 'd["objects"], d["absent"] == [{"name": "'"${PREFIX}"'nobody"}], d["error"]["code"]')" = "(1, True, 3)" ]
}
@test "an invalid name: exit 2, and nothing is read" {
    run --separate-stderr festore verify "" < /dev/null
    expect_error 2 "a name must not be empty"
}
@test "a damaged object of the TEE's own storage: exit 6" {
    need_sim "to damage its storage"
    persistent_only "care.bats does it there"
    fresh_tee
    echo x | festore --storage ree put a
    sleep 0.1
    flip_byte "$(object_file)" 60
    run --separate-stderr festore --storage ree verify
    [ "$status" = 6 ]
}
