#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# tools/check: the list of its suites, and its refusals. tools/check itself runs these tests.

setup() {
    cd "$BATS_TEST_DIRNAME/../.."
}

@test "the list names each suite once, with its place, and runs nothing" {
    run tools/check --full --list
    [ "$status" = 0 ]
    [ "${#lines[@]}" -gt 70 ]
    [ -z "$(printf '%s\n' "${lines[@]}" | sort | uniq -d)" ]
    # The list has each test program.
    for program in $(sed -n 's/^ *add_executable(\(test_[a-z_]*\) .*/\1/p' tests/*/CMakeLists.txt); do
        grep -qE "^$program +host$" <<< "$output" || { echo "$program is not in the list"; return 1; }
    done
    # The shorter list lacks the additional suites of check-full.
    run tools/check --list
    [ "$status" = 0 ]
    [[ $output != *valgrind* ]]
}

@test "every folder with bats tests belongs to a suite" {
    for folder in $(git ls-files 'tests/*.bats' | xargs -n1 dirname | sort -u); do
        grep -qhE "$folder(/|\b)" tools/suites tools/suites-armv7 tools/suites-analysis || { echo "no suite runs $folder"; return 1; }
    done
}

@test "an unknown suite or option is refused before anything runs" {
    for wrong in test_nothing host-unknown test_unit@nowhere --quick; do
        run tools/check "$wrong"
        [ "$status" = 2 ]
        [[ $output == *"$wrong"* && $output == *--* ]]
    done
}

@test "--changed chooses the suites that a change can break, and all of them where it cannot tell" {
    git clone -q --shared . "$BATS_TEST_TMPDIR/clone"
    cp tools/check tools/suites-of "$BATS_TEST_TMPDIR/clone/tools/"
    cd "$BATS_TEST_TMPDIR/clone"
    git add -A
    git -c user.name=t -c user.email=t@t commit -q --allow-empty -m "as it is"
    run tools/check --changed --list
    [ "$output" = "nothing has changed since HEAD" ]
    echo >> doctor/unit.cpp
    run tools/check --changed --list
    [ "$status" = 0 ]
    grep -qE '^test_doctor +host$' <<< "$output"
    grep -qE '^rules of the project ' <<< "$output"
    run ! grep -qE '^test_engine ' <<< "$output"
    echo > docs/new.md
    git checkout -q doctor
    [ "$(tools/check --changed --list | wc -l)" = 1 ]
    echo >> engine/node.cpp
    [ "$(tools/check --changed --list)" = "$(tools/check --list)" ]
    run tools/check --changed=no-such-revision --list
    [ "$status" = 2 ]
}
