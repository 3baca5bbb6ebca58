#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Opens sessions until the trusted application refuses one, prints "held N", and holds them until it reads a line.

hold_sessions.py FESTORE: the command. Uses the library of its build if there is one, otherwise the system's.
"""
import ctypes
import os
import sys

command = os.environ.get("FESTORE_UNDER_TEST") or sys.argv[1]  # argv[1] may be a wrapper
beside = os.path.join(os.path.dirname(command), "..", "lib", "libfestore.so")
festore = ctypes.CDLL(beside if os.path.exists(beside) else "libfestore.so.0")


class Options(ctypes.Structure):  # the first members of struct festore_options
    _fields_ = [("struct_size", ctypes.c_size_t), ("tee", ctypes.c_int), ("owner", ctypes.c_int), ("gid", ctypes.c_uint32),
                ("storage", ctypes.c_int)]


options = Options(struct_size=ctypes.sizeof(Options), storage=1)  # ree: needs no directory
held = []
while len(held) < 100:
    client = ctypes.c_void_p()
    code = festore.festore_connect(ctypes.byref(options), ctypes.byref(client))
    if code != 0:
        festore.festore_close(client)
        break
    held.append(client)
print("held" if code == 9 else f"code {code} after", len(held), flush=True)
sys.stdin.readline()
for client in held:
    festore.festore_close(client)
