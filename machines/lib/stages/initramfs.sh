# SPDX-License-Identifier: BSD-2-Clause
# Stage: a small initramfs with busybox and the kernel modules that the machine needs; it finds the root disk.

# Prints the file of the module NAME. In names - and _ mean the same, in file names they do not.
module_file() {
    find "$modules_dir" "${module_dirs[@]}" -name "${1//[-_]/[-_]}.ko.xz" | sed -n 1p
}

# Adds the files of the modules that NAME needs, and then its own file, to module_order, each once. Built-in modules have no file.
module_with_dependencies() {
    local name=$1 file needs
    file=$(module_file "$name")
    case " $modules_seen " in *" ${name//-/_} "*) return ;; esac
    modules_seen="$modules_seen ${name//-/_}"
    if [ -z "$file" ]; then
        grep -q "/${name//[-_]/[-_]}\.ko$" "$modules_dir/modules.builtin" || { echo "no kernel module $name"; exit 1; }
        return 0
    fi
    # The package has no modules.dep, which depmod writes on installation. The module itself lists what it needs.
    needs=$(xz -dc "$file" | tr '\0' '\n' | sed -n 's/^depends=//p' | tr ',' ' ')
    for name in $needs; do
        module_with_dependencies "$name"
    done
    module_order+=("$file")
}

build_initramfs() {
    local root=$out/initramfs name file
    modules_dir=$(echo "$packages_dir"/x/linux-image/usr/lib/modules/*)
    modules_seen='' module_order=()
    rm -rf "$root"
    mkdir -p "$root"/{bin,dev,proc,sys,lib/modules,new-root}
    cp "$packages_dir/x/busybox-static/usr/bin/busybox" "$root/bin/"
    cp "${initramfs_init:-machines/lib/guest/initramfs-init}" "$root/init"
    chmod 755 "$root/init"
    for name in $(read_list machines/lib/modules.list); do
        module_with_dependencies "$name"
    done
    for file in "${module_order[@]}"; do
        name=$(basename "$file" .xz)
        xz -dc "$file" > "$root/lib/modules/$name"
        echo "$name" >> "$root/lib/modules/order"
    done
    (cd "$root" && find . | LC_ALL=C sort | cpio --quiet -o -H newc -R 0:0 | gzip -n -1) > "$out/initramfs.gz"
    rm -rf "$root"
    ln -sfn "$(echo "$packages_dir"/x/linux-image/boot/vmlinuz-*)" "$out/kernel"
}
