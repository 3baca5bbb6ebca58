# SPDX-License-Identifier: BSD-2-Clause
# The common settings of the machine's scripts. Sourced by bash (set -eu) with the project's root as the working directory.
. machines/lib/packages.sh
. machines/lib/stages.sh

machine=qemu-armv7
here=machines/$machine
out=${MACHINE_OUT:-$PWD/build/machine}/$machine
suite=$ARMV7_SUITE arch=armhf triplet=arm-linux-gnueabihf cross=arm-linux-gnueabihf-
packages_expected=$ARMV7_EXPECTED
compiler=$(${cross}gcc -dumpfullversion 2> /dev/null || echo none)
ta_out=$PWD/build/ta/armhf # the same TA as for the board
kernel_package=linux-image-armmp
qemu=${QEMU:-qemu-system-arm}
# Processors as on the arm64 machine. highmem=off: Debian's kernel for armhf has 32-bit addresses.
qemu_machine=(-machine "virt,secure=on,highmem=off" -cpu cortex-a15 -smp "${MACHINE_CPUS:-1}" -m 1G)
# machines/qemu-armv7/start.S uses the first two.
kernel_address=0x42000000
device_tree_address=0x4e000000
initramfs_address=0x50000000
# The machine has no power switch; this device ends QEMU (guest/poweroff).
machine_devices=(-device pvpanic-pci)
