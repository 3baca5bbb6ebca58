#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# tools/check: the list of its suites, and what it refuses. Running it is what runs this.

setup() {
    cd "$BATS_TEST_DIRNAME/../.."
}

@test "the list names each suite once, with its place, and runs nothing" {
    run tools/check --full --list
    [ "$status" = 0 ]
    [ "${#lines[@]}" -gt 70 ]
    [ -z "$(printf '%s\n' "${lines[@]}" | sort | uniq -d)" ]
    # Each test program is in it.
    for program in $(sed -n 's/^ *add_executable(\(test_[a-z_]*\) .*/\1/p' tests/*/CMakeLists.txt); do
        grep -qE "^$program +host$" <<< "$output" || { echo "$program is not in the list"; return 1; }
    done
    # What check-full has besides is not in the shorter list.
    run tools/check --list
    [ "$status" = 0 ]
    [[ $output != *valgrind* ]]
}

@test "every folder with bats tests is some suite's" {
    for folder in $(git ls-files 'tests/*.bats' | xargs -n1 dirname | sort -u); do
        grep -qhE "$folder(/|\b)" tools/suites tools/suites-armv7 tools/suites-analysis || { echo "no suite runs $folder"; return 1; }
    done
}

@test "an unknown suite or option ends it before anything runs" {
    for wrong in test_nothing host-unknown test_unit@nowhere --quick; do
        run tools/check "$wrong"
        [ "$status" = 2 ]
        [[ $output == *"$wrong"* && $output == *--* ]]
    done
}
