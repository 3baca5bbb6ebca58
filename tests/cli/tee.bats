# SPDX-License-Identifier: BSD-2-Clause
# Answers of the TEE to the command: absent, full, damage, identities.
load helper

@test "exit 6: a damaged object" {
    persistent_only "of the TEE's own storage"
    need_sim "to damage its disk"
    fresh_tee
    make_file 7000 content
    festore put victim content
    local file
    file=$(object_file)
    flip_byte "$file" $(($(wc -c < "$file") / 2))
    run --separate-stderr festore get victim out
    expect_error 6 "cannot get 'victim': *damaged or tampered with*"
    [ ! -e out ]
    [ "$(ls -A)" = content ]
    # OP-TEE deletes a damaged object once it has reported it.
    run --separate-stderr festore get victim
    expect_error 3 "*"
    festore put victim content
    festore get victim | cmp content -
}

@test "ls: a damaged object whose owner the TEE does not know changes nothing; verify reports it, exit 6 (rule 28)" {
    persistent_only "of the TEE's own storage"
    need_sim "to damage its disk"
    fresh_tee
    echo content | festore put victim
    local file
    file=$(object_file)
    echo other | festore put other
    # All bytes, since a single byte could belong to an inactive version.
    head -c "$(wc -c < "$file")" /dev/zero > "$file"
    run --separate-stderr festore ls
    expect_success
    [ "$output" = other ]
    [ -z "$stderr" ]
    run --separate-stderr festore verify
    [ "$status" = 6 ]
    [ "$output" = "$(printf '1 object whole, 6 bytes\n1 damaged')" ]
    [[ $stderr == "festore: cannot verify an object that the TEE found damaged or tampered with: its name and its owner are lost with it" ]]
    run --separate-stderr festore get victim
    expect_error 6 "cannot get 'victim': *damaged or tampered with*"
    run --separate-stderr festore verify
    expect_success
}

@test "exit 7: the simulated TEE's library is missing" {
    need_sim "to lose its library"
    FESTORE_SIM_LIBRARY=/no/such/library.so run --separate-stderr festore ls
    expect_error 7 "cannot load /no/such/library.so: *"
    # The name is checked first: a usage error needs no TEE.
    FESTORE_SIM_LIBRARY=/no/such/library.so run --separate-stderr festore get ""
    expect_error 2 "a name must not be empty"
}

@test "exit 7: the simulated TEE's server cannot start" {
    need_sim "to lose its server"
    fresh_tee
    FESTORE_SIM_TEED=/no/such/server run --separate-stderr timeout 60 "$FESTORE_BIN" ls
    [ "$status" = 7 ]
    [ -z "$output" ]
    # The simulator's library reports the cause, the command the effect.
    [[ $stderr == "festore: simulated TEE: cannot run /no/such/server: "*$'\n'"festore: the simulated TEE does not start; "* ]]
}

@test "exit 7: no OP-TEE on this machine" {
    [ ! -e /dev/tee0 ] || skip "there is a TEE here"
    run --separate-stderr festore --tee optee ls
    expect_error 7 "*"
    FESTORE_TEE=optee run --separate-stderr festore put x < /dev/null
    expect_error 7 "*"
}

@test "exit 5: the user may not use the TEE's device" {
    [ -e /dev/tee0 ] || skip "needs a real TEE"
    need_other_users
    run --separate-stderr as_user_with --clear-groups 4321 ls
    expect_error 5 "no permission to use /dev/tee0: *group*"
}

@test "exit 7: a TEE without RPMB" {
    need_sim "a TEE without RPMB"
    fresh_tee
    FESTORE_SIM_OPTIONS="--idle 1 --no-rpmb" run --separate-stderr festore --storage rpmb put x < /dev/null
    expect_error 7 "cannot put 'x': *rpmb*"
    run --separate-stderr festore status
    expect_success
    [[ $output == *"storage rpmb         no"* ]]
}

