# SPDX-License-Identifier: BSD-2-Clause
# The common settings of the machine's scripts. Sourced by bash (set -eu) with the project's root as the working directory.
. machines/lib/packages.sh
. machines/lib/stages.sh

machine=qemu-arm64
here=machines/$machine
out=${MACHINE_OUT:-$PWD/build/machine}/$machine
suite=$ARM64_SUITE arch=arm64 triplet=aarch64-linux-gnu cross=aarch64-linux-gnu-
packages_expected=$ARM64_EXPECTED
ta_out=$out/festore/ta
kernel_package=linux-image-arm64
module_dirs=() # further folders with kernel modules
qemu=${QEMU:-qemu-system-aarch64}
# One processor, unless MACHINE_CPUS says otherwise: secure storage is then three to four times faster. cortex-a57: "max" takes
# three times as long to boot.
qemu_machine=(-machine "virt,secure=on,gic-version=3" -cpu cortex-a57 -smp "${MACHINE_CPUS:-1}" -m 1G)
kernel_address=0x44000000
initramfs_address=0x50000000
machine_devices=()
