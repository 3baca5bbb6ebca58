#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# A large object in a store on a real OP-TEE: byte-identical, with bounded memory. Root's own store, in the emulated machine.
# FESTORE_TEST_MIB: its size in MiB (64).
# bats file_tags=brief

setup_file() {
    [ -c /dev/tee0 ] && [ "$(id -u)" = 0 ] || { echo "these tests run as root in the emulated machine" >&2; return 1; }
    export MIB=${FESTORE_TEST_MIB:-64}
    head -c $((MIB << 20)) /dev/urandom > "$BATS_FILE_TMPDIR/content"
}

store() { festore --storage store "$@"; }

# peak_memory COMMAND...: prints its peak memory in KiB, sampled twenty times a second
peak_memory() {
    local peak=0 now
    "$@" 3>&- 4>&- &
    while now=$(sed -n 's/^VmHWM:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$!/status" 2> /dev/null) && [ -n "$now" ]; do
        peak=$now
        sleep 0.05
    done
    wait $!
    echo "$peak"
}
put_it() { exec festore --storage store put large; }
get_it() { exec festore --storage store get large "$BATS_FILE_TMPDIR/back"; }
timed() { # WHAT COMMAND...
    local what=$1 begin
    begin=$(date +%s%N)
    shift
    "$@"
    echo "# $what of $MIB MiB: $((($(date +%s%N) - begin) / 1000000)) ms" >&3
}

@test "a large object is put from a stream and read back, byte by byte the same" {
    timed put store put large < "$BATS_FILE_TMPDIR/content"
    timed get store get large "$BATS_FILE_TMPDIR/back"
    cmp "$BATS_FILE_TMPDIR/content" "$BATS_FILE_TMPDIR/back"
    store get --offset $(((MIB << 20) - 100001)) large | cmp - <(tail -c 100001 "$BATS_FILE_TMPDIR/content")
}

@test "the command takes less than 32 MiB of memory" {
    for verb in put_it get_it; do
        peak=$(peak_memory "$verb" < "$BATS_FILE_TMPDIR/content")
        echo "# $verb: $peak KiB at most" >&3
        [ "$peak" -gt 0 ]
        [ "$peak" -lt 32768 ]
    done
    store rm large
    [ -z "$(ls /var/lib/festore/uid-0/payloads)" ]
}
