# SPDX-License-Identifier: BSD-2-Clause
# The commands repair and rebuild on damaged and intact stores.
load store_helper

# 300 objects in about ten pages, and two larger ones.
fill_pages() {
    for i in $(seq 300); do printf 'put --text name%03d %s-%d\n' "$i" "$(repeated 80 x)" "$i"; done > lines
    store batch lines
    make_file 100000 large
    store put large large
    store put larger large
}
# Flips a bit in the middle of a page.
flip_page() { # FILE PAGE
    python3 - "$1" "$2" <<'P'
import sys
with open(sys.argv[1], "r+b") as f:
    f.seek(int(sys.argv[2]) * 4096 + 2000)
    b = f.read(1)
    f.seek(-1, 1)
    f.write(bytes([b[0] ^ 1]))
P
}
# Damages a page that holds some objects, but not all; writes its number to "leaf".
damage_a_leaf() {
    for page in $(seq 2 40); do
        flip_page secrets/pages "$page"
        run --separate-stderr store ls
        if [ "$status" = 6 ] && [ "${#lines[@]}" -gt 200 ]; then echo "$page" > leaf; return; fi
        flip_page secrets/pages "$page"
    done
    return 1
}
# Prints the content file of the object.
payload_of() {
    for file in secrets/payloads/*; do
        cp "$file" kept
        printf XX | dd of="$file" bs=1 seek=50 conv=notrunc status=none
        run --separate-stderr store get "$1"
        cat kept > "$file"
        [ "$status" = 0 ] || { echo "$file"; return; }
    done
}

@test "rebuild: the same objects in fewer pages, under another epoch" {
    fill_pages
    store rm name150
    run --separate-stderr store status --json
    before=$(json 'd["store"]["epoch"], d["store"]["objects"]')
    run --separate-stderr store rebuild
    expect_success
    [[ $output == "rebuilt: 301 objects, "*" pages instead of "*", under new keys (generation "* ]]
    run --separate-stderr store status --json
    [ "$(json 'd["store"]["free_pages"], d["store"]["freshness_lost"]')" = "(0, None)" ]
    [ "$(json 'd["store"]["epoch"], d["store"]["objects"]')" != "$before" ]
    store get larger out
    cmp large out
    run --separate-stderr store verify
    expect_success
    [ ! -e secrets/pages.old ]
    run --separate-stderr store rebuild --json
    [ "$(json 'd["pages"] <= d["pages_before"], d["lost"]')" = "(True, [])" ]
    run --separate-stderr festore --storage ree rebuild
    expect_error 2 "rebuild: only a store can do that*"
    run --separate-stderr festore --store none rebuild
    [ "$status" != 0 ]
}
@test "a damaged page and content are dropped and named, their names refused, and restored after the bytes are put back" {
    fill_pages
    damage_a_leaf
    payload=$(payload_of large)
    cp "$payload" whole
    printf XX | dd of="$payload" bs=1 seek=50 conv=notrunc status=none
    run --separate-stderr store rebuild
    expect_error 6 "cannot rebuild the store: page "*"'festore repair --drop-damaged' makes it whole without what is damaged"
    run --separate-stderr store repair --drop-damaged < /dev/null
    expect_error 2 "repair: no terminal to confirm on*"
    run --separate-stderr store repair --drop-damaged --yes
    expect_error 4 "cannot drop what is damaged: "*" objects would be lost; "*" or use --most"
    run --separate-stderr store repair --drop-damaged --yes --json
    [ "$(json 'd["error"]["reason"]')" = much_lost ]
    store ls > before || true
    run --separate-stderr store repair --drop-damaged --most --yes
    expect_success
    [[ ${lines[0]} == "dropped: "*" of 302 objects" ]]
    [ "${lines[1]}" = "lost: 'large'" ]
    [[ ${lines[2]} == "lost: from 'name"*"' to before 'name"*"'" ]]
    name=$(sed "s/.*from '\([^']*\)'.*/\1/" <<< "${lines[2]}")
    run --separate-stderr store ls
    [ "$status" = 6 ]
    [ "$output" = "$(grep -vx large before)" ]
    [[ $stderr == *"the names from '$name' "*" were lost with damage that was dropped: "* ]]
    run --separate-stderr store ls --json
    [ "$(json '[m["dropped"] for m in d["missing"]]')" = "[True, True]" ]
    for verb in "get large" "stat large" "rm $name" "get $name" "mv $name other" "put large large" "put --if-absent $name large"; do
        run --separate-stderr store $verb
        [ "$status" = 6 ]
        [[ $stderr == *"was lost with damage that was dropped: "* ]]
    done
    run --separate-stderr store get unknown
    expect_error 3 "*"
    for verb in status verify; do
        run --separate-stderr store "$verb"
        [ "$status" = 6 ]
        [[ $stderr == *"the names 'large' were lost with damage that was dropped: "* ]]
    done
    run --separate-stderr store verify --clean
    [ "$status" = 6 ]
    [ -e "$payload" ]
    run --separate-stderr store repair --undo
    expect_error 6 "cannot undo the loss: page "*" of pages.old in the store at "*" is damaged, missing, or replaced by an older one"
    run --separate-stderr store rebuild
    expect_error 4 "cannot rebuild the store: names that were lost "*
    flip_page secrets/pages.old "$(cat leaf)"
    cat whole > "$payload"
    run --separate-stderr store repair --undo
    expect_success
    [ "$output" = "brought back what was dropped: 302 objects now" ]
    store get large out
    cmp large out
    run --separate-stderr store verify
    expect_success
    [ ! -e secrets/pages.old ]
    run --separate-stderr store repair --undo
    expect_error 4 "cannot undo the loss: nothing was dropped "*
    run --separate-stderr store repair --drop-damaged --yes
    expect_error 4 "cannot drop what is damaged: nothing in the store at "*" is damaged"
}
@test "lost names are given up by range, with one name of each" {
    fill_pages
    damage_a_leaf
    run --separate-stderr store repair --drop-damaged --most --yes --json
    [ "$(json 'd["dropped_objects"] > 5, len(d["lost"])')" = "(True, 1)" ]
    name=$(json 'd["lost"][0]["from"]["name"]')
    run --separate-stderr store repair --acknowledge unknown
    expect_error 4 "cannot acknowledge the loss of 'unknown': it is not among the lost names, or its loss is acknowledged"
    run --separate-stderr store repair --acknowledge
    expect_error 4 "*"
    run --separate-stderr store repair --acknowledge "${name}x"
    expect_success
    run --separate-stderr store get "$name"
    expect_error 3 "*"
    run --separate-stderr store verify
    expect_success
    [ ! -e secrets/pages.old ]
    echo anew | store put "$name"
    run --separate-stderr store repair --acknowledge "$name"
    expect_error 4 "*"
}
@test "a write-once object cannot be replaced by damaging it" {
    fill_pages
    echo once | store put --write-once name150k
    damage_a_leaf
    store repair --drop-damaged --most --yes
    run --separate-stderr store status --json
    name=$(json 'd["store"]["lost"][0]["from"]["name"]')
    store repair --acknowledge "$name"
    run --separate-stderr store put "$name" large
    expect_error 4 "cannot put '$name': the object was stored as write-once*"
    run --separate-stderr store status
    expect_success
    [[ $output == *"  lost               from '$name' to before '"*"' (acknowledged)"* ]]
}
@test "options that do not belong together" {
    for options in "--undo --acknowledge" "--drop-damaged --undo" "--most" "name" "--undo name"; do
        run --separate-stderr store repair $options
        [ "$status" = 2 ]
    done
}
@test "a record moves to the RPMB, if there is one, and not back" {
    fill_pages
    cp -a secrets before
    run --separate-stderr store rebuild --anchor rpm
    expect_error 2 "*"
    run --separate-stderr store rebuild --anchor rpmb
    expect_success
    [ "${lines[1]}" = "the store's record is in the RPMB now" ]
    run --separate-stderr store status --json
    [ "$(json 'd["store"]["anchor"], d["store"]["objects"], d["store"]["freshness_lost"]')" = "('rpmb', 302, None)" ]
    store get large out
    cmp large out
    run --separate-stderr store rebuild --anchor ree
    expect_error 4 "cannot rebuild the store: its record is in the RPMB, and moving it to ree would give up what that detects"
    run --separate-stderr festore --store before get large
    [ "$status" = 6 ]
    run --separate-stderr festore --store before repair --yes
    [ "$status" = 4 ]
}
