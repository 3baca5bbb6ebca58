# SPDX-License-Identifier: BSD-2-Clause
# What the board's scripts agree on. Sourced by bash (set -eu) with the working directory at the project's root.
. machines/lib/packages.sh
. machines/lib/stages.sh

machine=stm32mp157f-dk2
here=machines/$machine
out=${MACHINE_OUT:-$PWD/build/machine}/$machine
image=$out/$machine.img
suite=$ARMV7_SUITE arch=armhf triplet=arm-linux-gnueabihf cross=arm-linux-gnueabihf-
packages_expected="$ARMV7_EXPECTED $BOARD_EXPECTED"
compiler=$(${cross}gcc -dumpfullversion 2> /dev/null || echo none)
kernel_package=linux-image-armmp
# festore and its TA are the ones that are built for, and tested on, the emulated machine of the same architecture.
tested=qemu-armv7
tested_out=${MACHINE_OUT:-$PWD/build/machine}/$tested
ta=$PWD/build/ta/armhf/ta/b7e89fc1-5044-431e-b4c5-9fb6ae256423.ta

# Debian, TF-A and U-Boot know the C variant of the board. The F variant differs by a faster processor.
board_base=stm32mp157c-dk2
board_model='STMicroelectronics STM32MP157F-DK2 Discovery Board'
board_compatible=(st,stm32mp157f-dk2 "st,$board_base" st,stm32mp157)

# Sizes of the file systems, MiB.
bootfs_mib=96 vendorfs_mib=16 rootfs_mib=${ROOTFS_MIB:-1024} userfs_mib=64
