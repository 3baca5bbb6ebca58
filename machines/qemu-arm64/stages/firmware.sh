# SPDX-License-Identifier: BSD-2-Clause
# Stage: the flash image: TF-A's BL1, and at 256 KiB its FIP with BL2, BL31 and Debian's OP-TEE as BL32. There is no BL33
# image: BL31 enters the kernel that QEMU has put at kernel_address.

build_firmware() {
    local bl32=$packages_dir/x/optee-os/usr/lib/optee/$ARM64_OPTEE_PLATFORM source=$out/tf-a
    # A copy, because TF-A builds its tools inside the source.
    rm -rf "$source"
    cp -r "$packages_dir/src/arm-trusted-firmware" "$source"
    make -C "$source" -j2 CROSS_COMPILE=$cross PLAT=qemu SPD=opteed DEBUG=0 LOG_LEVEL=20 \
        BL32="$bl32/tee-header_v2.bin" BL32_EXTRA1="$bl32/tee-pager_v2.bin" BL32_EXTRA2="$bl32/tee-pageable_v2.bin" \
        BL32_RAM_LOCATION=tdram QEMU_USE_GIC_DRIVER=QEMU_GICV3 ARM_LINUX_KERNEL_AS_BL33=1 \
        BUILD_STRING=debian BUILD_MESSAGE_TIMESTAMP='""' \
        PRELOADED_BL33_BASE=$kernel_address bl1 fip
    cp "$source/build/qemu/release/bl1.bin" "$out/flash.bin"
    dd if="$source/build/qemu/release/fip.bin" of="$out/flash.bin" bs=4096 seek=64 conv=notrunc status=none
    rm -rf "$source"
}
