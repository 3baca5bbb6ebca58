# SPDX-License-Identifier: BSD-2-Clause
# Eight processes mix all verbs on one store. FESTORE_TEST_ROUNDS: factor for the duration.
load helper

setup() {
    need_sim "to have no store at first"
    need python3
    enter_folder
    fresh_tee
}
teardown() { [ -z "${FESTORE_SIM_DIR:-}" ] || rm -rf "$FESTORE_SIM_DIR"; }

mixed() { # SEED OPTION...
    run env PYTHONDONTWRITEBYTECODE=1 python3 "$BATS_TEST_DIRNAME/mix_commands.py" "$FESTORE_BIN" "$PWD/store" "$1" $((20 * ${FESTORE_TEST_ROUNDS:-1})) "${@:2}" 3>&- 4>&-
    echo "$output"
    [ "$status" = 0 ]
}
@test "eight processes mix all verbs: nothing lost, nothing torn, no false alarm (rules 6, 9)" { mixed 1; }
@test "the same while one of the eight is stopped and continued at random moments (rule 6)" { mixed 2 --stop; }
