#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# Plaintext outside of the requested file: what remains of it, and who could redirect it.
load helper

mode_of() { ls -ld "$1" | cut -c1-10; }
hidden_files() { find . -name '.festore-*'; }
# The command, with a time limit.
briefly() { timeout 20 "$FESTORE_BIN" "$@" 3>&- 4>&-; }

@test "a process of the same user cannot look into the command" {
    need_other_users
    mkfifo -m 0666 pipe
    setpriv --reuid 4321 --regid 4321 --clear-groups "$FESTORE_BIN" put "${PREFIX}never" pipe 2> err 3>&- 4>&- &
    local pid=$! owner user
    for _ in {1..200}; do
        [ ! -s err ] || break
        sleep 0.05
    done
    [[ $(cat err) == *"waiting for a process to write"* ]]
    owner=$(stat -c %u "/proc/$pid/mem")
    user=$(sed -n 's/^Uid:\t\([0-9]*\).*/\1/p' "/proc/$pid/status")
    kill "$pid"
    wait "$pid" || true
    [ "$user:$owner" = 4321:0 ]
}

@test "a copy that runs with another group's rights ignores its caller's environment" {
    need_sim "it shows which library is loaded"
    need_other_users
    [[ $(findmnt -no OPTIONS -T .) != *nosuid* ]] || skip "no set-group-id programs on this file system"
    mkdir -m 0755 bin
    install -g 4322 -m 2755 "$FESTORE_BIN" bin/festore
    # The simulated TEE of that user if no variable names another one.
    local home=/tmp/festore-sim-4321
    [ ! -e "$home" ] || skip "there is a $home"
    run --separate-stderr env FESTORE_TEE=none setpriv --reuid 4321 --regid 4321 --clear-groups ./bin/festore --help
    [ "$status" = 0 ] || skip "another user cannot run a program here"

    for variable in FESTORE_TEE=none FESTORE_STORAGE=none FESTORE_SIM_LIBRARY=/none FESTORE_SIM_DIR=/none FESTORE_SIM_TEED=/none \
        FESTORE_SIM_OPTIONS=--none; do
        run --separate-stderr env "$variable" setpriv --reuid 4321 --regid 4321 --clear-groups timeout 20 "$FESTORE_BIN" --storage ree ls 3>&- 4>&-
        [[ $variable == FESTORE_STORAGE=* ]] || [[ $variable == FESTORE_SIM_[TO]* ]] || [ "$status" != 0 ] || { echo "$variable shows nothing"; return 1; }
    done
    run --separate-stderr env -u XDG_RUNTIME_DIR FESTORE_TEE=none FESTORE_STORAGE=none FESTORE_SIM_LIBRARY=/none FESTORE_SIM_DIR=/none \
        FESTORE_SIM_TEED=/none FESTORE_SIM_OPTIONS=--none FESTORE_STORE="$PWD/none" XDG_DATA_HOME="$PWD/none" STATE_DIRECTORY="$PWD/none" \
        HOME="$PWD/none" setpriv --reuid 4321 --regid 4321 --clear-groups timeout 20 ./bin/festore ls 3>&- 4>&-
    echo "$output $stderr"
    [ "$status" = 2 ]
    [[ $stderr == *"HOME is not set; name the store with --store DIR"* ]]
    run --separate-stderr env -u XDG_RUNTIME_DIR FESTORE_TEE=none FESTORE_SIM_LIBRARY=/none FESTORE_SIM_DIR=/none FESTORE_SIM_TEED=/none \
        FESTORE_SIM_OPTIONS=--none setpriv --reuid 4321 --regid 4321 --clear-groups timeout 20 ./bin/festore --storage ree ls 3>&- 4>&-
    echo "$output $stderr"
    [ "$status" = 0 ]
    [ -d "$home" ]
    [ "$(stat -c %u "$home")" = 4321 ]
    sleep 1
    for process in /proc/[0-9]*; do
        if tr '\0' ' ' < "$process/cmdline" 2> /dev/null | grep -q "festore-sim-teed --detach --dir $home"; then kill "${process#/proc/}"; fi
    done
    rm -rf "$home"
}

