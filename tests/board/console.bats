#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# tools/console on a pseudo-terminal in place of a serial port.
bats_require_minimum_version 1.5.0

setup() {
    cd "$BATS_TEST_DIRNAME/../.."
    log=$BATS_TEST_TMPDIR/log
}

# board SCRIPT: runs tools/console on one end of a pseudo-terminal, and the Python SCRIPT on the other end (`board`: its file number;
# `console`: the process; `expect(bytes)`: reads from the board's end until these bytes have arrived).
board() {
    timeout 30 python3 - "$log" "$1" <<'P'
import os, pty, subprocess, sys, time, tty
log, script = sys.argv[1:]
board, port = pty.openpty()
tty.setraw(port)
console = subprocess.Popen(["tools/console", "--log", log, os.ttyname(port)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE)
os.read(console.stderr.fileno(), 1000)  # its first message
os.close(port)
def expect(wanted):
    got = b""
    while wanted not in got:
        got += os.read(board, 1000)
exec(script)
P
}

@test "the board's output is shown unchanged and logged with time stamps; typed input reaches it; Ctrl-] ends the console" {
    run board '
time.sleep(0.3)
os.write(board, b"NOTICE:  BL2: v2.12\r\nU-Boot 2025.01\r\nlogin: ")
shown = b""
while b"login: " not in shown:
    shown += os.read(console.stdout.fileno(), 1000)
assert shown == b"NOTICE:  BL2: v2.12\r\nU-Boot 2025.01\r\nlogin: ", shown
console.stdin.write(b"root\r"); console.stdin.flush()
expect(b"root\r")
console.stdin.write(b"\x1d"); console.stdin.flush()
assert console.wait(10) == 0
'
    echo "$output"
    [ "$status" -eq 0 ]
    cat "$log"
    [ "$(sed -nE 's/^\[20[0-9-]{8}T[0-9:.]{12}[+-][0-9:]{5}\] //p' "$log")" = "$(printf 'NOTICE:  BL2: v2.12\nU-Boot 2025.01\nlogin: ')" ]
    if grep -q $'\r' "$log"; then false; fi
}

@test "tools/bootlog reads its log" {
    run board '
os.write(board, open("tests/board/logs/dk2-2022.log", "rb").read())
os.write(board, b"\r\nthe end\r\n")
shown = b""
while b"the end" not in shown:
    shown += os.read(console.stdout.fileno(), 65536)
console.terminate()
'
    seen() {
        tools/bootlog --json "$1" |
            python3 -c 'import json, sys; print([(s["stage"], s["version"]) for s in json.load(sys.stdin)["stages"]])'
    }
    echo "$(seen "$log")"
    echo "$(seen tests/board/logs/dk2-2022.log)"
    [ "$(seen "$log")" = "$(seen tests/board/logs/dk2-2022.log)" ]
    [[ $(seen "$log") == *bl2* ]]
}

@test "a missing port and a wrong rate are errors" {
    run tools/console --log "$log" "$BATS_TEST_TMPDIR/none"
    echo "$output"
    [ "$status" -eq 1 ]
    [[ $output == *"No such file or directory"* ]]
    run tools/console --baud 12345
    [ "$status" -eq 2 ]
    [[ $output == *"unsupported rate: 12345"* ]]
    run tools/console --help
    [ "$status" -eq 0 ]
    [[ $output == *"Ctrl-]"* ]]
}
