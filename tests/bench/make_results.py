#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Writes results like festore_bench, in which every criterion is met: make_results.py DIR [NAME@OBJECTS=MS...]
Writes DIR/1.json and DIR/2.json; in both, the named measures take MS instead."""
import json
import os
import sys

MIB = 1024 * 1024
directory, *changes = sys.argv[1:]
changed = {key: float(value) for key, value in (change.split("=") for change in changes)}


def measure(name, objects, size, ms, calls=1.0):
    ms = changed.get(f"{name}@{objects}", ms)
    part = {"count": calls, "ms": ms / 5}
    return {"name": name, "objects": objects, "bytes": size, "ms": [ms * f for f in (0.9, 1.0, 1.2)],
            "per_run": {"tee_calls": part, "sharing": part, "syncs": part, "writes": part, "reads": part, "supplicant_accesses": 9.0}}


def large(scale):
    yield measure("festore.put_large", 0, 16 * MIB, 1600 * scale, 515)
    yield measure("festore.get_large", 0, 16 * MIB, 1500 * scale, 513)
    yield measure("command.put_large", 0, 16 * MIB, 1900, 0)
    yield measure("command.get_large", 0, 16 * MIB, 1800, 0)
    for way, ms in (("seal", 1400), ("open", 1300)):
        yield measure(f"primitive.{way}.chacha20-poly1305.per_1024_kib", 0, 16 * MIB, ms, 16)
        yield measure(f"primitive.{way}.chacha20-poly1305.per_32_kib", 0, 16 * MIB, ms + 50, 512)
    yield measure("stock.put_large", 10, MIB, 1500)
    yield measure("stock.get_large", 10, MIB, 1100)


def small():
    yield measure("primitive.empty_call", 0, 0, 0.8)
    yield measure("primitive.write_256", 0, 256, 20)
    for objects, put, get in ((10, 60, 3), (100, 62, 3.5), (5000, 70, 4)):
        yield measure("festore.put_100", objects, 100, put, 2)
        yield measure("festore.get_100", objects, 100, get)
    for objects, put, get in ((10, 200, 100), (100, 1500, 540)):
        yield measure("stock.put_100", objects, 100, put)
        yield measure("stock.put_100_in_two_steps", objects, 100, put * 1.1)
        yield measure("stock.get_100", objects, 100, get)
    yield measure("command.put_100", 100, 100, 500, 0)
    yield measure("command.get_100", 100, 100, 400, 0)


for processors in (1, 2):
    measures = list(large(1 if processors == 1 else 0.9))
    if processors == 1:
        measures += small()
    with open(os.path.join(directory, f"{processors}.json"), "w", encoding="utf-8") as f:
        json.dump({"format": 1, "quick": False, "measures": measures,
                   "machine": {"optee": "4.5.0", "festore": "0.1.0", "kernel": "6.12", "architecture": "aarch64",
                               "processors": processors, "cipher": "chacha20-poly1305"}}, f)
