#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# After a clean power-off and a new start on the same disk.
. "$BATS_TEST_DIRNAME/objects.bash"

@test "after the reboot: the boot identifier has changed" {
    [ "$(cat /var/lib/reboot-test)" != "$(cat /proc/sys/kernel/random/boot_id)" ]
}

@test "after the reboot: every object is as it was stored" {
    for object in $objects; do
        IFS=: read -r owner name size <<< "$object"
        as "$owner" get "$name" | cmp - <(content "$name" "$size")
    done
    festore get replaced | cmp - /etc/group
    [[ $(festore stat --json replaced) == *'"version": 2'* ]]
}

@test "after the reboot: objects still belong to their owners only, and write-once still holds" {
    run as alice get demo
    [ "$status" -eq 3 ]
    run festore get hers
    [ "$status" -eq 3 ]
    run festore put fixed /etc/group
    [ "$status" -eq 4 ]
}
