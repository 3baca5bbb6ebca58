#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# Reads the store of write.bats, on another machine with the same hardware key.

@test "the store moved with the TEE's storage opens, is complete, and can be changed" {
    supplicant stop
    rm -rf /var/lib/optee-client/data/tee /var/lib/festore/uid-0
    mkdir -p /var/lib/festore
    tar -C /var/lib/festore -xf "$MOVED/store.tar"
    tar -C /var/lib/optee-client/data -xf "$MOVED/tee.tar"
    supplicant start 3>&-
    [ "$(festore --storage store get small)" = "a small object" ]
    festore --storage store get large | cmp - <(seq 40000)
    [ "$(festore --storage store ls many- | wc -l)" -eq 400 ]
    for i in 1 200 400; do [ "$(festore --storage store get "many-$i")" = "number $i" ]; done
    echo changed | festore --storage store put small
    [ "$(festore --storage store get small)" = changed ]
}
