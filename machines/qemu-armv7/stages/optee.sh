# SPDX-License-Identifier: BSD-2-Clause
# Stages: OP-TEE out of Debian's source package. Debian's own python3 is used: it is the one that has the packages.

# The stages, each with its folder in $cached_dir afterwards.
optee_stage() {
    cached_stage optee-qemu "building OP-TEE for the emulator (2 min)" "$here/stages/optee.sh" \
        "=$ARMV7_OPTEE_SUITE $ARMV7_EXPECTED $compiler" -- build_optee
}

kit_stage() {
    cached_stage optee-kit "building the TA dev kit of the board ($ARMV7_BOARD, 1 min)" "$here/stages/optee.sh" \
        "=$ARMV7_OPTEE_SUITE $ARMV7_EXPECTED $ARMV7_BOARD $compiler" -- build_kit
}

# What the source lies in; fetched when a stage needs it, so that a cached one works without.
optee_source() {
    packages_open "$ARMV7_OPTEE_SUITE" "$arch"
    packages_fetch_source "$1"
    source=$packages_dir/src/$1
}

optee_make() { # OUTPUT PLATFORM ARGUMENT...
    local output=$1 platform=$2
    shift 2
    env PATH=/usr/sbin:/usr/bin:/sbin:/bin PYTHONDONTWRITEBYTECODE=1 CRYPTOGRAPHY_OPENSSL_NO_LEGACY=1 \
        make -s -C "$source" -j2 O="$output" PLATFORM="$platform" CROSS_COMPILE=$cross CFG_USER_TA_TARGETS=ta_arm32 \
        DEBUG=0 TEE_IMPL_VERSION="$(cut -d- -f1 "$source/.version")" CFG_TEE_CORE_LOG_LEVEL=2 CFG_TEE_TA_LOG_LEVEL=2 "$@"
}

# For the emulator only: whoever has these sources has the RPMB test key, and an OP-TEE with CFG_RPMB_WRITE_KEY hands its
# key to any device that asks (docs/rpmb.md). REE-FS is not tied to the RPMB, so that each shows what it can do alone.
build_optee() {
    optee_source optee-os
    optee_make "$built/build" vexpress-qemu_virt CFG_RPMB_FS=y CFG_RPMB_WRITE_KEY=y CFG_RPMB_TESTKEY=y \
        CFG_REE_FS_INTEGRITY_RPMB=n all ta_dev_kit
    mv "$built"/build/core/tee-{header,pager,pageable}_v2.bin "$built/build/export-ta_arm32" "$built/"
    rm -rf "$built/build"
}

# The board's TA dev kit: the device's own key is read from its fuses by the driver that this platform switches on.
build_kit() {
    optee_source optee-os
    optee_make "$built/build" "$ARMV7_BOARD" ta_dev_kit
    grep -q '^CFG_STM32MP15_HUK=y' "$built/build/conf.mk"
    mv "$built/build/export-ta_arm32" "$built/"
    cp "$built/build/conf.mk" "$built/"
    rm -rf "$built/build"
}
