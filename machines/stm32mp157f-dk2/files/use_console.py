#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Logs in on a machine's serial console, types commands, and prints TAP of what they did: use_console.py LOG COMMAND...

COMMAND: starts the machine with its console on standard input and output. LOG: all that the console said.
"""
import os
import re
import select
import subprocess
import sys
import time

BOOT_SECONDS = 300
COMMAND_SECONDS = 120
PROMPT = "festore-console# "


class Console:
    def __init__(self, log, command):
        self.log = open(log, "wb")
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.text = ""

    def read_until(self, pattern, seconds):
        """What came before the pattern; None when it does not come."""
        end = time.monotonic() + seconds
        while True:
            found = re.search(pattern, self.text)
            if found:
                before, self.text = self.text[:found.start()], self.text[found.end():]
                return before
            if time.monotonic() > end or self.process.poll() is not None:
                return None
            if select.select([self.process.stdout], [], [], 1)[0]:
                content = os.read(self.process.stdout.fileno(), 65536)
                self.log.write(content)
                self.log.flush()
                self.text += content.decode(errors="replace").replace("\r", "")

    def type(self, line):
        self.process.stdin.write((line + "\n").encode())
        self.process.stdin.flush()

    def run(self, line, seconds=COMMAND_SECONDS):
        """Exit code and output of a command. The terminal echoes the line, which ends with the first line end."""
        self.type(f"{line}; echo \"status=$?=\"")
        output = self.read_until(r"status=(?=\d+=)", seconds)
        if output is None:
            return None, self.text[-500:]
        code = self.read_until("=", 5)
        self.read_until(re.escape(PROMPT), 10)
        return int(code), output.partition("\n")[2]


CHECKS = [
    ("all units have started", "systemctl is-system-running --wait", r"running"),
    ("tee-supplicant's unit is up", "systemctl is-active tee-supplicant", r"^active"),
    ("and festore.target comes up with it", "systemctl start festore.target && systemctl is-active festore.target", r"^active"),
    ("userfs has grown to the end of the card", "df -BM --output=size /data | tail -n 1", r"\b1[6-9]\d\dM|\b2\d\d\dM"),
    ("the TEE's storage is on userfs", "findmnt -no SOURCE /var/lib/optee-client", r"optee-client"),
    ("festore puts", "printf 'a secret of the board' | festore put first", None),
    ("festore gets", "festore get first", r"a secret of the board"),
    ("a larger content comes back as it was",
     "seq 100000 > /tmp/n && festore put numbers /tmp/n && festore get numbers | cmp - /tmp/n", None),
    ("so does an object in the TEE", "printf small | festore --storage ree put object && festore --storage ree get object", r"small"),
    ("the store is whole", "festore verify", None),
    ("doctor finds what it must: the emulator's key is all zeroes, and the TA's signature everybody's",
     "festore doctor; [ $? = 10 ]", r"(?s)(?=.*zero)(?=.*sign)"),
    ("the package is whole", "[ -z \"$(dpkg --verify festore 2>&1 | tee /dev/stderr)\" ]", None),
    ("only the console lets root in", "setpriv --reuid nobody --clear-groups su -c id root < /dev/null; [ $? != 0 ]", None),
    ("a member of teeclnt may use the TEE, another may not",
     "useradd -m -G teeclnt in && useradd -m out &&"
     " setpriv --reuid in --regid in --init-groups --reset-env festore put x /etc/hostname"
     " && ! setpriv --reuid out --regid out --init-groups --reset-env festore put x /etc/hostname", None),
]


def main():
    console = Console(sys.argv[1], sys.argv[2:])
    failed = 0
    begin = time.monotonic()
    print(f"1..{len(CHECKS) + 1}")
    if console.read_until(r"login: ", BOOT_SECONDS) is None:
        print(f"not ok 1 a login\n# {console.text[-1500:]!r}")
        console.process.kill()
        return 1
    print(f"ok 1 a login after {time.monotonic() - begin:.0f} s")
    if console.read_until(r"(?s)automatic login.*?# ", 60) is None:
        print("not ok 2 root is logged in on the serial console")
        console.process.kill()
        return 1
    # Kernel messages and line editing would get in between.
    console.type(f"dmesg -n 1; bind 'set enable-bracketed-paste off'; stty cols 500; PS1='{PROMPT[:8]}''{PROMPT[8:]}'")
    console.read_until(re.escape(PROMPT), 30)
    for number, (name, command, wanted) in enumerate(CHECKS, 2):
        code, output = console.run(command)
        good = code == 0 and (wanted is None or re.search(wanted, output))
        failed += not good
        print(f"{'ok' if good else 'not ok'} {number} {name}")
        if not good:
            print("".join(f"# {line}\n" for line in f"exit code {code}\n{output}".splitlines()), end="")
        sys.stdout.flush()
    console.type("poweroff")
    try:
        console.process.wait(60)
    except subprocess.TimeoutExpired:
        console.process.kill()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