@test "exit 8: the TEE's storage is full, and existing objects stay" {
    persistent_only "of the TEE's own storage"
    need_sim "to have a small disk"
    fresh_tee
    make_file 100000 content
    export FESTORE_SIM_OPTIONS="--idle 1 --storage-bytes-max 300000"
    festore put one content
    local number
    for number in 1 2 3 4; do
        run --separate-stderr festore put "more $number" content
        [ "$status" = 0 ] || break
    done
    expect_error 8 "cannot put 'more $number': *full*"
    run --separate-stderr festore put one < <(make_file 300000 /dev/stdout)
    expect_error 8 "cannot put 'one': *full*"
    festore get one | cmp content -
}

@test "exit 9: too many sessions of one user" {
    persistent_only "of the TEE's own storage"
    need python3
    coproc holder { python3 "$BATS_TEST_DIRNAME/hold_sessions.py" "$FESTORE_BIN" 3>&-; }
    read -r -u "${holder[0]}" held
    [[ $held == "held "[1-9]* ]] || { echo "$held"; return 1; }
    run --separate-stderr festore ls
    expect_error 9 "too many sessions with the trusted application are open*"
    echo >&"${holder[1]}"
    wait "$holder_PID"
    festore ls > /dev/null
}

@test "another user's object is not there: exit 3" {
    need_other_users
    echo mine | festore put "${PREFIX}private"
    as_user 4321 put "${PREFIX}his-own" /dev/null
    as_user 4321 rm "${PREFIX}his-own"
    for verb in get stat rm; do
        run --separate-stderr as_user 4321 "$verb" "${PREFIX}private"
        expect_error 3 "cannot * '${PREFIX}private': there is no such object"
    done
    run --separate-stderr as_user 4321 ls "$PREFIX"
    expect_success
    [ -z "$output" ]
    echo theirs | as_user 4321 put --if-absent "${PREFIX}private"
    [ "$(festore get "${PREFIX}private")" = mine ]
    [ "$(as_user 4321 get "${PREFIX}private")" = theirs ]
    as_user 4321 rm "${PREFIX}private"
    [ "$(festore get "${PREFIX}private")" = mine ]
}

@test "a group's objects belong to its members" {
    local group
    group=$(id -g)
    echo ours | festore --group "$group" put "${PREFIX}shared"
    [ "$(festore get "${PREFIX}shared" --group "$(id -gn)")" = ours ]
    run --separate-stderr festore get "${PREFIX}shared"
    expect_error 3 "*"
    if [ "$(id -u)" = 0 ]; then
        run --separate-stderr as_user 4321 --group "$group" get "${PREFIX}shared"
        expect_error 5 "*not a member*"
    fi
    festore --group "$group" rm "${PREFIX}shared"
}

@test "public objects belong to all callers" {
    echo all | festore --public put "${PREFIX}public"
    [ "$(festore --public get "${PREFIX}public")" = all ]
    run --separate-stderr festore get "${PREFIX}public"
    expect_error 3 "*"
    if [ "$(id -u)" = 0 ]; then
        [ "$(as_user 4321 --public get "${PREFIX}public")" = all ]
    fi
    festore --public rm "${PREFIX}public"
}

@test "status shows the caller's identity" {
    local mine group
    mine=$(festore status | sed -n 's/^identity  *//p')
    group=$(festore --group "$(id -g)" status | sed -n 's/^identity  *//p')
    [[ $mine == "user "????????-????-5???-????-???????????? ]]
    [[ $group == "group "????????-????-5???-????-???????????? ]]
    [ "$(festore --public status | sed -n 's/^identity  *//p')" = public ]
    # The kernel's identity of uid 0 is a known value.
    [ "$(id -u)" != 0 ] || [ "$mine" = "user ef0180a3-13f3-5d1c-b7f5-888c0e21059a" ]
}

@test "status says that the simulated TEE protects nothing" {
    need_sim "its message"
    run --separate-stderr festore status
    expect_success
    [[ $output == *"simulated: it protects nothing"* ]]
}
