#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# RPMB absent, without a key, with a foreign key, in use, and full. Runs in the emulated armv7 machine, freshly booted with a
# fresh disk. The order matters: OP-TEE remembers a device that has worked.

setup_file() {
    [ -e /usr/lib/machine/rpmb.so ] && [ "$(id -u)" = 0 ] || { echo "these tests run as root in qemu-armv7" >&2; return 1; }
    [ ! -e /var/lib/machine/rpmb ] || { echo "these tests need a fresh disk" >&2; return 1; }
    export FESTORE_RPMB_SIZE=1
    festore put in-ree /etc/passwd
}

rpmb() { festore --storage rpmb "$@"; }

device() { # MODE
    FESTORE_RPMB=$1 supplicant restart 3>&-
}

refused() { # EXIT_CODE ARGUMENTS...: expects one line with the reason; the other storage still works
    local code=$1
    shift
    run rpmb "$@"
    echo "$output"
    [ "$status" -eq "$code" ]
    [ "$(wc -l <<< "$output")" -eq 1 ]
    [[ $output == *RPMB* ]]
    festore get in-ree | cmp - /etc/passwd
}

doctor_says() { # TEXT
    run festore doctor --json
    grep -A3 '"id": "replay-protection"' <<< "$output" | grep "$1"
}

@test "no device: exit code 7, and the storage ree works" {
    device absent
    refused 7 put x /etc/passwd
    refused 7 get x
    refused 7 ls
    doctor_says 'does not answer'
}

# OP-TEE ends the trusted application that asks the RPMB; each command survives that.
@test "no device: a store under ree is created without the RPMB's answer and marked; root declares that there is no RPMB" {
    device absent
    store() { festore --storage store --store /var/lib/unasked "$@"; }
    run store put a /etc/passwd
    [ "$status" -eq 7 ]
    store init --anchor ree
    store put a /etc/passwd
    store get a | cmp - /etc/passwd
    store status | grep -q "made without an answer from the RPMB"
    run festore rpmb --none
    echo "$output"
    [ "$status" -eq 7 ]
    festore rpmb --none --without-asking
    store get a | cmp - /etc/passwd
    store destroy --yes
    echo x | store put b
    [ "$(store status | grep -c "made without")" = 0 ]
    festore rpmb --ask
    run store get b
    echo "$output"
    [ "$status" -eq 7 ]
    festore rpmb --none --without-asking
    store destroy --yes
    festore rpmb --ask
}

@test "a device without a key, which OP-TEE may not program: exit code 7" {
    device no-key
    refused 7 put x /etc/passwd
    refused 7 get x
    refused 7 ls
    doctor_says 'does not answer'
}

@test "a device with a foreign key: exit code 7" {
    device normal
    device foreign-key
    refused 7 put x /etc/passwd
    refused 7 get x
    refused 7 ls
    doctor_says 'does not answer'
}

@test "a usable device: its objects are separate from those in ree" {
    device normal
    rpmb put x /etc/passwd
    rpmb get x | cmp - /etc/passwd
    run festore get x
    [ "$status" -eq 3 ]
    rpmb put x /etc/hostname
    rpmb get x | cmp - /etc/hostname
    [ "$(rpmb ls)" = x ]
    doctor_says 'the RPMB that answers is not a device, but an emulation'
}

@test "restarting tee-supplicant loses nothing of the device's content" {
    device normal
    rpmb get x | cmp - /etc/hostname
}

@test "full: exit code 8, existing objects stay, and removing one makes room" {
    head -c 20000 /dev/urandom > "$BATS_TEST_TMPDIR/piece"
    stored=0
    while [ "$stored" -lt 20 ]; do
        code=0
        rpmb put "piece-$stored" "$BATS_TEST_TMPDIR/piece" 2> "$BATS_TEST_TMPDIR/error" || code=$?
        [ "$code" = 0 ] || break
        stored=$((stored + 1))
    done
    cat "$BATS_TEST_TMPDIR/error"
    [ "$code" -eq 8 ]
    [ "$stored" -ge 3 ]
    [ "$(wc -l < "$BATS_TEST_TMPDIR/error")" -eq 1 ]
    for ((i = 0; i < stored; i++)); do rpmb get "piece-$i" | cmp - "$BATS_TEST_TMPDIR/piece"; done
    run rpmb get "piece-$stored"
    [ "$status" -eq 3 ]
    rpmb rm piece-0
    rpmb put again "$BATS_TEST_TMPDIR/piece"
    rpmb get again | cmp - "$BATS_TEST_TMPDIR/piece"
}
