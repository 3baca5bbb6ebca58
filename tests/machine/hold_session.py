#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Holds a session open for SECONDS, to keep the trusted application loaded: hold_session.py SECONDS. Uses the session every four
seconds, since the library ends a session that is idle for ten."""
import ctypes
import sys
import time

festore = ctypes.CDLL("libfestore.so.0")
client = ctypes.c_void_p()
if festore.festore_connect(None, ctypes.byref(client)) != 0:
    sys.exit("no connection")
end = time.monotonic() + float(sys.argv[1])
while time.monotonic() < end:
    festore.festore_stat(client, b"held", None)
    time.sleep(4)
