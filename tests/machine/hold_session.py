#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Holds a session open for SECONDS, to keep the trusted application loaded: hold_session.py SECONDS. Uses the session every four
seconds, since the library ends a session that is idle for ten."""
import ctypes
import os
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from ctypes_client import connect  # noqa: E402

festore = ctypes.CDLL("libfestore.so.0")
result, client = connect(festore)
if result != 0:
    sys.exit("no connection")
end = time.monotonic() + float(sys.argv[1])
while time.monotonic() < end:
    festore.festore_stat(client, b"held", None)
    time.sleep(4)
