#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# The command `festore inspect` on a sample store, which needs no TEE. FESTORE_BIN: the command.
bats_require_minimum_version 1.5.0

setup() {
    : "${FESTORE_BIN:?names the command to test}"
    work="$(mktemp -d)"
    cp -r "$BATS_TEST_DIRNAME/samples/1.0/." "$work"
    chmod -R u+w "$work"
    printf '00000000000000000000000000000000\n' > "$work/huk"
}

teardown() { rm -rf "$work"; }

# flip FILE OFFSET: flips a bit of that byte
flip() {
    local old
    old="$(od -An -tu1 -j"$2" -N1 "$1" | tr -d ' ')"
    printf "\\x$(printf '%02x' $((old ^ 64)))" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

@test "inspect of a store without a key: owner, anchor, cipher, pages, payloads, but no names" {
    run "$FESTORE_BIN" inspect "$work/store"
    echo "$output"
    [ "$status" -eq 0 ]
    [[ "$output" == *"store of user fc34275c-d8dd-5ba7-968b-504718363b87"* ]]
    [[ "$output" == *"anchor ree, cipher aes-256-gcm, made by the simulated TEE"* ]]
    [[ "$output" == *"pages: 49152 bytes, 12 pages"* ]]
    [[ "$output" == *"payloads: 2 files, 71564 bytes"* ]]
    [[ "$output" != *inline* ]]
}

@test "inspect of a store with the key: reads a recovery copy, which does not prove freshness" {
    run bash -c 'head -c 16 /dev/zero | "$1" inspect "$2" --huk-file -' - "$FESTORE_BIN" "$work/store"
    echo "$output"
    [ "$status" -eq 0 ]
    [[ "$output" == *"the key fits"* ]]
    [[ "$output" == *"from the recovery copy in page 1: no proof that it is the newest"* ]]
    [[ "$output" == *"all verified"* ]]
    [[ "$output" == *"32 objects, 77942 bytes"* ]]
    [[ "$output" == *"small payload: 1500 bytes, version 1, "*", write-once, sha256 "* ]]
}

@test "inspect --tee-storage reads the current root record; --extract writes the contents" {
    run "$FESTORE_BIN" inspect "$work/store" --huk-file "$work/huk" --tee-storage "$work/tee" --extract "$work/out"
    echo "$output"
    [ "$status" -eq 0 ]
    [[ "$output" == *"generation 13"*"the one in force, from the TEE's storage"* ]]
    [[ "$output" == *"extracted 32 objects"* ]]
    sum="$(sha256sum < "$work/out/gr%C3%B6%C3%9Fe%2Fpayload" | cut -d' ' -f1)"
    [[ "$output" == *"größe/payload: 70000 bytes, "*"sha256 $sum"* ]]
    [ "$(stat -c %a "$work/out/small%20payload")" = 600 ]
    [ "$(find "$work/out" -type f | wc -l)" -eq 32 ]
}

@test "inspect reads a store written by a real OP-TEE, with both ciphers, and finds exactly its objects" {
    command -v python3 > /dev/null || skip "needs python3"
    local sample sums id
    for sums in "$BATS_TEST_DIRNAME"/../store_samples/*/*.sha256; do
        sample="$(dirname "$sums")" id="$(basename "$sums" .sha256)"
        "$FESTORE_BIN" inspect "$sample/$id" --huk-file "$work/huk" --tee-storage "$sample/tee" --json > "$work/json"
        python3 - "$sums" "$work/json" << 'EOF'
import json, sys
expected = dict(reversed(line.rstrip("\n").split("  ", 1)) for line in open(sys.argv[1]))
found = {o["name"]: o["sha256"] for o in json.load(open(sys.argv[2]))["objects"]}
sys.exit(found != expected and f"{sys.argv[1]}: {found.items() ^ expected.items()}")
EOF
    done
    [ -n "$id" ]
}

@test "inspect of a store: an altered page gives exit 6 and its place, the rest is still readable" {
    page=$(("$FESTORE_BIN" inspect "$work/store" --huk-file "$work/huk" --json) | python3 -c '
import json, sys
free = [n for first, last in json.load(sys.stdin)["pages"]["not_in_use"] for n in range(first, last + 1)]
print(next(n for n in range(2, 12) if n not in free))')
    flip "$work/store/pages" $((page * 4096 + 99))
    run "$FESTORE_BIN" inspect "$work/store" --huk-file "$work/huk" --tee-storage "$work/tee"
    echo "$output"
    [ "$status" -eq 6 ]
    [[ "$output" == *"pages: page $page (offset $((page * 4096)), 4096 bytes): not the page that belongs here, or altered"* ]]
    [[ "$output" == *"NOT verified"* ]]
}

@test "inspect of a store: an altered payload gives exit 6, is named with its object, and is not extracted" {
    flip "$work/store/payloads/b74ce3ad1391143fa52ebb4499c7dee0" 40000
    run "$FESTORE_BIN" inspect "$work/store" --huk-file "$work/huk" --extract "$work/out"
    echo "$output"
    [ "$status" -eq 6 ]
    [[ "$output" == *"segment 1 (offset 32784, 32784 bytes), of object größe/payload: does not open"* ]]
    [ ! -e "$work/out/gr%C3%B6%C3%9Fe%2Fpayload" ]
    [ -e "$work/out/small%20payload" ]
}

@test "inspect of a store: another key gives exit 5; a page file of odd size, or no header, gives exit 6" {
    printf '0123456789abcdef0123456789abcdef\n' > "$work/other"
    run "$FESTORE_BIN" inspect "$work/store" --huk-file "$work/other"
    [ "$status" -eq 5 ]
    [[ "$output" == *"this hardware unique key does not open $work/store"* ]]
    printf x >> "$work/store/pages"
    run "$FESTORE_BIN" inspect "$work/store"
    [ "$status" -eq 6 ]
    [[ "$output" == *"not a whole number of pages"* ]]
    rm "$work/store/festore.store"
    run "$FESTORE_BIN" inspect "$work/store"
    [ "$status" -eq 6 ]
    [[ "$output" == *"festore.store: missing"* ]]
}

@test "inspect of a store: links and pipes are not followed, strange names are escaped" {
    rm "$work/store/payloads/29e395245f7ed4f21cca9aca125f18ad"
    ln -s /dev/zero "$work/store/payloads/29e395245f7ed4f21cca9aca125f18ad"
    mkfifo "$work/store/payloads/$(printf 'a\033[31m')"
    run timeout 20 "$FESTORE_BIN" inspect "$work/store" --huk-file "$work/huk"
    echo "$output"
    [ "$status" -eq 6 ]
    [[ "$output" != *$'\033'* ]]
    [[ "$output" == *'payloads/a\x1b[31m: not part of the store'* ]]
    [[ "$output" == *"of object small payload: missing, or not a regular file"* ]]
}

@test "inspect of a store changes nothing" {
    state() { (cd "$work/store" && find . -type f -exec sha256sum {} + | sort && find . -exec stat -c '%n %s %Y %a' {} + | sort); }
    before="$(state)"
    "$FESTORE_BIN" inspect "$work/store" --huk-file "$work/huk" --tee-storage "$work/tee" --extract "$work/out" > /dev/null
    [ "$before" = "$(state)" ]
}

@test "inspect of a store: a file without read permission gives exit 5, not damage" {
    [ "$(id -u)" -eq 0 ] || skip "needs root, to become another user"
    chmod -R a+rX "$work"
    chmod 0711 "$work"
    cp "$FESTORE_BIN" "$work/festore"
    chmod 0755 "$work/festore"
    other() { setpriv --reuid 65534 --regid 65534 --clear-groups "$work/festore" inspect "$work/store" "$@"; }
    run other --huk-file "$work/huk"
    [ "$status" -eq 0 ]
    chmod 0600 "$work/store/payloads/29e395245f7ed4f21cca9aca125f18ad"
    run other --huk-file "$work/huk"
    echo "$output"
    [ "$status" -eq 5 ]
    [[ "$output" == *"29e395245f7ed4f21cca9aca125f18ad: not permitted to be read"* ]]
    chmod 0700 "$work/store/payloads"
    run other --huk-file "$work/huk"
    echo "$output"
    [ "$status" -eq 5 ]
    chmod 0600 "$work/store/pages"
    run other --huk-file "$work/huk"
    echo "$output"
    [ "$status" -eq 5 ]
}

# The command makes a store, and inspect reads the same contents.
@test "inspect reads the contents that the command stored" {
    "$FESTORE_BIN" --help | grep -q -- '--store' || skip "this command makes no stores"
    [ "${FESTORE_TEE:-sim}" = sim ] || skip "needs the simulated TEE"
    export FESTORE_SIM_DIR=$work/sim FESTORE_SIM_OPTIONS="--idle 2"
    head -c 100000 /dev/urandom > "$work/content"
    "$FESTORE_BIN" --tee sim --store "$work/made" put large "$work/content" 3>&- 4>&-
    "$FESTORE_BIN" --tee sim --store "$work/made" put small "$work/huk" 3>&- 4>&-
    run "$FESTORE_BIN" inspect "$work/made" --huk-file "$work/huk" --extract "$work/out"
    echo "$output"
    [ "$status" -eq 0 ]
    cmp "$work/content" "$work/out/large"
    cmp "$work/huk" "$work/out/small"
}
