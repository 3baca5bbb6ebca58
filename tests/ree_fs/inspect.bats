#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# `festore inspect` as people and programs use it, on the sample of real OP-TEE. FESTORE_BIN names the command.

setup() {
    : "${FESTORE_BIN:?names the command to test}"
    sample="$BATS_TEST_DIRNAME/samples/optee-4.5.0-arm64"
    ta=7b9c1f6a-3d52-4c0e-9a41-5f2e8d0c1a77
    work="$(mktemp -d)"
    cp -r "$sample/store" "$work/store"
    chmod -R u+w "$work/store"
    printf '00000000000000000000000000000000\n' > "$work/huk"
}

teardown() { rm -rf "$work"; }

# flip FILE OFFSET: one byte of a file turned over
flip() {
    local old
    old="$(od -An -tu1 -j"$2" -N1 "$1" | tr -d ' ')"
    printf "\\x$(printf '%02x' $((old ^ 64)))" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

@test "inspect without a key shows files and sizes, but no names" {
    run "$FESTORE_BIN" inspect "$work/store"
    [ "$status" -eq 0 ]
    [[ "$output" == *"no key given"* ]]
    [[ "$output" == *"file 6: 413696 bytes on disk"*"content 200024 bytes"* ]]
    [[ "$output" != *epsilon* ]]
}

@test "inspect --json has the keys of docs/inspect.md, with and without a key" {
    keys() { python3 -c 'import json, sys; print(*sorted({k for f in json.load(sys.stdin)["files"] for k in f}))'; }
    [ "$("$FESTORE_BIN" inspect "$work/store" --json | keys)" = \
        "commits findings kind live_by_counters name regular size survey" ]
    [ "$("$FESTORE_BIN" inspect "$work/store" --json --huk-file "$work/huk" | keys)" = \
        "commits entry findings kind live_by_counters name object opened regular size" ]
}

@test "inspect with the key shows owners, names, sizes and hashes" {
    run "$FESTORE_BIN" inspect "$work/store" --huk-file "$work/huk"
    [ "$status" -eq 0 ]
    [[ "$output" == *"compatible derivation"* ]]
    [[ "$output" == *"TA $ta"* ]]
    sum="$(sha256sum < "$sample/contents/epsilon" | cut -d' ' -f1)"
    [[ "$output" == *"epsilon: 200000 bytes, sha256 $sum"* ]]
    [[ "$output" == *'ta_ver.db\x00'* ]]
    [[ "$output" != *"NOT verified"* ]]
}

@test "inspect takes the key raw, from standard input, of 16 or 32 bytes" {
    head -c 16 /dev/zero > "$work/raw"
    run "$FESTORE_BIN" inspect "$work/store" --huk-file "$work/raw"
    [ "$status" -eq 0 ]
    [[ "$output" == *"the key fits"* ]]
    run bash -c 'head -c 32 /dev/zero | "$1" inspect "$2" --huk-file -' - "$FESTORE_BIN" "$work/store"
    [ "$status" -eq 0 ]
    [[ "$output" == *"the key fits"* ]]
}

@test "inspect --extract writes every object, 0600, ids percent-encoded" {
    run "$FESTORE_BIN" inspect "$work/store" --huk-file "$work/huk" --extract "$work/out"
    [ "$status" -eq 0 ]
    for content in "$sample"/contents/*; do
        cmp "$content" "$work/out/$ta/$(basename "$content")"
    done
    [ -f "$work/out/00000000-0000-0000-0000-000000000000/ta_ver.db%00" ]
    [ "$(stat -c %a "$work/out/$ta/alpha")" = 600 ]
    [ "$(find "$work/out" -type f | wc -l)" -eq 9 ]
}

@test "inspect --extract overwrites nothing: exit 4, the rest is written" {
    mkdir -p "$work/out/$ta"
    echo mine > "$work/out/$ta/alpha"
    run "$FESTORE_BIN" inspect "$work/store" --huk-file "$work/huk" --extract "$work/out"
    [ "$status" -eq 4 ]
    [[ "$output" == *"alpha is there already and was not overwritten"* ]]
    [ "$(cat "$work/out/$ta/alpha")" = mine ]
    cmp "$sample/contents/beta" "$work/out/$ta/beta"
}

@test "inspect --extract follows no link in the folder that it writes to" {
    mkdir -p "$work/out/$ta" "$work/elsewhere"
    ln -s "$work/elsewhere/victim" "$work/out/$ta/alpha"
    run "$FESTORE_BIN" inspect "$work/store" --huk-file "$work/huk" --extract "$work/out"
    [ "$status" -eq 4 ]
    [ ! -e "$work/elsewhere/victim" ]
    rm -rf "$work/out"
    mkdir -p "$work/out"
    ln -s "$work/elsewhere" "$work/out/$ta"
    run "$FESTORE_BIN" inspect "$work/store" --huk-file "$work/huk" --extract "$work/out"
    [ "$status" -ne 0 ]
    [ -z "$(ls -A "$work/elsewhere")" ]
}

@test "inspect: a damaged block is exit 6, with its place; the object is not extracted, the others are" {
    # Block 0 of object alpha: version by trial, only one of the two is in use.
    flip "$work/store/2" 8200
    flip "$work/store/2" 12296
    run "$FESTORE_BIN" inspect "$work/store" --huk-file "$work/huk" --extract "$work/out"
    [ "$status" -eq 6 ]
    [[ "$output" == *"file 2: block 0 version "*"the block does not fit its tag"* ]]
    [ ! -e "$work/out/$ta/alpha" ]
    cmp "$sample/contents/gamma" "$work/out/$ta/gamma"
}

@test "inspect --json says the same to programs" {
    flip "$work/store/2" 8200
    flip "$work/store/2" 12296
    "$FESTORE_BIN" inspect "$work/store" --huk-file "$work/huk" --json > "$work/json" 2> "$work/err" || status=$?
    [ "${status:-0}" -eq 6 ]
    python3 - "$work/json" <<'PYTHON'
import json, sys
d = json.load(open(sys.argv[1]))
assert d["key"] == "fits" and d["derivation"] == "compatible" and d["damaged"] and d["listed"] and d["objects"] == 9
files = {f["name"]: f for f in d["files"]}
epsilon = files["6"]
assert epsilon["entry"]["id"] == "epsilon" and epsilon["object"]["size"] == 200000 and epsilon["opened"]["nodes"] == 49
assert epsilon["opened"]["head_rule"] == "first-half" and epsilon["opened"]["verified"]
bad = [f for f in d["files"] if f["findings"]]
assert [f["name"] for f in bad] == ["2"], bad
finding = bad[0]["findings"][0]
assert finding["severity"] == "damage" and finding["part"] == "block" and finding["number"] == 0
assert finding["offset"] in (8192, 12288) and finding["size"] == 4096
assert "object" not in files["2"] and files["0"]["entry"]["id_hex"] == "74612e646200"
PYTHON
}

@test "inspect: a missing file is exit 6 with the object's name; an extra file is shown and no damage" {
    mv "$work/store/3" "$work/store/99"
    run "$FESTORE_BIN" inspect "$work/store" --huk-file "$work/huk"
    [ "$status" -eq 6 ]
    [[ "$output" == *"object beta of TA $ta: its file 3 is missing"* ]]
    [[ "$output" == *"file 99: "*"made by TA $ta"* ]]
    mv "$work/store/99" "$work/store/3"
    echo hello > "$work/store/readme"
    run "$FESTORE_BIN" inspect "$work/store" --huk-file "$work/huk"
    [ "$status" -eq 0 ]
    [[ "$output" == *"readme: not part of the storage"* ]]
}

@test "inspect: a lost dirf.db is exit 6" {
    rm "$work/store/dirf.db"
    run "$FESTORE_BIN" inspect "$work/store"
    [ "$status" -eq 6 ]
    [[ "$output" == *"dirf.db is missing"* ]]
}

@test "inspect: another device's key is exit 5 and extracts nothing" {
    printf '0123456789abcdef0123456789abcdef\n' > "$work/other"
    run "$FESTORE_BIN" inspect "$work/store" --huk-file "$work/other" --extract "$work/out"
    [ "$status" -eq 5 ]
    [[ "$output" == *"this hardware unique key does not open $work/store"* ]]
    [ ! -e "$work/out" ]
}

@test "inspect: what is no key is exit 2, and never shown" {
    printf 'secret-that-must-not-be-shown\n' > "$work/bad"
    run "$FESTORE_BIN" inspect "$work/store" --huk-file "$work/bad"
    [ "$status" -eq 2 ]
    [[ "$output" == *"is not a hardware unique key"* ]]
    [[ "$output" != *secret* ]]
    run "$FESTORE_BIN" inspect "$work/store" --extract "$work/out"
    [ "$status" -eq 2 ]
    run "$FESTORE_BIN" inspect
    [ "$status" -eq 2 ]
}

@test "inspect: no such directory, a file, or some other directory: one clear line" {
    run "$FESTORE_BIN" inspect "$work/nowhere"
    [ "$status" -eq 1 ]
    [ "${#lines[@]}" -eq 1 ]
    [[ "$output" == *"No such file or directory"* ]]
    run "$FESTORE_BIN" inspect "$work/huk"
    [ "$status" -eq 1 ]
    run "$FESTORE_BIN" inspect "$work"
    [ "$status" -eq 1 ]
    [[ "$output" == *"is not a storage directory of OP-TEE"* ]]
}

@test "inspect: names that command a terminal are escaped; links and pipes are not opened" {
    touch "$work/store/$(printf 'a\033[31m')"
    ln -s /dev/zero "$work/store/55"
    mkfifo "$work/store/56"
    run timeout 20 "$FESTORE_BIN" inspect "$work/store" --huk-file "$work/huk"
    [ "$status" -eq 6 ]
    [[ "$output" != *$'\033'* ]]
    [[ "$output" == *'a\x1b[31m'* ]]
    [[ "$output" == *"not a regular file"* ]]
}

@test "inspect changes nothing" {
    before="$(cd "$work/store" && sha256sum * && stat -c '%n %s %Y %a' *)"
    "$FESTORE_BIN" inspect "$work/store" --huk-file "$work/huk" --extract "$work/out" > /dev/null
    after="$(cd "$work/store" && sha256sum * && stat -c '%n %s %Y %a' *)"
    [ "$before" = "$after" ]
}

@test "inspect reads a directory of a 32-bit OP-TEE 4.10" {
    run "$FESTORE_BIN" inspect "$BATS_TEST_DIRNAME/samples/optee-4.10.0-armv7/store" --huk-file "$work/huk"
    [ "$status" -eq 0 ]
    [[ "$output" == *"the key fits (compatible derivation; head rule first-half, layout padded)"* ]]
    [[ "$output" == *"TA b7e89fc1-5044-431e-b4c5-9fb6ae256423 (festore)"* ]]
    [[ "$output" == *": 30069 bytes, sha256"* ]]
    [[ "$output" != *"NOT verified"* ]]
}

@test "inspect: --extract makes no folder along another user's link, and no file in another user's folder" {
    [ "$(id -u)" -eq 0 ] || skip "needs root, to become another user"
    mkdir "$work/victim" "$work/out" "$work/out/$ta"
    ln -s "$work/victim" "$work/link"
    chown -h 65534 "$work/link" "$work/out/$ta"
    run "$FESTORE_BIN" inspect "$work/store" --huk-file "$work/huk" --extract "$work/link/new"
    [ "$status" -eq 5 ]
    [[ "$output" == *"'link' is a link of another user"* ]]
    [ -z "$(ls -A "$work/victim")" ]
    run "$FESTORE_BIN" inspect "$work/store" --huk-file "$work/huk" --extract "$work/out"
    [ "$status" -eq 5 ]
    [ -z "$(ls -A "$work/out/$ta")" ]
}

@test "inspect: what may not be read is exit 5, not damage" {
    [ "$(id -u)" -eq 0 ] || skip "needs root, to become another user"
    chmod 0711 "$work"
    chmod -R a+rX "$work/store"
    chmod 0644 "$work/huk"
    cp "$FESTORE_BIN" "$work/festore"
    chmod 0755 "$work/festore"
    other() { setpriv --reuid 65534 --regid 65534 --clear-groups "$work/festore" inspect "$work/store" "$@"; }
    run other --huk-file "$work/huk"
    [ "$status" -eq 0 ]
    chmod 0600 "$work/store/2"
    run other --huk-file "$work/huk"
    [ "$status" -eq 5 ]
    [[ "$output" == *"file 2: not permitted to be read"* ]]
    run other
    [ "$status" -eq 5 ]
    run other --json
    [ "$(grep -c '"denied": true' <<< "$output")" = 1 ]
    grep -A5 '"name": "2"' <<< "$output" | grep -q '"denied": true'
    chmod 0600 "$work/store/dirf.db"
    run other --huk-file "$work/huk" --json
    [ "$status" -eq 5 ]
    # Other files tell whether the key fits: those of OP-TEE itself.
    [[ "$output" == *'"key": "fits"'* ]]
    [[ "$output" != *"another device"* ]]
    flip "$work/store/3" 8200
    flip "$work/store/3" 12296
    chmod 0644 "$work/store/dirf.db"
    run other --huk-file "$work/huk"
    [ "$status" -eq 6 ]
}

@test "inspect without a key: what a power cut leaves is a note, exit 0" {
    : > "$work/store/20"
    head -c 4096 /dev/zero > "$work/store/21"
    run "$FESTORE_BIN" inspect "$work/store"
    echo "$output"
    [ "$status" -eq 0 ]
    [[ "$output" == *"note: head version 0"* ]]
}

@test "inspect --extract into the storage directory, or below it, is exit 2 and writes nothing" {
    mkdir "$work/store/sub"
    ln -s "$work/store/sub" "$work/link"
    before="$(find "$work/store" | sort)"
    for into in "$work/store" "$work/store/new" "$work/store/sub/new/er" "$work/store/../store/x" "$work/link" \
        "$work/link/y"; do
        run "$FESTORE_BIN" inspect "$work/store" --huk-file "$work/huk" --extract "$into"
        [ "$status" -eq 2 ]
        [[ "$output" == *"outside of it"* ]]
    done
    [ "$(find "$work/store" | sort)" = "$before" ]
    rmdir "$work/store/sub"
    run "$FESTORE_BIN" inspect "$work/store" --huk-file "$work/huk" --extract "$work/store-beside"
    [ "$status" -eq 0 ]
}

@test "inspect: a key given instead of its file's name is not shown" {
    for key in 00112233445566778899aabbccddeeff 0x00112233445566778899AABBCCDDEEFF \
        00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff; do
        run "$FESTORE_BIN" inspect "$work/store" --huk-file "$key"
        [ "$status" -ne 0 ]
        [[ "$output" != *"$key"* ]]
        [[ "$output" == *"never the key"* ]]
    done
}
