#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# ta/Makefile: release builds refuse public signing keys; an SDK's environment is understood. The dev kit is a stand-in
# that prints its inputs.

setup() {
    cd "$BATS_TEST_DIRNAME/../../ta"
    kit="$BATS_TEST_TMPDIR/kit"
    mkdir -p "$kit/mk" "$kit/keys"
    cat > "$kit/mk/ta_dev_kit.mk" <<'MAKE'
TA_SIGN_KEY ?= $(TA_DEV_KIT_DIR)/keys/default_ta.pem
all:
	@echo 'key=$(notdir $(TA_SIGN_KEY)) cross=$(CROSS_COMPILE) flags=[$(CFLAGS)$(CPPFLAGS)$(LDFLAGS)] 64=[$(CFLAGS64)]'
MAKE
    cat > "$BATS_TEST_TMPDIR/make_keys.py" <<'PYTHON'
import sys
from cryptography.hazmat.primitives import serialization as s
from cryptography.hazmat.primitives.asymmetric import rsa

folder, modulus = sys.argv[1:]
public = s.Encoding.PEM, s.PublicFormat.SubjectPublicKeyInfo
default = rsa.RSAPublicNumbers(65537, int(modulus, 16)).public_key()
open(folder + "/public.pem", "wb").write(default.public_bytes(*public))
for name in "own", "vendor":
    key = rsa.generate_private_key(65537, 2048)
    pem = key.private_bytes(s.Encoding.PEM, s.PrivateFormat.TraditionalOpenSSL, s.NoEncryption())
    open(f"{folder}/{name}.pem", "wb").write(pem)
    open(f"{folder}/{name}-public.pem", "wb").write(key.public_key().public_bytes(*public))
PYTHON
    # OP-TEE's default key (that of 4.5), made from the modulus in doctor's source.
    modulus=$(sed -n '/kDefaultModuli/,/,$/p' ../doctor/ta_signature.cpp | grep -oE '[0-9a-f]{30,}' | tr -d '\n')
    python3 "$BATS_TEST_TMPDIR/make_keys.py" "$kit/keys" "$modulus"
    cp "$kit/keys/public.pem" "$kit/keys/default_ta.pem"
    keys="$kit/keys"
}

build() { make -s TA_DEV_KIT_DIR="$kit" O="$BATS_TEST_TMPDIR/out" "$@"; }

@test "a build that is not a release uses the kit's key" {
    run build
    [ "$status" -eq 0 ]
    [[ $output == *"key=default_ta.pem"* ]]
}

@test "a release refuses the kit's key, with any value of RELEASE" {
    for value in 1 y yes on 0; do
        run build RELEASE=$value
        [ "$status" -ne 0 ]
        [[ $output == *"needs your own signing key"* ]]
    done
    run build RELEASE=
    [ "$status" -eq 0 ]
}

@test "a release refuses the default key under any name, private or public" {
    cp "$keys/public.pem" "$keys/mine.pem"
    run build RELEASE=1 TA_SIGN_KEY="$keys/mine.pem"
    [ "$status" -ne 0 ]
    [[ $output == *"default key of OP-TEE's sources"* ]]
    run build RELEASE=1 TA_SIGN_KEY="$keys/mine.pem" ALLOW_PUBLIC_KEY=1
    [ "$status" -eq 0 ]
}

@test "a release refuses a kit's key that is not OP-TEE's default" {
    cp "$keys/vendor.pem" "$keys/default_ta.pem"
    run build RELEASE=1
    [ "$status" -ne 0 ]
    run build RELEASE=1 TA_SIGN_KEY="$keys/vendor-public.pem"
    [ "$status" -ne 0 ]
    [[ $output == *"comes with the TA dev kit"* ]]
}

@test "a release accepts its own key, also only the public half, and refuses a missing key" {
    run build RELEASE=1 TA_SIGN_KEY="$keys/own.pem"
    echo "$output"
    [ "$status" -eq 0 ]
    run build RELEASE=y TA_SIGN_KEY="$keys/own-public.pem"
    [ "$status" -eq 0 ]
    run build RELEASE=1 TA_SIGN_KEY="$keys/missing.pem"
    [ "$status" -ne 0 ]
    [[ $output == *"is no key"* ]]
}

@test "from an SDK's environment the TA uses the compiler's name and sysroot, but no flags for Linux" {
    export CC="aarch64-poky-linux-gcc -march=armv8-a -fstack-protector-strong -D_FORTIFY_SOURCE=2 --sysroot=/sdk/root"
    export CFLAGS="-O2 -pipe" CPPFLAGS="-DX" LDFLAGS="-Wl,-O1"
    run build
    [ "$status" -eq 0 ]
    [[ $output == *"cross=aarch64-poky-linux- flags=[] 64=[--sysroot=/sdk/root]"* ]]
    run build CROSS_COMPILE=aarch64-other-
    [[ $output == *"cross=aarch64-other- "* ]]
    CC="gcc -m64" run build
    [[ $output == *"cross=aarch64-linux-gnu- "* ]]
}
