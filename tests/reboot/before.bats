#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# Stores objects; then the machine is powered off cleanly, and started again for after.bats.
. "$BATS_TEST_DIRNAME/objects.bash"

@test "before the reboot: objects of root, a user, a group and the public are stored" {
    cut -c1-36 /proc/sys/kernel/random/boot_id > /var/lib/reboot-test
    for object in $objects; do
        IFS=: read -r owner name size <<< "$object"
        content "$name" "$size" | as "$owner" put "$name"
    done
    festore put --write-once fixed /etc/hostname
    festore put replaced /etc/passwd
    festore put replaced /etc/group
}
