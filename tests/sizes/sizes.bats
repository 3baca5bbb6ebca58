#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# Objects of 1 GiB, and of more than the 4 GiB that 32 bits can count, with the command and the simulated TEE. Takes minutes, and
# 6 GiB in the folder TMPDIR.
load ../cli/helper

setup_file() {
    [ -x "$FESTORE_BIN" ] || { echo "there is no $FESTORE_BIN: build it, or set FESTORE_BIN" >&2; return 1; }
    export FESTORE_SIM_OPTIONS="--idle 3"
}
setup() {
    need python3
    enter_folder
    [ "$(df --output=avail -k . | tail -n 1)" -gt 7000000 ] || skip "needs 7 GB of free space here"
    fresh_tee
    export FESTORE_STORE=$PWD/secrets
}
teardown() {
    rm -rf "$FESTORE_SIM_DIR" "$BATS_TEST_TMPDIR/work"
}
store() { festore --storage store "$@"; }
hash_of() { sha256sum | cut -d' ' -f1; }

# measured IN OUT ARGUMENTS...: runs the command, which may take at most 16 MiB more memory than for an empty object
measured() {
    python3 -c '
import resource, subprocess, sys
def peak(given, taken, arguments):
    with open(given, "rb") as i, open(taken, "wb") as o:
        subprocess.run(sys.argv[1:2] + ["--storage", "store"] + arguments, stdin=i, stdout=o, check=True)
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
nothing = peak("/dev/null", "/dev/null", ["put", "nothing"])
now = peak(sys.argv[2], sys.argv[3], sys.argv[4:])
print("# %s: %d KiB at most, %d for an empty object" % (" ".join(sys.argv[4:6]), now, nothing), file=sys.stderr)
sys.exit(now > nothing + 16384)' "$FESTORE_BIN" "$@" 2>&3 3>&- 4>&-
}

@test "1 GiB in and out, byte by byte the same, with bounded memory" {
    make_file 1073741824 content
    measured content /dev/null put large
    measured /dev/null back get large
    cmp content back
    [ "$(store stat --json large | python3 -c 'import json, sys; print(json.load(sys.stdin)["size"])')" = 1073741824 ]
}
@test "a sparse 4.5 GiB: all of it, parts around 4 GiB, an offset beyond the end, and verify" {
    size=$((4608 << 20))
    truncate -s "$size" content
    printf 'just below and above' | dd of=content bs=1 seek=$(((4 << 30) - 10)) conv=notrunc status=none
    printf 'the end' | dd of=content bs=1 seek=$((size - 7)) conv=notrunc status=none
    measured content /dev/null put large
    [ "$(store get --offset $(((4 << 30) - 10)) --length 20 large)" = "just below and above" ]
    [ "$(store get --offset $((size - 7)) large)" = "the end" ]
    run --separate-stderr store get --offset $((size + 1)) large
    expect_error 2 "cannot get 'large' from byte $((size + 1)): it has only $size bytes"
    [ "$(store get large | hash_of)" = "$(hash_of < content)" ]
    rm content
    run --separate-stderr store verify
    expect_success
    [ "${lines[0]}" = "2 objects whole, $size bytes" ]
}
