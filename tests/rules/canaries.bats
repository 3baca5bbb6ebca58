#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# tools/canaries takes long; this quickly checks that its patches still fit the code and name existing tests.

setup() {
    cd "$BATS_TEST_DIRNAME/../.."
}

# Checks that each pattern of a filter (A.B:C.*) names a test in some file under tests.
every_test_is_there() { # PATCH FILTER
    local pattern suite name patterns
    IFS=: read -ra patterns <<< "$2"
    for pattern in "${patterns[@]}"; do
        suite=${pattern%%.*} # Instances/Suite, or *Suite for all of its instances
        suite=${suite##*/}
        name=${pattern#*.}
        name=${name%%/*}
        grep -rqE "^TEST(_F|_P)?\(${suite//\*/.*}, ${name//\*/.*}\)" tests --include='*.cpp' || {
            echo "$1: there is no test $pattern"
            return 1
        }
    done
}

@test "every canary's patch says what it removes, applies without fuzz, and names existing tests" {
    count=0
    for patch in tests/canaries/*.patch; do
        count=$((count + 1))
        grep -q '^Check: .' "$patch" || { echo "$patch does not say which check it removes"; return 1; }
        patch -p1 -F0 -s -f --dry-run < "$patch" || { echo "$patch does not apply"; return 1; }
        read -ra wanted <<< "$(sed -n 's/^Tests: //p' "$patch")"
        [ "${#wanted[@]}" -gt 0 ] || { echo "$patch names no test program"; return 1; }
        for tests in "${wanted[@]}"; do
            program=${tests%%:*}
            grep -rqE "add_executable\($program " tests/*/CMakeLists.txt || { echo "$patch: there is no $program"; return 1; }
            [ "$program" = "$tests" ] || every_test_is_there "$patch" "${tests#*:}"
        done
    done
    [ "$count" -ge 100 ]
}

@test "tools/canaries refuses an unknown canary" {
    run tools/canaries no-such-canary
    [ "$status" = 2 ]
    [[ $output == *"there is no tests/canaries/no-such-canary.patch" ]]
}
