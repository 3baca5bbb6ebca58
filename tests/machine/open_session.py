#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""A client that holds a session open: connects and prints "connected"; after a line on standard input it puts and gets."""
import ctypes
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from ctypes_client import connect  # noqa: E402

festore = ctypes.CDLL("libfestore.so.0")
result, client = connect(festore)
if result != 0:
    sys.exit("no connection")
print("connected", flush=True)
sys.stdin.readline()
content = b"content\n"
put = festore.festore_put(client, b"waiting", content, ctypes.c_size_t(len(content)), None, None)
back, size = ctypes.c_void_p(), ctypes.c_size_t()
get = festore.festore_get(client, b"waiting", ctypes.byref(back), ctypes.byref(size))
same = get == 0 and ctypes.string_at(back, size.value) == content
print("put", put, "get", get, "same" if same else "different", flush=True)
festore.festore_close(client)
