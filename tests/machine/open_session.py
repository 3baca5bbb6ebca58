#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""A client that holds a session open: connects and prints "connected"; after a line on standard input it puts and gets."""
import ctypes
import sys

festore = ctypes.CDLL("libfestore.so.0")


class Options(ctypes.Structure):  # the first members of struct festore_options
    _fields_ = [("struct_size", ctypes.c_size_t), ("tee", ctypes.c_int), ("owner", ctypes.c_int), ("gid", ctypes.c_uint32),
                ("storage", ctypes.c_int)]


options = Options(struct_size=ctypes.sizeof(Options), storage=1)  # ree: needs no directory
client = ctypes.c_void_p()
if festore.festore_connect(ctypes.byref(options), ctypes.byref(client)) != 0:
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
