#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# A store on a real OP-TEE: many objects, and restarts of tee-supplicant. Uses root's own store, in the emulated machine.

setup_file() {
    [ -c /dev/tee0 ] && [ "$(id -u)" = 0 ] || { echo "these tests run as root in the emulated machine" >&2; return 1; }
}

store() { festore --storage store "$@"; }

content_of() { echo "the content of object $1"; }

@test "5000 objects are stored by one batch, and read one by one" {
    seq 5000 | while read -r i; do echo "put --text object-$i \"the content of object $i\\n\""; done > "$BATS_TEST_TMPDIR/batch"
    begin=$(date +%s%N)
    store batch "$BATS_TEST_TMPDIR/batch"
    echo "# 5000 objects in one batch: $((($(date +%s%N) - begin) / 1000000)) ms" >&3
    [[ $(store status --json) == *'"objects": 5000'* ]]
    begin=$(date +%s%N)
    for i in 1 2 77 999 1000 2500 4096 4999 5000; do store get "object-$i" | cmp - <(content_of "$i"); done
    echo "# a get among 5000, as a command: $((($(date +%s%N) - begin) / 9000000)) ms" >&3
    [ "$(store ls | wc -l)" -eq 5000 ]
    [ "$(store ls object-49 | wc -l)" -eq 111 ]
}

@test "a put among 5000 objects is one more commit" {
    before=$(store status --json | sed -n 's/.*"generation": \([0-9]*\).*/\1/p')
    begin=$(date +%s%N)
    content_of new | store put new
    echo "# a put among 5000, as a command: $((($(date +%s%N) - begin) / 1000000)) ms" >&3
    [ "$(store status --json | sed -n 's/.*"generation": \([0-9]*\).*/\1/p')" -eq $((before + 1)) ]
    store mv new moved
    store get moved | cmp - <(content_of new)
    store rm moved
    run store get moved
    [ "$status" -eq 3 ]
}

@test "tee-supplicant restarted while no session is open: the store does not notice (rule 1)" {
    content_of before | store put before
    supplicant stop
    supplicant start
    store get before | cmp - <(content_of before)
    content_of after | store put before
    store get before | cmp - <(content_of after)
}

@test "no TEE object stays open after the last session (rule 1)" {
    store get before > /dev/null
    [ "$(find "/proc/$(pgrep -x tee-supplicant)/fd" -lname '*/optee-client/data/*' | wc -l)" -eq 0 ]
}

@test "two users' stores are two" {
    alice() { setpriv --reuid alice --regid alice --init-groups festore --storage store "$@"; }
    install -d -o alice -g alice /var/lib/alice
    content_of alice | alice --store /var/lib/alice/store put before
    content_of root | store put before
    alice --store /var/lib/alice/store get before | cmp - <(content_of alice)
    run alice --store /var/lib/festore/uid-0 get before
    echo "$output"
    [ "$status" -eq 5 ]
}

@test "the lock file is removed while a writer works: a second writer gets busy, and nothing is lost (rule 29)" {
    cd "$BATS_TEST_TMPDIR"
    mkfifo held
    printf 'put --text held-1 one\nput held-2 %s\nput --text held-3 three\n' "$PWD/held" > batch
    store batch batch &
    until [ "$(store --wait 0 rm none 2>&1 | grep -c 'in use by another program')" = 1 ]; do sleep 0.2; done
    rm /var/lib/festore/uid-0/lock
    run store --wait 1 put intruder /etc/hostname
    echo "$output"
    [ "$status" -eq 9 ]
    echo two > held
    wait $!
    store put intruder /etc/hostname
    [ "$(store get held-1)$(store get held-2)$(store get held-3)" = onetwothree ]
    store get intruder | cmp - /etc/hostname
    [ "$(store ls object-49 | wc -l)" -eq 111 ]
    store rm held-1 held-2 held-3 intruder
}

