#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""A client that holds a session open: connects and prints "connected"; after a line on standard input it puts and gets."""
import ctypes
import sys

festore = ctypes.CDLL("libfestore.so.0")
client = ctypes.c_void_p()
if festore.festore_connect(None, ctypes.byref(client)) != 0:
    sys.exit("no connection")
print("connected", flush=True)
sys.stdin.readline()
content = b"content\n"
put = festore.festore_put(client, b"waiting", content, ctypes.c_size_t(len(content)), 0)
back, size = ctypes.c_void_p(), ctypes.c_size_t()
get = festore.festore_get(client, b"waiting", ctypes.byref(back), ctypes.byref(size))
same = get == 0 and ctypes.string_at(back, size.value) == content
print("put", put, "get", get, "same" if same else "different", flush=True)
festore.festore_close(client)
