#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# tools/bootlog on logs of the board: logs/ has logs in the formats of the firmware's versions; the tests damage them in the
# ways that captures get damaged.
bats_require_minimum_version 1.5.0

setup() {
    cd "$BATS_TEST_DIRNAME"
    bootlog=../../tools/bootlog
    log=$BATS_TEST_TMPDIR/log
}

versions() { # the stages that came up, with their versions, on one line
    "$bootlog" --json "$@" | python3 -c 'import json, sys
r = json.load(sys.stdin)
print(" ".join(s["stage"] + ":" + (s["version"] or "-") for s in r["stages"] if s["seen"]))'
}
findings() {
    "$bootlog" --json "$@" | python3 -c 'import json, sys
print(" ".join(f["id"] for f in json.load(sys.stdin)["findings"]))'
}
field() { # EXPRESSION OPTION...: prints a Python expression about the report r
    "$bootlog" --json "${@:2}" | python3 -c 'import json, sys
r = json.load(sys.stdin)
print(eval(sys.argv[1]))' "$1"
}
today=bl2:2.12.1\ optee:4.10.0\ uboot:2025.01\ linux:6.12.117\ tee:-

@test "a log of today's versions" {
    run "$bootlog" logs/dk2-today.log
    [ "$status" -eq 0 ]
    [[ $output == *"up       TF-A BL2    2.12.1     line 11: v2.12.1(release):debian"* ]]
    [[ $output == *"up       TEE driver             line 46: with OP-TEE 4.10"* ]]
    [[ $output != *MISSING* && $output != *serious* ]]
    [ "$(versions logs/dk2-today.log)" = "$today" ]
    [ "$(field 'r["boots"], r["boot"], r["missing"], r["in_order"]' logs/dk2-today.log)" = "(1, 1, [], True)" ]
    [ "$(field 'r["machine"]["cpu"], r["machine"]["board"]' logs/dk2-today.log)" = \
        "('STM32MP157FAC Rev.Z', 'MB1272 Var4.0 Rev.C-03')" ]
    [ "$(findings logs/dk2-today.log)" = "" ]
}

@test "a log of TF-A 2.8, OP-TEE 3.19 and U-Boot 2022" {
    run "$bootlog" logs/dk2-2022.log
    [ "$status" -eq 0 ]
    [ "$(versions logs/dk2-2022.log)" = "bl2:2.8 optee:3.19.0 uboot:2022.10 linux:5.15.67 tee:-" ]
    [ "$(findings logs/dk2-2022.log)" = "optee-old optee-insecure power-weak environment-default" ]
    [ "$(field '[f["count"] for f in r["findings"] if f["id"] == "power-weak"]' logs/dk2-2022.log)" = "[2]" ]
}

@test "a log cut after any line lists the stages before it, with exit code 6 unless it reaches the driver" {
    local total n seen=0 now
    total=$(wc -l < logs/dk2-today.log)
    for ((n = 0; n <= total; n += 4)); do
        head -n "$n" logs/dk2-today.log > "$log"
        run "$bootlog" "$log"
        now=$(grep -c '^  up ' <<< "$output" || true)
        [ "$now" -ge "$seen" ]
        seen=$now
        [ "$status" -eq $((seen == 5 ? 0 : 6)) ]
        [ "$(grep -c '^  MISSING ' <<< "$output" || true)" -eq $((5 - seen)) ]
    done
    [ "$seen" = 5 ]
    # Cut in the middle of a line.
    head -c 700 logs/dk2-today.log > "$log"
    [ "$(versions "$log")" = "bl2:2.12.1 optee:4.10.0" ] || [ "$(versions "$log")" = bl2:2.12.1 ]
}

