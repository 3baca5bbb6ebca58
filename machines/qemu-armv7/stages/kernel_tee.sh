# SPDX-License-Identifier: BSD-2-Clause
# Stage: the TEE's kernel modules. Debian's armhf kernels have none, so drivers/tee of Debian's linux-source is built for
# Debian's own kernel: its configuration, its release name, and the symbol versions of its headers package.

build_kernel_tee() {
    local release headers module tree=$built/linux
    release=$(kernel_release)
    headers=linux-headers-$release
    packages_fetch "$headers" "linux-source-$(cut -d. -f1,2 <<< "$release")"
    mkdir "$tree"
    tar xf "$packages_dir"/x/linux-source-*/usr/src/linux-source-*.tar.xz -C "$tree" --strip-components=1
    cp "$packages_dir/x/$headers/usr/src/$headers/Module.symvers" "$tree/"
    cp "$packages_dir/x/linux-image/boot/config-$release" "$tree/.config"
    # Settings that would need another compiler, signing keys or debug information.
    "$tree/scripts/config" --file "$tree/.config" -d DEBUG_INFO_BTF -d MODULE_SIG_ALL --set-str SYSTEM_TRUSTED_KEYS ''
    kernel_make olddefconfig
    kernel_make modules_prepare
    printf '%s\n' "$release" > "$tree/include/config/kernel.release"
    sed -i "s/^#define UTS_RELEASE .*/#define UTS_RELEASE \"$release\"/" "$tree/include/generated/utsrelease.h"
    kernel_make M=drivers/tee CONFIG_TEE=m CONFIG_OPTEE=m modules
    for module in tee optee/optee; do
        ${cross}strip -g -o "$built/${module##*/}.ko" "$tree/drivers/tee/$module.ko"
    done
    xz "$built"/*.ko
    rm -rf "$tree"
}

kernel_make() {
    make -s -C "$tree" -j2 ARCH=arm CROSS_COMPILE=$cross KERNELRELEASE="$release" "$@"
}

kernel_release() {
    basename "$packages_dir"/x/linux-image/usr/lib/modules/*
}
