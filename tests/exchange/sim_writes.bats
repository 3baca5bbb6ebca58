#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# Writes a trusted storage with the simulated TEE and packs it for a real OP-TEE with the same hardware key (zeros):
# EXCHANGED/tee.tar.

@test "objects of all sizes are written, replaced and removed, and the storage is packed" {
    local from=$FESTORE_SIM_DIR/storage
    rm -rf "$EXCHANGED"
    mkdir -p "$EXCHANGED"
    id -u > "$EXCHANGED/uid"
    for size in 0 1 4095 4096 4097 8192 20000 70000; do
        seq 20000 | head -c "$size" | "$FESTORE_BIN" --storage ree put "size-$size"
    done
    for i in $(seq 30); do printf %s "number $i" | "$FESTORE_BIN" --storage ree put "many-$i"; done
    for i in $(seq 10); do printf %s "$i times" | "$FESTORE_BIN" --storage ree put many-1; done
    "$FESTORE_BIN" --storage ree rm many-7 many-8
    echo 'in a store' | "$FESTORE_BIN" --storage store --store "$BATS_TEST_TMPDIR/store" put a   # leaves a root table in the TEE
    [ -f "$from/ree/dirf.db" ]
    tar -C "$from" --transform 's/^ree/tee/' -cf "$EXCHANGED/tee.tar" ree
}

@test "inspect reads all of it, like a real OP-TEE's storage" {
    printf '00000000000000000000000000000000' > "$BATS_TEST_TMPDIR/huk"
    "$FESTORE_BIN" inspect "$FESTORE_SIM_DIR/storage/ree" --huk-file "$BATS_TEST_TMPDIR/huk" --extract "$BATS_TEST_TMPDIR/out"
    [ "$(find "$BATS_TEST_TMPDIR/out" -type f | wc -l)" -ge 37 ]
}