@test "each absent stage is reported as missing, by its name" {
    local stage pattern
    for stage in bl2:BL2 optee:OP-TEE\ version uboot:U-Boot\ 20 linux:Linux\ version tee:initialized\ driver; do
        pattern=${stage#*:}
        grep -v "$pattern" logs/dk2-today.log > "$log"
        run "$bootlog" --json "$log"
        [ "$status" -eq 6 ]
        [ "$(field 'r["missing"]' "$log")" = "['${stage%%:*}']" ]
    done
}

@test "a machine without one of the stages" {
    grep -v "U-Boot 20" logs/dk2-today.log > "$log"
    run "$bootlog" --stages bl2,optee,linux,tee "$log"
    [ "$status" -eq 0 ]
    [[ $output != *U-Boot* ]]
}

@test "line ends of DOS, and none at the end" {
    sed 's/$/\r/' logs/dk2-today.log > "$log"
    [ "$(versions "$log")" = "$today" ]
    tr '\n' '\r' < logs/dk2-today.log > "$log"
    [ "$(versions "$log")" = "$today" ]
    head -n 46 logs/dk2-today.log | head -c -1 > "$log"
    [ "$(versions "$log")" = "$today" ]
}

@test "lines with time stamps, of several kinds" {
    local stamp
    for stamp in '[2026-11-26 03:00:00.123] ' '03:00:00 ' '2026-11-26T03:00:00.123456+00:00 ' '[      12.345678] '; do
        sed "s/^/$stamp/" logs/dk2-2022.log > "$log"
        [ "$(versions "$log")" = "bl2:2.8 optee:3.19.0 uboot:2022.10 linux:5.15.67 tee:-" ]
        [ "$(findings "$log")" = "$(findings logs/dk2-2022.log)" ]
    done
}

@test "noise from plugging in the line, colours, NULs" {
    {
        head -c 5000 /dev/zero
        printf '\xff\xfe\x80\xc3(\x1b[2J\x1b[1;31m'
        sed 's/^\(.*\)$/\x1b[32m\1\x1b[0m\x00/; s/OP-TEE version/OP\x1b[1m-TEE version/; 3i \xf0\xff\x9f garbage' logs/dk2-today.log
        head -c 3000 /dev/urandom | tr -d '\n'
    } > "$log"
    [ "$(versions "$log")" = "$today" ]
    run "$bootlog" "$log"
    [ "$status" -eq 0 ]
    [[ $output != *$'\x1b'* ]]
}

@test "only noise" {
    head -c 300000 /dev/urandom > "$log"
    run "$bootlog" "$log"
    [ "$status" -eq 6 ]
    head -c 3000000 /dev/zero | tr '\0' x > "$log"
    run "$bootlog" "$log"
    [ "$status" -eq 6 ]
}

@test "lines of one world that run into another world's lines" {
    cat > "$log" <<'LOG'
NOTICE:  BL2: v2.12.1(release):debianNOTICE:  BL2: Built : 
xxI/TC: OP-TEE version: 4.10.0 (gcc) #1 armI/TC: Primary CPU initializing
I/TC: Reserved sharedU-Boot 2025.01-3 (Apr 07 2025)
I/TC: sess[    0.000000] Linux version 6.12.117+deb13-armmp (debian)I/TC: x
[    3.1] opt[    3.114377] optee: initialized driver
LOG
    [ "$(versions "$log")" = "$today" ]
    [ "$(field 'r["stages"][0]["text"], r["stages"][1]["text"]' "$log")" = "('v2.12.1(release):debian', '4.10.0 (gcc) #1 arm')" ]
}

@test "several boots: the last one is examined, or the given one" {
    { cat logs/dk2-2022.log logs/dk2-today.log; head -n 20 logs/dk2-today.log; } > "$log"
    run "$bootlog" "$log"
    [ "$status" -eq 6 ]
    [[ $output == "boot 3 of 3 in this log"* ]]
    [ "$(versions "$log")" = "bl2:2.12.1 optee:4.10.0" ]
    [ "$(versions --boot 2 "$log")" = "$today" ]
    run "$bootlog" --boot 1 "$log"
    [ "$status" -eq 0 ]
    run "$bootlog" --boot 4 "$log"
    [ "$status" -eq 1 ]
    [[ $output == *"there is no boot 4; the log has 3"* ]]
}

@test "a capture that begins in the middle of a boot, then a restart" {
    { tail -n 10 logs/dk2-today.log; echo '[   99.1] reboot: Restarting system'; cat logs/dk2-today.log; } > "$log"
    [ "$(field 'r["boots"]' "$log")" = 2 ]
    [ "$(versions "$log")" = "$today" ]
    [ "$(versions --boot 1 "$log")" = "tee:-" ]
}

@test "stages in another order" {
    { grep 'BL2: v' logs/dk2-today.log; grep 'U-Boot 20' logs/dk2-today.log; grep 'OP-TEE version' logs/dk2-today.log; } > "$log"
    [ "$(field 'r["in_order"]' "$log")" = False ]
    [ "$(findings "$log")" = "order" ]
}

@test "a device key on the console is detected, and not shown" {
    sed '/HUK locked/a D/TC:0 0 tee_otp_get_hw_unique_key:215 2ffd5a40  de ad be ef 01 23 45 67  89 ab cd ef 11 22 33 44 ' \
        logs/dk2-today.log > "$log"
    run "$bootlog" "$log"
    [[ $output == *"unique key was printed on the console"* ]]
    [[ $output != *"de ad"* ]]
    [ "$(findings "$log")" = "huk-printed debug-log" ]
    # Old kits print no function name.
    sed '/HUK locked/a D/TC:0 0 215 2ffd5a40  de ad be ef 01 23 45 67  89 ab cd ef 11 22 33 44 ' logs/dk2-today.log > "$log"
    [ "$(findings "$log")" = "huk-printed debug-log" ]
    run "$bootlog" --json "$log"
    [[ $output != *"de ad"* ]]
    # Other dumps are not the key.
    echo 'D/TC:0 0 other:9 2ffd5a40  de ad be ef 01 23 45 67  89 ab cd ef 11 22 33 44 ' | cat logs/dk2-today.log - > "$log"
    [ "$(findings "$log")" = "debug-log" ]
}

@test "a device key of zeros" {
    sed 's/HUK locked/HUK unlocked/; /HUK unlocked/a D/TC:0 0 tee_otp_get_hw_unique_key:215 2ffd5a40  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00 ' \
        logs/dk2-today.log > "$log"
    [ "$(findings "$log")" = "huk-printed huk-zero huk-unlocked debug-log" ]
}

@test "every other finding is detected by its message of the firmware" {
    while IFS='|' read -r id line; do
        { cat logs/dk2-today.log; echo "$line"; } > "$log"
        [ "$(findings "$log")" = "$id" ] || { echo "$id: $(findings "$log")"; return 1; }
    done <<'LINES'
storage-insecure|I/TC: WARNING (insecure configuration): Failed to get monotonic counter for REE FS, using 0
authentication-failed|NOTICE:  Bootrom authentication failed
debug-open|WARNING: ***Debug opened on closed chip***
tfa-panic|PANIC at PC : 0x2ffea213
tfa-error|ERROR:   BL2: Failed to load image id 5 (-2)
fwu-metadata|WARNING: CRC check failed on FWU metadata
power-weak|*   WARNING 1.5A power supply detected    *
power-weak|USB TYPE-C charger not compliant with specification
optee-panic|E/TC:0 0 Panic 'unable to get the key' at core/kernel/huk.c:42 <huk_init>
ta-panic|E/TC:? 0 TA panicked with code 0xffff000f
kernel-panic|[    5.0] Kernel panic - not syncing: No working init found.
no-root|[    5.0] VFS: Unable to mount root fs on unknown-block(0,0)
driver-failed|[    3.0] optee firmware:optee: probe with driver optee failed with error -22
supplicant-failed|[FAILED] Failed to start tee-supplicant.service - TEE Supplicant.
card-errors|[    9.0] I/O error, dev mmcblk0, sector 2048 op 0x0:(READ)
environment-default|*** Warning - bad CRC, using default environment
LINES
}

@test "standard input, a missing file, a wrong option" {
    run "$bootlog" - < logs/dk2-today.log
    [ "$status" -eq 0 ]
    run --separate-stderr "$bootlog" "$BATS_TEST_TMPDIR/none"
    [ "$status" -eq 1 ]
    [[ $stderr == "tools/bootlog: "*": No such file or directory" ]]
    run "$bootlog" --stages bl2,moon logs/dk2-today.log
    [ "$status" -eq 2 ]
    run "$bootlog"
    [ "$status" -eq 2 ]
    run "$bootlog" --help
    [ "$status" -eq 0 ]
}
