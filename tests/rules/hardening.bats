#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# Hardening by compiler and linker, checked in the files that they made. A missing build is skipped, with a message.

setup() {
    cd "$BATS_TEST_DIRNAME/../.."
}

# Prints the tool of the binary utilities for that architecture, or else the host's.
tool_for() { # BUILD TOOL
    local prefix=
    case $1 in */arm64 | *arm64/festore/build) prefix=aarch64-linux-gnu- ;; */armhf) prefix=arm-linux-gnueabihf- ;; */s390x) prefix=s390x-linux-gnu- ;; esac
    command -v "$prefix$2" || command -v "$2"
}

# missing FILE READELF OBJDUMP MARK: prints what FILE lacks, one word each. MARK: the instruction at the start of functions, or "".
missing() {
    local program dynamic symbols
    program=$("$2" -hlW "$1")
    dynamic=$("$2" -dW "$1")
    symbols=$("$2" --dyn-syms -W "$1")
    grep -q 'Type: *DYN' <<< "$program" || echo position-independent
    grep -q 'GNU_RELRO' <<< "$program" || echo relro
    grep -qE '\(FLAGS_1\).*NOW|BIND_NOW' <<< "$dynamic" || echo bind-now
    grep -E 'GNU_STACK' <<< "$program" | grep -vq RWE || echo stack-not-executable
    grep -qE '__[a-z0-9_]+_chk(@|$| )' <<< "$symbols" || echo fortify
    grep -q '__stack_chk_fail' <<< "$symbols" || echo stack-protector
    [ -z "$4" ] || [ "$("$3" -d --no-show-raw-insn "$1" | grep -cwE "$4")" -gt 100 ] || echo branch-protection
}

check_build() { # BUILD [MARK]
    local build=$1 file found=0 bad readelf objdump
    [ -x "$build/bin/festore" ] || skip "$build is not built"
    readelf=$(tool_for "$build" readelf)
    objdump=$(tool_for "$build" objdump)
    for file in "$build/bin/festore" "$build"/lib/libfestore.so "$build/bin/festore-sim-teed" "$build/lib/libteec-festore-sim.so"; do
        [ -e "$file" ] || continue
        found=$((found + 1))
        bad=$(missing "$file" "$readelf" "$objdump" "${2:-}")
        [ -z "$bad" ] || { echo "$file lacks" $bad; return 1; }
    done
    [ "$found" -ge 1 ]
    # The files do not show the level of fortify.
    [ ! -e "$build/compile_commands.json" ] || [ -z "$(grep '"command"' "$build/compile_commands.json" | grep -E '/(client|cli)/' |
        grep -v -- '-D_FORTIFY_SOURCE=[23]')" ]
}

mark_of_this_machine() {
    case $(uname -m) in x86_64) echo 'endbr64' ;; aarch64) echo 'paciasp|bti' ;; esac
}

@test "the build for this machine is hardened" { check_build build "$(mark_of_this_machine)"; }
@test "the release build is hardened" { check_build build/release "$(mark_of_this_machine)"; }
@test "the build for arm64 is hardened" { check_build build/arm64 'paciasp|bti'; }
@test "the build for armhf is hardened" { check_build build/armhf; }
@test "the build for the arm64 machine is hardened" { check_build build/machine/qemu-arm64/festore/build 'paciasp|bti'; }

@test "the hardening check finds a program without hardening" {
    command -v cc > /dev/null || skip "needs a compiler"
    echo 'int main(int argc, char** argv) { return argc > 1 && argv[1][0]; }' > "$BATS_TEST_TMPDIR/plain.c"
    cc -O1 -no-pie -fcf-protection=none -fno-stack-protector -Wl,-z,norelro,-z,lazy "$BATS_TEST_TMPDIR/plain.c" -o "$BATS_TEST_TMPDIR/plain" ||
        cc -O1 -no-pie -fno-stack-protector -Wl,-z,norelro,-z,lazy "$BATS_TEST_TMPDIR/plain.c" -o "$BATS_TEST_TMPDIR/plain"
    run missing "$BATS_TEST_TMPDIR/plain" readelf objdump 'endbr64|paciasp|bti'
    echo "$output"
    [ "$output" = $'position-independent\nrelro\nbind-now\nfortify\nstack-protector\nbranch-protection' ]
}
