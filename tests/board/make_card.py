# SPDX-License-Identifier: BSD-2-Clause
"""Makes a card's image with a GPT: make_card.py FILE MEGABYTES NAME=KIB..., each partition filled with its number."""
import os
import struct
import sys
import uuid
import zlib

path, megabytes, *wanted = sys.argv[1:]
size = int(megabytes) << 20
image = bytearray(os.urandom(4096)) * (size // 4096)
entries, sector = b"", 64
for number, item in enumerate(wanted, 1):
    name, kib = item.split("=")
    last = sector + int(kib) * 2 - 1
    entries += uuid.UUID(int=1).bytes_le + uuid.UUID(int=number).bytes_le + struct.pack("<QQQ", sector, last, 0)
    entries += name.encode("utf-16-le").ljust(72, b"\0")
    image[sector * 512:(last + 1) * 512] = bytes([number]) * ((last + 1 - sector) * 512)
    sector = last + 1
entries = entries.ljust(128 * 128, b"\0")


def header(crc):
    return struct.pack("<8sIIIIQQQQ16sQIII", b"EFI PART", 0x10000, 92, crc, 0, 1, size // 512 - 1, 34, size // 512 - 34,
                       uuid.UUID(int=9).bytes_le, 2, 128, 128, zlib.crc32(entries))


image[512:1024] = header(zlib.crc32(header(0))).ljust(512, b"\0")
image[1024:1024 + len(entries)] = entries
with open(path, "wb") as file:
    file.write(image)
