#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Holds a session open for SECONDS, to keep the trusted application loaded: hold_session.py SECONDS. Uses the session every four
seconds, since the library ends a session that is idle for ten."""
import ctypes
import sys
import time

festore = ctypes.CDLL("libfestore.so.0")


class Options(ctypes.Structure):  # the first members of struct festore_options
    _fields_ = [("struct_size", ctypes.c_size_t), ("tee", ctypes.c_int), ("owner", ctypes.c_int), ("gid", ctypes.c_uint32),
                ("storage", ctypes.c_int)]


options = Options(struct_size=ctypes.sizeof(Options), storage=1)  # ree: needs no directory
client = ctypes.c_void_p()
if festore.festore_connect(ctypes.byref(options), ctypes.byref(client)) != 0:
    sys.exit("no connection")
end = time.monotonic() + float(sys.argv[1])
while time.monotonic() < end:
    festore.festore_stat(client, b"held", None)
    time.sleep(4)
