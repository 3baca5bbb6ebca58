# SPDX-License-Identifier: BSD-2-Clause
# Stages: OP-TEE, U-Boot, and TF-A with the FIP that holds them. Each fills $built.

# OP-TEE out of Debian's source package, with the same settings as the kit that the TA is built with (qemu-armv7/stages/optee.sh).
# Not the variant that serves clocks and resets (SCMI): Debian's kernel drives them itself.
build_board_optee() {
    local setting
    optee_source optee-os
    optee_make "$built/build" "$ARMV7_BOARD" all
    # User TAs, storage in the normal world's files, the device's own key from its fuses, and no verbose console.
    for setting in CFG_WITH_USER_TA=y CFG_REE_FS=y CFG_STM32MP15_HUK=y CFG_RPMB_TESTKEY=n CFG_TEE_CORE_LOG_LEVEL=2; do
        grep -qx "$setting" "$built/build/conf.mk" || { echo "OP-TEE's configuration has no $setting"; exit 1; }
    done
    mv "$built"/build/core/tee-{header,pager,pageable}_v2.bin "$built/build/conf.mk" "$built/"
    rm -rf "$built/build"
}

build_uboot() {
    local make
    packages_open "$BOARD_UBOOT_SUITE" "$arch"
    packages_fetch_source u-boot
    make=(env PATH=/usr/sbin:/usr/bin:/sbin:/bin make -s -C "$packages_dir/src/u-boot" -j2 O="$built/build" CROSS_COMPILE=$cross)
    "${make[@]}" stm32mp15_defconfig
    "${make[@]}" DEVICE_TREE=$board_base u-boot-nodtb.bin u-boot.dtb
    mv "$built/build/u-boot-nodtb.bin" "$built/u-boot.bin"
    mv "$built/build/u-boot.dtb" "$built/u-boot.dtb"
    name_board "$built/u-boot.dtb"
    # Its default for this board would write the environment into the partition "fip".
    fdtput -t s "$built/u-boot.dtb" /config u-boot,mmc-env-partition u-boot-env
    rm -rf "$built/build"
}

name_board() { # DTB
    fdtput -t s "$1" / model "$board_model"
    fdtput -t s "$1" / compatible "${board_compatible[@]}"
}

build_firmware_board() { # OPTEE_DIR UBOOT_DIR
    local source=$built/tf-a release
    packages_open "$suite" "$arch"
    packages_fetch_source arm-trusted-firmware
    # A copy, because TF-A builds its tools inside the source.
    cp -r "$packages_dir/src/arm-trusted-firmware" "$source"
    {
        echo "#include \"$board_base.dts\""
        printf '/ {\n\tmodel = "%s";\n\tcompatible = ' "$board_model"
        printf '"%s", ' "${board_compatible[@]}" | sed 's/, $/;\n};\n/'
    } > "$source/fdts/$machine.dts"
    # Without --build-id=none Debian's gcc adds a note which the linker script leaves at address 0: a file of 800 MB.
    make -s -C "$source" -j2 CROSS_COMPILE=$cross PLAT=stm32mp1 ARCH=aarch32 ARM_ARCH_MAJOR=7 AARCH32_SP=optee STM32MP15=1 \
        STM32MP_SDMMC=1 DTB_FILE_NAME=$machine.dtb DEBUG=0 LOG_LEVEL=40 E=0 BUILD_STRING=debian BUILD_MESSAGE_TIMESTAMP='""' \
        STM32_TF_ELF_LDFLAGS="--hash-style=gnu --as-needed --build-id=none"
    release=$source/build/stm32mp1/release
    cp "$release/tf-a-$machine.stm32" "$built/fsbl.stm32"
    cp "$release/fdts/$machine-fw-config.dtb" "$built/fw-config.dtb"
    fiptool create --tos-fw "$1/tee-header_v2.bin" --tos-fw-extra1 "$1/tee-pager_v2.bin" --tos-fw-extra2 "$1/tee-pageable_v2.bin" \
        --fw-config "$built/fw-config.dtb" --hw-config "$2/u-boot.dtb" --nt-fw "$2/u-boot.bin" "$built/fip.bin"
    fiptool info "$built/fip.bin"
    rm -rf "$source"
}
