# SPDX-License-Identifier: BSD-2-Clause
# Stage: the device tree. QEMU itself writes it; it must be dumped *with* -bios: without -bios QEMU describes a GPIO that a machine
# with firmware does not have, and Linux stops there. Then the kernel's command line and the initramfs are added.

build_device_tree() {
    local size
    "$qemu" "${qemu_machine[@]}" -machine dumpdtb="$out/machine.dtb" -bios "$out/flash.bin" -display none -nic none
    size=$(stat -c %s "$out/initramfs.gz")
    fdtput -t x "$out/machine.dtb" /chosen linux,initrd-start 0x0 $initramfs_address
    fdtput -t x "$out/machine.dtb" /chosen linux,initrd-end 0x0 "$(printf '0x%x' $((initramfs_address + size)))"
    fdtput -t s "$out/machine.dtb" /chosen bootargs "console=ttyAMA0 quiet loglevel=4 panic=-1"
}
