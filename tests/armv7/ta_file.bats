#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# The TA in this machine is, byte for byte, the file made with the board's dev kit. Runs in the emulated armv7 machine.
# TA_SHA256: the file's hash on the host.

name=b7e89fc1-5044-431e-b4c5-9fb6ae256423.ta

@test "the machine's TA file is the one from the board's dev kit" {
    hash=$(sha256sum < "/usr/lib/optee_armtz/$name" | cut -d' ' -f1)
    echo "# SHA-256 of $name: $hash" >&3
    [ "$hash" = "${TA_SHA256:?}" ]
    cmp "/host/build/ta/armhf/ta/$name" "/usr/lib/optee_armtz/$name"
    [ "$(find /lib/optee_armtz/ /usr/lib/tee-supplicant -name "$name" 2> /dev/null | wc -l)" = 1 ]
}

@test "that file is what OP-TEE runs" {
    festore put ta-file /etc/hostname
    festore get ta-file | cmp - /etc/hostname
    festore rm ta-file
    # Without the file there is no TA: this OP-TEE has none built in.
    mv "/usr/lib/optee_armtz/$name" /tmp/away
    run festore ls
    mv /tmp/away "/usr/lib/optee_armtz/$name"
    [ "$status" -eq 7 ]
}
