# SPDX-License-Identifier: BSD-2-Clause
# Changing the cipher of an existing store: rebuild --cipher.
load store_helper

# A store with AES-256-GCM and two contents in separate files, one of them kept.
fill_store() {
    store init --cipher aes-256-gcm
    echo small | store put small
    make_file 300000 large
    make_file 50000 kept
    store put large large
    store put --write-once kept kept
}
check_contents() {
    for name in large kept; do
        store get "$name" out
        cmp "$name" out
        rm out
    done
    [ "$(store get small)" = small ]
}
# The cipher in the header.
header_cipher() { od -An -tu1 -j12 -N1 secrets/festore.store | tr -d ' '; }

@test "rebuild --cipher: the same objects with another cipher, and back" {
    fill_store
    before=$(store ls --json)
    run --separate-stderr store rebuild --cipher chacha20-poly1305
    expect_success
    [[ ${lines[0]} == "rebuilt: 3 objects, "* ]]
    [ "${lines[1]}" = "its cipher is chacha20-poly1305 now, and was aes-256-gcm" ]
    [[ ${lines[2]} == "2 contents sealed anew, "* ]]
    [ "${#lines[@]}" = 3 ]
    check_contents
    [ "$(header_cipher)" = 2 ]
    [ "$(store ls --json)" = "$before" ]
    [ "$(ls secrets/payloads | wc -l)" = 2 ]
    run --separate-stderr store status --json
    [ "$(json 'd["store"]["cipher"], d["store"]["has_other_cipher"]')" = "('chacha20-poly1305', False)" ]
    run --separate-stderr store verify --json
    [ "$(json 'd["other_cipher"], d["unreferenced"]["files"]')" = "(0, 0)" ]
    run --separate-stderr store rm kept
    [ "$status" = 4 ]
    run --separate-stderr store rebuild --cipher chacha20-poly1305 --json
    [ "$(json 'd["resealed"]["objects"], d["has_other_cipher"]')" = "(0, False)" ]
    run --separate-stderr store rebuild --cipher aes-256-gcm --json
    [ "$(json 'd["resealed"], d["cipher"]')" = "({'objects': 2, 'content_bytes': 350000}, 'aes-256-gcm')" ]
    check_contents
}
@test "rebuild --cipher with a damaged content: it is named, the others are done, the same command continues" {
    fill_store
    large=$(find secrets/payloads -size +100k)
    cp "$large" whole
    printf XX | dd of="$large" bs=1 seek=50 conv=notrunc status=none
    run --separate-stderr store rebuild --cipher chacha20-poly1305
    expect_error 6 "cannot rebuild the store: contents still have the other cipher, since they are damaged: 'large'; all others are done. *"
    run --separate-stderr store status
    [[ $output == *"some contents may still be sealed with aes-256-gcm: 'festore rebuild --cipher chacha20-poly1305' goes on with them"* ]]
    run --separate-stderr store verify
    [ "$status" = 6 ]
    [[ $output == *"1 of them still sealed with the other cipher"* ]]
    store get kept out
    cmp kept out
    run --separate-stderr store rebuild
    expect_success
    [[ $output == *"'festore rebuild --cipher chacha20-poly1305' goes on with them" ]]
    cp whole "$large"
    run --separate-stderr store rebuild --cipher chacha20-poly1305
    expect_success
    [[ ${lines[1]} == "1 content sealed anew, "* ]]
    check_contents
}
@test "rebuild --cipher on a full disk: exit 8, the store stays intact, and it can be repeated" {
    fill_store
    # A limit on file size simulates a full disk.
    run --separate-stderr bash -c 'ulimit -f 150; trap "" XFSZ; exec "$FESTORE_BIN" --storage store rebuild --cipher chacha20-poly1305'
    expect_error 8 "cannot *"
    check_contents
    run --separate-stderr store rebuild --cipher chacha20-poly1305
    expect_success
    check_contents
}
@test "rebuild --cipher: killed at any moment, the same command continues" {
    fill_store
    for n in $(seq 12); do
        cipher=$([ $((n % 2)) = 1 ] && echo chacha20-poly1305 || echo aes-256-gcm)
        store rebuild --cipher "$cipher" > /dev/null 2>&1 &
        sleep "0.0$n"
        kill -9 "$!" 2> /dev/null || true
        wait "$!" || true
        check_contents
        store rebuild --cipher "$cipher" > /dev/null
        run --separate-stderr store status --json
        [ "$(json 'd["store"]["cipher"], d["store"]["has_other_cipher"]')" = "('$cipher', False)" ]
        check_contents
    done
}
@test "rebuild --cipher: wrong arguments" {
    run --separate-stderr store rebuild --cipher des
    expect_error 2 "rebuild: --cipher is aes-256-gcm or chacha20-poly1305, not 'des'*"
    run --separate-stderr store rebuild --cipher aes-256-gcm --anchor rpmb
    expect_error 2 "rebuild: --anchor and --cipher exclude each other: use one after the other*"
    run --separate-stderr festore --storage ree rebuild --cipher aes-256-gcm
    expect_error 2 "rebuild: only a store can do that*"
    run --separate-stderr store rebuild --cipher aes-256-gcm
    [ "$status" != 0 ]
}
