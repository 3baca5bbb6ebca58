#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# The simulated TEE reads the storage again, after a real OP-TEE has changed it (optee_goes_on.bats).

@test "the simulated TEE reads what a real OP-TEE wrote, and writes more" {
    mkdir -p "$FESTORE_SIM_DIR/storage"
    rm -rf "$FESTORE_SIM_DIR/storage/ree"
    tar -C "$FESTORE_SIM_DIR/storage" --no-same-owner --transform 's/^tee/ree/' -xf "$EXCHANGED/back.tar"
    for size in 5 4096 50000; do "$FESTORE_BIN" --storage ree get "optee-$size" | cmp - <(seq 30000 | tail -c "$size"); done
    "$FESTORE_BIN" --storage ree get size-1 | cmp - <(seq 40000 | head -c 100000)
    for size in 0 4095 4096 4097 20000 70000; do
        "$FESTORE_BIN" --storage ree get "size-$size" "$BATS_TEST_TMPDIR/got"
        cmp "$BATS_TEST_TMPDIR/got" <(seq 20000 | head -c "$size")
    done
    [ "$("$FESTORE_BIN" --storage ree get many-3)" = 'optee 3' ]
    for gone in size-8192 many-2 many-7; do
        run "$FESTORE_BIN" --storage ree get "$gone"
        [ "$status" -eq 3 ]
    done
    [ "$("$FESTORE_BIN" --storage ree ls many- | wc -l)" -eq 27 ]
    printf 'simulated again' | "$FESTORE_BIN" --storage ree put many-3
    [ "$("$FESTORE_BIN" --storage ree get many-3)" = 'simulated again' ]
}
