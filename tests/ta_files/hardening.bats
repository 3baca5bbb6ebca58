#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# Hardening of the TA, checked in the files that tools/build-ta made with both kits: the stack protector's guard is drawn before any
# function that checks it begins; return addresses are signed and indirect calls land on marks (arm64).
bats_require_minimum_version 1.5.0

uuid=b7e89fc1-5044-431e-b4c5-9fb6ae256423

setup() {
    cd "$BATS_TEST_DIRNAME/../.."
}
# built ARCH TOOLS: selects the TA of that kit; skips the test if it has not been built
built() {
    elf=build/ta/$1/ta/$uuid.elf
    tools=$2
    [ -f "$elf" ] || skip "there is no TA for $1: tools/build-ta $1"
    command -v "${tools}objdump" > /dev/null || skip "needs ${tools}objdump"
}
# code FUNCTION: prints its instructions, one a line
code() {
    LC_ALL=C "${tools}objdump" -d --no-show-raw-insn "$elf" | awk -v f="<$1>:" '$2 == f { on = 1; next } /^$/ { on = 0 } on'
}
# callers FUNCTION: prints the functions that call it or jump to it
callers() {
    LC_ALL=C "${tools}objdump" -d --no-show-raw-insn "$elf" |
        awk -v f="<$1>" '/>:$/ { here = $2 } $NF == f && $2 ~ /^b/ { print here }' | tr -d '<>:' | sort -u
}
guard_is_drawn() {
    # The kit's entry function is called only through ours, which does not check the guard itself.
    [ "$(callers __utee_entry | grep -v veneer | tr '\n' ' ')" = "__wrap___utee_entry " ]
    [ -n "$(callers __wrap___utee_entry)" ]
    code __wrap___utee_entry | grep -q random_stack_guard
    run ! grep -q __stack_chk_fail <(code __wrap___utee_entry)
    # Our functions and the kit's check the guard.
    [ "$(callers __stack_chk_fail | wc -l)" -gt 50 ]
}

@test "the stack protector's guard is drawn before the first function that checks it (arm64)" {
    built arm64 aarch64-linux-gnu-
    guard_is_drawn
}
@test "the stack protector's guard is drawn before the first function that checks it (armhf)" {
    built armhf arm-linux-gnueabihf-
    guard_is_drawn
}
@test "each of our objects has PAC and BTI (arm64)" {
    built arm64 aarch64-linux-gnu-
    aarch64-linux-gnu-g++ -mbranch-protection=standard -x c++ -c /dev/null -o /dev/null || skip "the compiler has no branch protection"
    count=0
    while IFS= read -r object; do
        LC_ALL=C "${tools}readelf" -n "$object" | grep -q 'AArch64 feature: BTI, PAC' || { echo "$object lacks one"; return 1; }
        count=$((count + 1))
    done < <(find build/ta/arm64 -name '*.o' ! -name user_ta_header.o)
    [ "$count" -ge 40 ]
    # An example of a function that returns: our dispatch signs its return address.
    code TA_InvokeCommandEntryPoint | grep -q paciasp
    code TA_InvokeCommandEntryPoint | grep -q autiasp
}
