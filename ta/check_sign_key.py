#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Says on standard output why a key must not sign a release: everybody has it, or it cannot be read.

check_sign_key.py KEY KIT_KEY
KEY: a PEM file, private or public; or the name of a key in Amazon's KMS ("arn:..."), as OP-TEE's sign_encrypt.py takes
it.
KIT_KEY: the key that comes with the TA dev kit. No output: the key is fine.
"""
import hashlib
import sys

# SHA-256 of the modulus of keys/default_ta.pem in OP-TEE's sources, in 4.5 and in 4.10.
DEFAULTS = (
    "bc5c24a3c79f65ac783b4d6d091ac29bfac51578a3a13b675c253eb4a4057cef",
    "ec00a6a57c4a34f174f3453458ff548e3af0b6a72ef772bd3ef01628b9dafad7",
)


def modulus(path):
    from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

    with open(path, "rb") as file:
        pem = file.read()
    try:
        public = load_pem_private_key(pem, password=None).public_key()
    except ValueError:
        public = load_pem_public_key(pem)
    return public.public_numbers().n


key, kit_key = sys.argv[1:]
if key.startswith("arn:"):
    sys.exit(0)
try:
    mine = modulus(key)
except Exception as error:
    sys.exit(print(f"{key} is no key that can be looked at: {error}"))
try:
    kits = modulus(kit_key)
except (OSError, ValueError):
    kits = None
if hashlib.sha256(mine.to_bytes((mine.bit_length() + 7) // 8, "big")).hexdigest() in DEFAULTS:
    print(f"{key} is the default key of OP-TEE's sources, which is public")
elif mine == kits:
    print(f"{key} is the key that comes with the TA dev kit, which everybody has who has the kit")
