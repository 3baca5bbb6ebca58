# SPDX-License-Identifier: BSD-2-Clause
# Contents of any size by the command: parts, bounded memory, and nothing left after an early end.
load store_helper

payloads() { find secrets/payloads -type f -size "${1:-+0}" 2> /dev/null | wc -l; }
until_uploading() { for ((i = 0; i < 200; ++i)); do [ "$(payloads)" = 0 ] || return 0; sleep 0.05; done; return 1; }

# peak_memory IN OUT ARGUMENTS...: prints the command's peak memory in KiB
peak_memory() {
    python3 -c '
import os, resource, subprocess, sys
with open(sys.argv[1], "rb") as i, open(sys.argv[2], "wb") as o:
    subprocess.run(sys.argv[3:], stdin=i, stdout=o, check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)' "$1" "$2" "$FESTORE_BIN" "${@:3}" 3>&- 4>&-
}

@test "64 MiB come back, as a stream of unknown length and as a file, in at most 16 MiB more memory than an empty object" {
    need python3
    make_file 67108864 content
    empty=$(peak_memory /dev/null /dev/null --storage store put empty)
    cat content | store put a
    store get a | cmp - content
    [ "$(peak_memory content /dev/null --storage store put b)" -lt $((empty + 16384)) ]
    [ "$(peak_memory /dev/null out --storage store get a)" -lt $((empty + 16384)) ]
    cmp out content
    store put a content
    store get a back
    cmp back content
    [ "$(stat -c %a back)" = 600 ]
    [ "$(payloads)" = 2 ]
}
@test "--offset and --length of a large object" {
    make_file 5000000 content
    store put a content
    for part in "0 1" "32767 2" "1000000 3000000" "4999999 5" "5000000 1" "77 0"; do
        read -r offset length <<< "$part"
        store get --offset "$offset" --length "$length" a | cmp - <(tail -c +$((offset + 1)) content | head -c "$length")
    done
    store get --offset 3000000 a back
    cmp back <(tail -c +3000001 content)
    run --separate-stderr store get --offset 5000001 a
    expect_error 2 "cannot get 'a' from byte 5000001: it has only 5000000 bytes"
}
@test "an upload does not block other writers (rules 6, 10)" {
    mkfifo pipe
    store put --wait 0 a < pipe 3>&- 4>&- &
    exec 5> pipe
    head -c 1000000 /dev/zero >&5
    until_uploading
    echo other | store --wait 0 put b
    [ "$(store get b)" = other ]
    run --separate-stderr store get a
    expect_error 3 "*"
    exec 5>&-
    wait $!
    store get a | cmp - <(head -c 1000000 /dev/zero)
}
@test "the next upload removes the leftovers of a killed one (rule 10)" {
    mkfifo pipe
    "$FESTORE_BIN" --storage store put a < pipe 3>&- 4>&- &
    killed=$!
    exec 5> pipe
    head -c 1000000 /dev/zero >&5
    until_uploading
    kill -KILL "$killed"
    wait "$killed" || true
    exec 5>&-
    ls secrets/payloads/*.new
    echo small | store put b
    [ "$(payloads)" = 1 ]
    make_file 5000 content
    store put c content
    [ "$(payloads)" = 1 ]
    store get c | cmp - content
}
@test "SIGINT and SIGTERM during a put: it ends, and nothing is left" {
    mkfifo pipe
    echo old | store put a
    for signal in INT TERM; do
        (exec 5> pipe; head -c 1000000 /dev/zero >&5; sleep 3) 3>&- 4>&- &
        run --separate-stderr timeout --preserve-status -s "$signal" 2 "$FESTORE_BIN" --storage store put a pipe
        wait
        [ "$status" = $([ "$signal" = INT ] && echo 130 || echo 143) ]
        [ "$stderr" = "festore: cannot put 'a': interrupted" ]
        [ "$(payloads -1000)" = 0 ]
        [ "$(store get a)" = old ]
    done
}
@test "a file that shrinks while it is read: exit 1, and nothing is left" {
    truncate -s 8G content
    "$FESTORE_BIN" --storage store put a content 3>&- 4>&- 2> err &
    until_uploading
    truncate -s 1M content
    code=0
    wait $! || code=$?
    [ "$code" = 1 ]
    [ "$(cat err)" = "festore: cannot put 'a': 'content' changed while it was read; repeat it" ]
    [ "$(payloads -1000)" = 0 ]
    run --separate-stderr store get a
    expect_error 3 "*"
}
@test "the disk becomes full during a put: exit 8, nothing is left, and the store still works" {
    [ "$(id -u)" = 0 ] || skip "needs root, to mount a small file system"
    cat > script << 'END'
mount -t tmpfs -o size=2m none "$1" && cd "$1" || exit 99
export FESTORE_STORE=$1/store
echo before | "$FESTORE_BIN" --storage store put a
head -c 4000000 /dev/zero | "$FESTORE_BIN" --storage store put a
echo "code $?"
truncate -s 4000000 large
"$FESTORE_BIN" --storage store put a large
echo "code $?"
find store/payloads -type f
"$FESTORE_BIN" --storage store get a
echo after | "$FESTORE_BIN" --storage store put a && "$FESTORE_BIN" --storage store get a
END
    mkdir small
    unshare -m mount -t tmpfs none small 2> /dev/null || skip "cannot mount a file system here"
    run --separate-stderr unshare -m bash script "$PWD/small" 3>&- 4>&-
    [ "$output" = "$(printf '%s\n' "code 8" "code 8" before after)" ]
    [[ ${stderr_lines[0]} == "festore: cannot write '"*"': No space left on device ("*" bytes are free there)" ]]
    # A file's size is known, so the put does not even start.
    [[ ${stderr_lines[1]} == "festore: cannot put 'a': it needs 4"*" bytes, and the file system of '"*"/store' has "*" free" ]]
}
@test "damage deep in a content: output before it is verified, and a file is not created" {
    make_file 3000000 content
    store put a content
    flip_byte "$(find secrets/payloads -type f)" 2900000
    run --separate-stderr store get a back
    expect_error 6 "cannot get 'a': the content in the store at *"
    [ "$(ls -A)" = "$(printf '%s\n' content secrets)" ]
    code=0
    store get a > out 2> err || code=$?
    [ "$code" = 6 ]
    cmp out <(head -c "$(stat -c %s out)" content)
    [ "$(stat -c %s out)" -lt 2900000 ]
    store get --length 2000000 a | cmp - <(head -c 2000000 content)
}
@test "a batch with a large file" {
    make_file 3000000 content
    printf 'put a content\nput b content\nrm a\n' | store batch
    store get b | cmp - content
    [ "$(payloads)" = 1 ]
    run --separate-stderr store batch <<< $'put c content\nput d missing'
    expect_error 1 "cannot run the batch: line 2: cannot put 'd': cannot read 'missing': No such file or directory; nothing *"
    [ "$(payloads)" = 1 ]
}
@test "a long transfer shows its progress on a terminal, but not with -q" {
    need script
    mkfifo pipe
    for option in -v -q; do
        (exec 5> pipe; for i in 1 2 3 4; do head -c 400000 /dev/zero; sleep 0.6; done >&5) 3>&- 4>&- &
        script -qec "'$FESTORE_BIN' --storage store $option put a pipe" /dev/null > shown 3>&- 4>&-
        wait
        [ "$option" = -q ] || grep -qE '(KiB|MiB), .*/s' shown
    done
    [ ! -s shown ]
}
