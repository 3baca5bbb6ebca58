#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# A real OP-TEE reads each object of the storage that the simulated TEE wrote (sim_writes.bats), and writes more.

setup_file() {
    supplicant stop
    rm -rf /var/lib/optee-client/data/tee
    tar -C /var/lib/optee-client/data --no-same-owner -xf "$EXCHANGED/tee.tar"
    chown -R --reference /var/lib/optee-client/data /var/lib/optee-client/data/tee
    supplicant start 3>&-
}

owner() { # COMMAND...: runs it as the user who wrote the objects
    local uid
    uid=$(cat "$EXCHANGED/uid")
    [ "$uid" = 0 ] && { "$@"; return; }
    setpriv --reuid "$uid" --regid "$uid" --groups "$(stat -c %g /dev/tee0)" "$@"
}

@test "each object has the content that was put" {
    for size in 0 1 4095 4096 4097 8192 20000 70000; do
        owner festore --storage ree get "size-$size" > "$BATS_TEST_TMPDIR/got"
        cmp "$BATS_TEST_TMPDIR/got" <(seq 20000 | head -c "$size")
    done
    [ "$(owner festore --storage ree get many-1)" = '10 times' ]
    for i in 2 3 4 5 6 9 10 20 30; do [ "$(owner festore --storage ree get "many-$i")" = "number $i" ]; done
    [ "$(owner festore --storage ree ls many- | wc -l)" -eq 28 ]
    run owner festore --storage ree get many-7
    [ "$status" -eq 3 ]
}

@test "objects are written, replaced and removed" {
    for size in 5 4096 50000; do seq 30000 | tail -c "$size" | owner festore --storage ree put "optee-$size"; done
    seq 40000 | head -c 100000 | owner festore --storage ree put size-1
    owner festore --storage ree rm size-8192
    owner festore --storage ree rm many-2
    for i in $(seq 3); do printf %s "optee $i" | owner festore --storage ree put many-3; done
}

@test "the root table of stores is also read" {
    [ "$(cat "$EXCHANGED/uid")" = 0 ] || skip "only root sees the stores of others"
    run festore status --all
    echo "$output"
    [ "$status" -eq 0 ]
    [[ $output == *"uid:0 (root)"* ]]
}

@test "the storage is packed" {
    supplicant stop
    tar -C /var/lib/optee-client/data -cf "$EXCHANGED/back.tar" tee
    supplicant start 3>&-
}
