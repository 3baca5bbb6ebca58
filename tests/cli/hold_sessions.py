#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Opens sessions until the trusted application refuses one, prints "held N", and holds them until it reads a line.

hold_sessions.py FESTORE: the command. Uses the library of its build if there is one, otherwise the system's.
"""
import ctypes
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from ctypes_client import connect  # noqa: E402

command = os.environ.get("FESTORE_UNDER_TEST") or sys.argv[1]  # argv[1] may be a wrapper
beside = os.path.join(os.path.dirname(command), "..", "lib", "libfestore.so")
festore = ctypes.CDLL(beside if os.path.exists(beside) else "libfestore.so.0")
held = []
while len(held) < 100:
    code, client = connect(festore)
    if code != 0:
        festore.festore_close(client)
        break
    held.append(client)
print("held" if code == 9 else f"code {code} after", len(held), flush=True)
sys.stdin.readline()
for client in held:
    festore.festore_close(client)
