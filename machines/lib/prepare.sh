# SPDX-License-Identifier: BSD-2-Clause
# The common part of the machines' prepare scripts. Sourced by bash after the machine's settings.sh.
#   prepare_begin      opens the cache and takes the machine's lock
#   prepare_system     initramfs, root disk and device tree, after the machine's own stages
. machines/lib/stages/packages.sh
. machines/lib/stages/initramfs.sh
. machines/lib/stages/root_disk.sh
. machines/lib/stages/device_tree.sh

prepare_begin() {
    stages_open "$machine" "$out"
    exec 9> "$out/prepare.lock"
    flock 9
    packages_open "$suite" "$arch"
}

prepare_system() {
    local file modules=()
    for file in "${module_dirs[@]}"; do modules+=("$file"/*.ko.xz); done
    stage initramfs "packing the initramfs (about 5 s)" "$here/settings.sh" machines/lib/stages/initramfs.sh \
        machines/lib/modules.list machines/lib/guest/initramfs-init "${modules[@]}" \
        "=$(version_of linux-image busybox-static)" -- build_initramfs
    stage root_disk "making the root disk (about 15 s)" "$here/settings.sh" machines/lib/stages/root_disk.sh \
        "$out/versions" machines/lib/guest/* -- build_root_disk
    stage device_tree "writing the device tree (about 1 s)" "$here/settings.sh" machines/lib/stages/device_tree.sh \
        "$out/stamps/firmware" "$out/stamps/initramfs" "=$("$qemu" --version)" "=${MACHINE_CPUS:-1}" -- build_device_tree
}