@test "get FILE killed at any moment: FILE is the old file or the complete new one, and the next get removes leftovers" {
    make_file 400000 content
    festore put "${PREFIX}killed" content
    local killed=0 i pid begin longest
    begin=$(date +%s%N)
    festore get "${PREFIX}killed" whole
    longest=$((($(date +%s%N) - begin) / 1000))  # microseconds
    for i in {1..30}; do
        echo old > file
        "$FESTORE_BIN" get "${PREFIX}killed" file 3>&- 4>&- &
        pid=$!
        sleep "0.$(printf '%06d' $(((RANDOM * 32768 + RANDOM) % longest % 1000000)))"
        if kill -9 "$pid" 2> /dev/null; then killed=$((killed + 1)); fi
        wait "$pid" 2> /dev/null || true
        [ "$(cat file | head -c 4)" = old ] || cmp file content
    done
    [ "$killed" -gt 0 ]
    festore get "${PREFIX}killed" file
    cmp file content
    [ -z "$(hidden_files)" ] || { hidden_files; return 1; }
}

@test "get FILE stopped in the middle has no name on the disk, and leaves nothing when it is killed" {
    need_sim "one process is stopped in the middle of many calls"
    [ "$(id -u)" = 0 ] || skip "needs root, to see what the command has open"
    make_file 30000000 content
    festore --store "$PWD/store" put "${PREFIX}large" content
    mkdir out
    writes() { [ -n "$(find "/proc/$1/fd" -lname "$PWD/out/*" 2> /dev/null)" ]; }
    local pid found=0 i
    for i in {1..5}; do
        "$FESTORE_BIN" --store "$PWD/store" get "${PREFIX}large" out/file 3>&- 4>&- &
        pid=$!
        until writes "$pid" || ! kill -0 "$pid" 2> /dev/null; do :; done
        kill -STOP "$pid" 2> /dev/null || continue
        if writes "$pid" && [ ! -e out/file ]; then
            found=1
            [ -z "$(ls -A out)" ] || { ls -A out; return 1; }
        fi
        kill -9 "$pid"
        wait "$pid" 2> /dev/null || true
        [ ! -e out/file ] || cmp out/file content
        rm -f out/file
        [ -z "$(ls -A out)" ] || { ls -A out; return 1; }
    done
    [ "$found" = 1 ]
}

@test "get into a pipe that its reader does not read: a signal ends it" {
    need_sim "to have no store at first"
    fresh_tee
    make_file 3000000 content
    festore --store "$PWD/store" put "${PREFIX}large" content
    mkfifo pipe
    exec 9<> pipe
    local pid code
    for name in pipe /dev/fd/8; do
        exec 8<> pipe
        "$FESTORE_BIN" --store "$PWD/store" get "${PREFIX}large" "$name" 3>&- 4>&- &
        pid=$!
        sleep 1
        kill -0 "$pid"
        kill -TERM "$pid"
        code=0
        timeout 10 tail --pid="$pid" -f /dev/null
        wait "$pid" || code=$?
        [ "$code" = 143 ] || { echo "exit code $code"; return 1; }
        exec 8>&-
    done
    exec 9>&-
}

@test "inspect --extract does not write into another user's folder, nor follow another user's link" {
    need_other_users
    mkdir -m 1777 shared
    mkdir victim
    setpriv --reuid 4321 --regid 4321 --clear-groups ln -s ../victim shared/link
    setpriv --reuid 4321 --regid 4321 --clear-groups mkdir -m 777 shared/theirs
    local sample=$repository/tests/ree_fs/samples
    sample=$(find "$sample" -name dirf.db -printf '%h\n' | head -n 1)
    [ -n "$sample" ] || skip "no sample lies there unpacked"
    head -c 16 /dev/zero > huk
    for name in link theirs; do
        run festore inspect "$sample" --huk-file huk --extract "shared/$name"
        [[ $output == *"another user"* ]] || { echo "$output"; return 1; }
        [ -z "$(ls victim shared/theirs | grep -v :)" ]
    done
}

@test "get FILE goes into no pipe, device or link of another user, and hangs on none" {
    need_other_users
    echo secret | festore put "${PREFIX}secret"
    mkdir -m 1777 shared
    cd shared
    setpriv --reuid 4321 --regid 4321 --clear-groups mkfifo -m 0666 pipe
    setpriv --reuid 4321 --regid 4321 --clear-groups touch theirs
    echo victim > ../victim
    setpriv --reuid 4321 --regid 4321 --clear-groups ln -s ../victim link
    setpriv --reuid 4321 --regid 4321 --clear-groups ln -s .. folder
    for name in pipe link folder/victim; do
        run --separate-stderr briefly get "${PREFIX}secret" "$name"
        expect_error 5 "cannot write '$name': '${name%%/*}' is a * of another user"
    done
    timeout 20 cat pipe > ../out &
    sleep 0.2
    run --separate-stderr briefly get "${PREFIX}secret" pipe
    expect_error 5 "*"
    [ "$(cat ../victim)" = victim ]
    : > pipe
    wait
    [ ! -s ../out ]
    # Another user's file is replaced, not written into.
    run --separate-stderr briefly get "${PREFIX}secret" theirs
    [ "$status" = 0 ]
    [ "$(stat -c %u:%a theirs)" = 0:600 ]
}

@test "a folder full of planted names: get FILE works, and changes none of them" {
    need_other_users
    echo secret | festore put "${PREFIX}secret"
    mkdir -m 1777 shared
    echo victim > victim
    for i in {1000..1020}; do
        setpriv --reuid 4321 --regid 4321 --clear-groups mkfifo "shared/.festore-0-000000000000$i"
        setpriv --reuid 4321 --regid 4321 --clear-groups ln -s "$PWD/victim" "shared/.festore-0-100000000000$i"
        setpriv --reuid 4321 --regid 4321 --clear-groups touch "shared/.festore-0-200000000000$i"
    done
    before=$(ls -A shared)
    run --separate-stderr briefly get "${PREFIX}secret" shared/new
    expect_success
    [ "$(cat shared/new)" = secret ]
    rm shared/new
    [ "$(ls -A shared)" = "$before" ]
    [ "$(cat victim)" = victim ]
}

@test "put of a pipe without a writer prints after a second what it waits for, and keeps waiting" {
    mkfifo pipe
    "$FESTORE_BIN" put "${PREFIX}piped" pipe 2> err 3>&- 4>&- &
    local pid=$!
    sleep 2
    [ "$(cat err)" = "festore: waiting for a process to write to the pipe 'pipe'" ]
    echo content > pipe
    wait "$pid"
    [ "$(festore get "${PREFIX}piped")" = content ]
    [ "$(wc -l < err)" = 1 ]
}

@test "SIGINT ends a command that waits for the other end of a pipe" {
    mkfifo pipe
    echo x | festore put "${PREFIX}x"
    for arguments in "get ${PREFIX}x pipe" "put ${PREFIX}y pipe"; do
        # shellcheck disable=SC2086
        python3 -c 'import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); os.execv(sys.argv[1], sys.argv[1:])' \
            "$FESTORE_BIN" $arguments 2> err 3>&- 4>&- &
        local pid=$!
        while [[ $(cat "/proc/$pid/comm") == python* ]]; do sleep 0.1; done
        sleep 1
        kill -INT "$pid"
        for _ in {1..100}; do kill -0 "$pid" 2> /dev/null || break; sleep 0.05; done
        run ! kill -9 "$pid"
        wait "$pid" || [ "$?" = 130 ]
    done
}
