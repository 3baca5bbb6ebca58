#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# Minimal test of an emulated machine: put and get in each of its storages, and as another user.

@test "put and get in ree" {
    festore put smoke /etc/passwd
    festore get smoke | cmp - /etc/passwd
    festore rm smoke
}

@test "put and get in rpmb" {
    festore --storage rpmb put smoke /etc/passwd
    festore --storage rpmb get smoke | cmp - /etc/passwd
    run festore get smoke
    [ "$status" -eq 3 ]
    festore --storage rpmb rm smoke
}

@test "another user does not see root's object" {
    festore put smoke /etc/passwd
    run setpriv --reuid alice --regid alice --init-groups festore get smoke
    [ "$status" -eq 3 ]
    festore rm smoke
}
