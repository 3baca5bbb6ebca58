#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# A store that moves between machines of different word size: this writes it and packs it into MOVED.

@test "a store is written, and packed with the TEE's storage" {
    echo "put --text small \"a small object\"" | festore --storage store batch
    seq 400 | while read -r i; do echo "put --text many-$i \"number $i\""; done | festore --storage store batch
    seq 40000 | festore --storage store put large
    rm -rf "$MOVED"
    mkdir -p "$MOVED"
    tar -C /var/lib/festore -cf "$MOVED/store.tar" uid-0
    tar -C /var/lib/optee-client/data -cf "$MOVED/tee.tar" tee
}
