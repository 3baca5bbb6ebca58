# SPDX-License-Identifier: BSD-2-Clause
# --json: one object for every verb, as in docs/json.md, with an error in it if and only if the exit code is not 0.
load helper

keys='" ".join(d)'

setup() {
    need python3
    enter_folder
}
teardown() { [ "$FESTORE_TEE" = sim ] || remove_all; }

# expect_json CODE: expects that exit code, and the same code in the error.
expect_json() {
    [ "$status" = "$1" ]
    if [ "$1" = 0 ]; then
        [ "$(json '"error" in d')" = False ]
    else
        [ "$(json 'd["error"]["code"]')" = "$1" ]
        [ "festore: $(json 'd["error"]["message"]')" = "${stderr_lines[0]}" ]
    fi
}

@test "put" {
    run --separate-stderr festore put --json --write-once --removable "${PREFIX}a \"b\"" < "$0"
    expect_json 0
    [ "$(json "$keys")" = "name size version modified write_once kept" ]
    [ "$(json 'd["name"]')" = "${PREFIX}a \"b\"" ]
    [ "$(json '(d["size"], d["version"] > 0, d["write_once"], d["kept"])')" = "($(($(wc -c < "$0"))), True, True, False)" ]
}
@test "get, into a file" {
    printf 0123456789 | festore put "${PREFIX}digits"
    run --separate-stderr festore get --json "${PREFIX}digits" file --offset 2 --length 3
    expect_json 0
    [ "$(json "$keys")" = "name size offset length" ]
    [ "$(json '(d["size"], d["offset"], d["length"])')" = "(10, 2, 3)" ]
    [ "$(cat file)" = 234 ]
}
@test "stat" {
    echo | festore put "${PREFIX}é"
    run --separate-stderr festore --json stat "${PREFIX}é"
    expect_json 0
    [ "$(json "$keys")" = "name size version created modified write_once kept legacy storage" ]
    [ "$(json 'd["name"]')" = "${PREFIX}é" ]
    [ "$(json '(d["size"], d["version"] > 0, d["write_once"], d["kept"], d["legacy"])')" = "(1, True, False, False, False)" ]
    [[ $(json 'd["storage"]') == @(ree|rpmb|store) ]]
    [ "$(json "abs(d['modified'] - $(date +%s)) < 60 and d['created'] == d['modified']")" = True ]
}
@test "ls" {
    echo | festore put "${PREFIX}l/1"
    echo | festore put "${PREFIX}l/2"
    run --separate-stderr festore ls --json "${PREFIX}l/"
    expect_json 0
    [ "$(json "$keys")" = "objects damaged missing" ]
    [ "$(json '[o["name"] for o in d["objects"]]')" = "['${PREFIX}l/1', '${PREFIX}l/2']" ]
    [ "$(json '" ".join(d["objects"][0])')" = "name size version created modified write_once kept legacy" ]
    run --separate-stderr festore ls --json -l "${PREFIX}none"
    expect_json 0
    [ "$(json 'd["objects"]')" = "[]" ]
}
@test "rm" {
    echo | festore put "${PREFIX}1"
    echo | festore put "${PREFIX}2"
    run --separate-stderr festore rm --json "${PREFIX}1" "${PREFIX}missing" "${PREFIX}2"
    expect_json 3
    [ "$(json "$keys")" = "removed absent failed not_tried error" ]
    [ "$(json '[o["name"] for o in d["removed"]]')" = "['${PREFIX}1', '${PREFIX}2']" ]
    [ "$(json '[(o["name"], o["error"]["name"]) for o in d["failed"]]')" = "[('${PREFIX}missing', 'not_found')]" ]
    run --separate-stderr festore rm --json --force "${PREFIX}missing"
    expect_json 0
    [ "$(json '(d["removed"], [o["name"] for o in d["absent"]])')" = "([], ['${PREFIX}missing'])" ]
}
@test "status" {
    run --separate-stderr festore status --json
    expect_json 0
    [ "$(json "$keys")" = "festore tee library tee_version ta_version protocol identity object_bytes_max storage zero_huk predictable_huk huk_compared store allowed" ]
    [ "$(json '(d["tee"], d["object_bytes_max"])')" = "('$FESTORE_TEE', 524288)" ]
    [ "$(json '(sorted(d["storage"]), d["storage"]["ree"]["available"])')" = "(['ree', 'rpmb'], True)" ]
}
@test "status claims rollback protection only for an RPMB that is built in" {
    run --separate-stderr festore status --json
    expect_json 0
    [ "$(json '" ".join(d["storage"]["ree"])')" = "available rollback_protection_claimed rollback_protection" ]
    [ "$(json '(d["storage"]["ree"]["rollback_protection_claimed"], d["storage"]["ree"]["rollback_protection"])')" = "(0, 'none')" ]
    rpmb=$(json '(d["storage"]["rpmb"]["available"], d["storage"]["rpmb"]["rollback_protection_claimed"], d["storage"]["rpmb"]["rollback_protection"])')
    [ "$rpmb" = "(True, 1000, 'claimed')" ] || [ "$rpmb" = "(False, 0, 'none')" ]
    if [ "$FESTORE_TEE" != sim ]; then return; fi
    [ "$rpmb" = "(True, 1000, 'claimed')" ]
}
@test "status without an RPMB: it is neither available nor claimed" {
    need_sim "a TEE without RPMB"
    export FESTORE_SIM_DIR=$BATS_TEST_TMPDIR/tee FESTORE_SIM_OPTIONS="$FESTORE_SIM_OPTIONS --no-rpmb"
    mkdir "$FESTORE_SIM_DIR"
    run --separate-stderr festore status --json
    expect_json 0
    [ "$(json '[d["storage"]["rpmb"][k] for k in ("available", "rollback_protection_claimed", "rollback_protection")]')" = "[False, 0, 'none']" ]
    run --separate-stderr festore status
    [[ $output == *"storage rpmb"*" no"* ]]
}
@test "errors" {
    run --separate-stderr festore get --json "${PREFIX}missing" file
    expect_json 3
    [ "$(json '" ".join(d["error"])')" = "code name message tee_result tee_origin" ]
    [ "$(json '(d["error"]["name"], hex(d["error"]["tee_result"]))')" = "('not_found', '0xffff0008')" ]
    echo | festore put "${PREFIX}x"
    run --separate-stderr festore put --json --if-absent "${PREFIX}x" < /dev/null
    expect_json 4
    [ "$(json 'd["error"]["name"]')" = conflict ]
}
@test "usage errors, with --json in any position" {
    run --separate-stderr festore stat --json ""
    expect_json 2
    [ "$(json '" ".join(d["error"])')" = "code name message" ]
    [ "$(json 'd["error"]["name"]')" = usage ]
    run --separate-stderr festore --json
    expect_json 2
    run --separate-stderr festore ls --bad --json
    expect_json 2
    run --separate-stderr festore --tee qemu ls --json
    expect_json 2
}
@test "an error that quotes bytes that are not UTF-8 is still JSON" {
    run --separate-stderr festore put --json x $'caf\xe9'
    [ "$status" = 1 ]
    [ "$(json 'd["error"]["code"]')" = 1 ]
}
@test "doctor --root: a card, or only the TEE's files, without a TEE" {
    store=$repository/tests/ree_fs/samples/optee-4.5.0-arm64/store
    [ -d "$store" ] || skip "needs the samples"
    run --separate-stderr festore doctor --json --root "$store"
    [ "$status" = 10 ]
    [ "$(json '(list(d), d["serious"], [(f["id"], f["severity"]) for f in d["findings"]])')" = "(['findings', 'serious'], 1, [('zero-ssk', 'serious')])" ]
    mkdir -p card/var/lib card/etc/systemd/system
    cp -r "$store" card/var/lib/tee
    printf '[Service]\nExecStart=/usr/sbin/tee-supplicant\n' > card/etc/systemd/system/tee-supplicant.service
    run --separate-stderr festore --tee optee doctor --json --root card
    [ "$status" = 10 ]
    [ "$(json 'sorted((f["id"], f["severity"]) for f in d["findings"])')" = "[('supplicant-restart', 'warning'), ('ta-installed', 'unknown'), ('ta-signing-key', 'unknown'), ('zero-ssk', 'serious')]" ]
    rm -r card/var/lib/tee
    run --separate-stderr festore doctor --json --root card
    [ "$status" = 0 ]
    [ "$(json 'd["serious"]')" = 0 ]
}
