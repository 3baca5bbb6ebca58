#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# The least that an emulated machine must do: put and get in each storage it has, as a user too.

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

@test "another user sees nothing of it" {
    festore put smoke /etc/passwd
    run setpriv --reuid alice --regid alice --init-groups festore get smoke
    [ "$status" -eq 3 ]
    festore rm smoke
}