@test "payloads is a link to another folder: refused by name, and nothing there changes (rule 24)" {
    cd "$BATS_TEST_TMPDIR"
    head -c 50000 /dev/urandom > large
    store put large large
    mkdir elsewhere
    touch "elsewhere/$(printf '%032d' 0)"
    mv /var/lib/festore/uid-0/payloads away
    ln -s "$PWD/elsewhere" /var/lib/festore/uid-0/payloads
    for verb in "put large large" "get large copy" "verify --clean"; do
        # shellcheck disable=SC2086
        run store $verb
        echo "$output"
        [ "$status" -eq 6 ]
        [[ $output == *"/var/lib/festore/uid-0/payloads' is a symbolic link "* ]]
    done
    [ "$(ls elsewhere)" = "$(printf '%032d' 0)" ]
    rm /var/lib/festore/uid-0/payloads
    mv away /var/lib/festore/uid-0/payloads
    store get large | cmp - large
    store rm large
}

@test "damaged pages are told, with exit code 6, and the other objects are still readable" {
    pages=/var/lib/festore/uid-0/pages
    cp -a "$pages" "$BATS_TEST_TMPDIR/intact"
    for page in $(seq 13 37 $(($(stat -c %s "$pages") / 4096 - 1))); do
        printf 'XXXXXXXX' | dd of="$pages" bs=1 seek=$((page * 4096 + 100)) conv=notrunc status=none
    done
    run store ls
    [ "$status" -eq 6 ]
    whole=0
    for i in $(seq 1 250 5000); do
        code=0
        store get "object-$i" > "$BATS_TEST_TMPDIR/got" 2> /dev/null || code=$?
        [ "$code" = 6 ] || [ "$code" = 0 ]
        [ "$code" = 6 ] || cmp "$BATS_TEST_TMPDIR/got" <(content_of "$i")
        [ "$code" = 6 ] || whole=$((whole + 1))
    done
    echo "# of 20 objects $whole whole" >&3
    [ "$whole" -gt 0 ]
    cp "$BATS_TEST_TMPDIR/intact" "$pages"
    [ "$(store ls | wc -l)" -eq 5001 ]
}

@test "the index of 5001 objects is rebuilt, under new keys" {
    begin=$(date +%s%N)
    run store rebuild
    echo "# rebuilt in $((($(date +%s%N) - begin) / 1000000)) ms: ${lines[0]}" >&3
    [ "$status" -eq 0 ]
    [[ ${lines[0]} == "rebuilt: 5001 objects, "* ]]
    for i in 1 2500 5000; do store get "object-$i" | cmp - <(content_of "$i"); done
    store verify
    [ ! -e /var/lib/festore/uid-0/pages.old ]
    [ ! -e /var/lib/festore/uid-0/pages.next ]
}

@test "damaged pages are dropped, their names refused, and restored after the pages are put back (rule 30)" {
    pages=/var/lib/festore/uid-0/pages
    cp -a "$pages" "$BATS_TEST_TMPDIR/intact"
    for page in 50 51 90; do
        printf 'XXXXXXXX' | dd of="$pages" bs=1 seek=$((page * 4096 + 100)) conv=notrunc status=none
    done
    run store rebuild
    [ "$status" -eq 6 ]
    run store repair --drop-damaged --most --yes
    echo "$output" | head -n 5
    [ "$status" -eq 0 ]
    echo "# ${lines[0]}" >&3
    lost=$(store status --json 2> /dev/null | sed -n "s/.*\"from\": {\"name\": \"\(object-[0-9]*\)\"}.*/\1/p" | head -n 1)
    [ -n "$lost" ] || lost=$(store status --json 2> /dev/null | grep -o 'object-[0-9]*' | head -n 1)
    for verb in "get $lost" "put $lost /etc/hostname" "rm $lost" "verify" "ls"; do
        # shellcheck disable=SC2086
        run store $verb
        [ "$status" -eq 6 ]
    done
    run store repair --undo
    [ "$status" -eq 6 ]
    cp "$BATS_TEST_TMPDIR/intact" "$pages.old"
    store repair --undo
    [ "$(store ls | wc -l)" -eq 5001 ]
    store verify
}
