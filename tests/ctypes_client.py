# SPDX-License-Identifier: BSD-2-Clause
"""libfestore for the tests' clients in Python."""
import ctypes


class Options(ctypes.Structure):
    """The first members of struct festore_options."""
    _fields_ = [("struct_size", ctypes.c_size_t), ("tee", ctypes.c_int), ("owner", ctypes.c_int), ("gid", ctypes.c_uint32),
                ("storage", ctypes.c_int)]


def connect(festore):
    """Connects with the storage ree, which needs no directory. Returns the result and the client, which must be closed in any case."""
    options = Options(struct_size=ctypes.sizeof(Options), storage=1)
    client = ctypes.c_void_p()
    return festore.festore_connect(ctypes.byref(options), ctypes.byref(client)), client
