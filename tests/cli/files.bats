# SPDX-License-Identifier: BSD-2-Clause
# Files of the normal world: how they are read and written, and what remains after a failure.
load helper

mode_of() { ls -ld "$1" | cut -c1-10; }
nothing_else_than() { [ "$(ls -A)" = "$(printf '%s\n' "$@")" ]; }

@test "get FILE is readable by its owner only" {
    echo secret | festore put "${PREFIX}secret"
    (umask 0; festore get "${PREFIX}secret" new)
    [ "$(mode_of new)" = -rw------- ]
    echo old > old
    chmod 0666 old
    festore get "${PREFIX}secret" old
    [ "$(mode_of old)" = -rw------- ]
    [ "$(cat old)" = secret ]
    nothing_else_than new old
}

@test "get FILE follows a symbolic link, and keeps it" {
    echo new | festore put "${PREFIX}linked"
    echo old > target
    ln -s target link
    festore get "${PREFIX}linked" link
    [ -h link ]
    [ "$(cat target)" = new ]
    ln -s nowhere dangling
    run --separate-stderr festore get "${PREFIX}linked" dangling
    expect_error 1 "cannot write 'dangling': No such file or directory"
    nothing_else_than dangling link target
}

@test "get FILE leaves nothing if there is no such object" {
    run --separate-stderr festore get "${PREFIX}missing" new
    expect_error 3 "cannot get '${PREFIX}missing': there is no such object"
    nothing_else_than
    echo old > old
    run --separate-stderr festore get "${PREFIX}missing" old
    expect_error 3 "*"
    [ "$(cat old)" = old ]
    nothing_else_than old
}

@test "get FILE keeps the old file if the new one cannot be written" {
    [ "$(id -u)" = 0 ] || skip "needs root, to mount a small file system"
    unshare -m mount -t tmpfs -o size=16k none . 2> /dev/null || skip "cannot mount a file system here"
    make_file 70000 content
    festore put "${PREFIX}large" content
    rm content
    cat > script << 'EOF'
mount -t tmpfs -o size=16k none "$1" && cd "$1" && echo old > old
"$FESTORE_BIN" get "$2" old 3>&- 4>&-
code=$?
ls -A >&2
cat old >&2
exit $code
EOF
    mkdir small
    run --separate-stderr unshare -m bash script small "${PREFIX}large"
    [ "$status" = 8 ]
    [ "$stderr" = "$(printf '%s\n' "festore: cannot write 'old': No space left on device" old old)" ]
}

@test "get into a missing folder, and onto a folder" {
    echo x | festore put "${PREFIX}x"
    run --separate-stderr festore get "${PREFIX}x" no/such/file
    expect_error 1 "cannot write 'no/such/file': No such file or directory"
    mkdir folder
    run --separate-stderr festore get "${PREFIX}x" folder
    expect_error 1 "cannot write 'folder': Is a directory"
    nothing_else_than folder
}

@test "get writes to devices and pipes in place" {
    echo through | festore put "${PREFIX}through"
    festore get "${PREFIX}through" /dev/null
    [ -c /dev/null ]
    mkfifo pipe
    cat pipe > out &
    festore get "${PREFIX}through" pipe
    wait
    [ "$(cat out)" = through ]
    [ -p pipe ]
    [ "$(festore get "${PREFIX}through" /dev/stdout | cat)" = through ]
    [ -h /dev/stdout ]
}

@test "a file that another user may not read or write" {
    need_other_users
    echo secret > secret
    chmod 0600 secret
    run --separate-stderr as_user 4321 put "${PREFIX}x" "$PWD/secret"
    expect_error 5 "cannot put '${PREFIX}x': cannot read '$PWD/secret': Permission denied"
    echo theirs | as_user 4321 put "${PREFIX}theirs"
    run --separate-stderr as_user 4321 get "${PREFIX}theirs" "$PWD/new"
    expect_error 5 "cannot write '$PWD/new': Permission denied"
    as_user 4321 rm "${PREFIX}theirs"
    nothing_else_than secret
}

@test "put of a missing file, and of a folder" {
    run --separate-stderr festore put "${PREFIX}none" missing
    expect_error 1 "cannot put '${PREFIX}none': cannot read 'missing': No such file or directory"
    run --separate-stderr festore put "${PREFIX}none" .
    expect_error 1 "cannot put '${PREFIX}none': cannot read '.': Is a directory"
    run --separate-stderr festore stat "${PREFIX}none"
    expect_error 3 "*"
}

@test "content above the limit: exit 8, nothing stored, and an endless input is not read to its end" {
    persistent_only "the limit of the TEE"
    make_file 524289 content
    run --separate-stderr festore put "${PREFIX}big" content
    expect_error 8 "cannot put '${PREFIX}big': 'content' has more than the 524288 bytes *"
    run --separate-stderr timeout 20 "$FESTORE_BIN" put "${PREFIX}big" /dev/zero
    expect_error 8 "cannot put '${PREFIX}big': '/dev/zero' has more than *"
    run --separate-stderr festore put "${PREFIX}big" < content
    expect_error 8 "cannot put '${PREFIX}big': standard input has more than *"
    run --separate-stderr festore stat "${PREFIX}big"
    expect_error 3 "*"
}

@test "standard output on a full device: exit 1 and a message" {
    [ -c /dev/full ] || skip "needs /dev/full"
    make_file 7000 content
    festore put "${PREFIX}x" content
    for arguments in "get ${PREFIX}x" "ls" "ls --json" "stat ${PREFIX}x" "status" "--help" "put --help" "--version"; do
        # shellcheck disable=SC2086
        run --separate-stderr bash -c '"$FESTORE_BIN" "$@" > /dev/full 3>&- 4>&-' - $arguments
        expect_error 1 "cannot write to standard output: No space left on device"
    done
    run --separate-stderr festore get "${PREFIX}x" /dev/full
    expect_error 8 "cannot write '/dev/full': No space left on device"
}

@test "the reader of standard output has exited: exit 1 and a message, not a signal" {
    make_file 524288 content
    festore put "${PREFIX}x" content
    bash -c 'set +e; "$FESTORE_BIN" get "$1" 3>&- 4>&- 2> err; echo $? > code' - "${PREFIX}x" | head -c 1 > /dev/null
    [ "$(cat code)" = 1 ]
    [ "$(cat err)" = "festore: cannot write to standard output: Broken pipe" ]
}

@test "closed standard descriptors" {
    echo x | festore put "${PREFIX}x"
    run --separate-stderr bash -c '"$FESTORE_BIN" get "$1" >&- 3>&- 4>&-' - "${PREFIX}x"
    expect_error 1 "cannot write to standard output: Bad file descriptor"
    run --separate-stderr bash -c '"$FESTORE_BIN" put "$1" <&- 3>&- 4>&-' - "${PREFIX}x"
    expect_error 1 "cannot put '${PREFIX}x': cannot read standard input: Bad file descriptor"
    run bash -c '"$FESTORE_BIN" get "$1" <&- >&- 2>&- 3>&- 4>&-' - "${PREFIX}x"
    [ "$status" = 1 ]
    [ "$(festore get "${PREFIX}x")" = x ]
}
