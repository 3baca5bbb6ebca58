# SPDX-License-Identifier: BSD-2-Clause
# Stage: the flash image: TF-A's BL1, then at 256 KiB its FIP with BL2, OP-TEE as BL32, and start.S as BL33.

build_firmware() { # OPTEE_DIR
    local source=$built/tf-a
    packages_fetch_source arm-trusted-firmware
    # A copy, because TF-A builds its tools inside the source.
    cp -r "$packages_dir/src/arm-trusted-firmware" "$source"
    ${cross}gcc -nostdlib -static -no-pie -Wl,-Ttext=0x60000000,--build-id=none -DKERNEL=$kernel_address \
        -DDEVICE_TREE=$device_tree_address -o "$built/start.elf" "$here/start.S"
    ${cross}objcopy -O binary -j .text "$built/start.elf" "$built/start.bin"
    make -C "$source" -j2 CROSS_COMPILE=$cross PLAT=qemu ARCH=aarch32 ARM_ARCH_MAJOR=7 AARCH32_SP=optee DEBUG=0 \
        LOG_LEVEL=20 BL32="$1/tee-header_v2.bin" BL32_EXTRA1="$1/tee-pager_v2.bin" BL32_EXTRA2="$1/tee-pageable_v2.bin" \
        ARM_TSP_RAM_LOCATION=tdram BL32_RAM_LOCATION=tdram BL33="$built/start.bin" BUILD_STRING=debian \
        BUILD_MESSAGE_TIMESTAMP='""' bl1 fip
    cp "$source/build/qemu/release/bl1.bin" "$built/flash.bin"
    dd if="$source/build/qemu/release/fip.bin" of="$built/flash.bin" bs=4096 seek=64 conv=notrunc status=none
    rm -rf "$source" "$built"/start.*
}
