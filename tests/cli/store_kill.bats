# SPDX-License-Identifier: BSD-2-Clause
# kill -9 of the command at seeded moments. FESTORE_TEST_ROUNDS: factor for the number of rounds.
load helper

setup() {
    need_sim "to have no store at first"
    need python3
    enter_folder
    fresh_tee
}
teardown() { [ -z "${FESTORE_SIM_DIR:-}" ] || rm -rf "$FESTORE_SIM_DIR"; }

killed_at_random() { # SEED
    run env PYTHONDONTWRITEBYTECODE=1 python3 "$BATS_TEST_DIRNAME/kill_commands.py" "$FESTORE_BIN" "$PWD/store" "$1" $((40 * ${FESTORE_TEST_ROUNDS:-1})) 3>&- 4>&-
    echo "$output"
    [ "$status" = 0 ]
}
@test "killed at any moment: all that was acknowledged is whole, the change in flight is done or not (rules 4, 7), seed 1" {
    killed_at_random 1
}
@test "killed at any moment: all that was acknowledged is whole, the change in flight is done or not (rules 4, 7), seed 2" {
    killed_at_random 2
}
@test "killed at any moment: all that was acknowledged is whole, the change in flight is done or not (rules 4, 7), seed 3" {
    killed_at_random 3
}
@test "killed while it holds the lock: the kernel releases it, and the next command need not wait (rule 6)" {
    for ((i = 0; i < 500; ++i)); do echo "put --text n/$i x"; done > lines
    festore --store store init
    for moment in 0.02 0.05 0.1; do
        "$FESTORE_BIN" --store store batch lines 3>&- 4>&- &
        sleep "$moment"
        kill -9 $! || true
        wait $! || true
        festore --store store --wait 5 put --if-absent "after/$moment" /dev/null
    done
    [ "$(festore --store store ls after/ | wc -l)" = 3 ]
}
