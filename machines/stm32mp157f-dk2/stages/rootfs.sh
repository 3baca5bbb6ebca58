# SPDX-License-Identifier: BSD-2-Clause
# Stage: the root file system: Debian, festore's package, the TEE's kernel modules, and what this board needs to be told.

# Programs for armhf run on this machine by qemu-user, once the kernel knows it.
enable_foreign_programs() {
    local registered=/proc/sys/fs/binfmt_misc
    [ -e $registered/register ] || mount -t binfmt_misc binfmt_misc $registered
    [ -e $registered/qemu-arm ] || update-binfmts --enable qemu-arm || update-binfmts --import qemu-arm
    arch-test armhf > /dev/null || { echo "this machine cannot run programs for armhf: qemu-user-static and binfmt-support?"; exit 1; }
}

build_rootfs() { # TEE_MODULES DEB
    local root=$out/rootfs
    enable_foreign_programs
    rm -rf "$root" "$root.new"
    # shellcheck disable=SC2016
    SOURCE_DATE_EPOCH=$(source_date) mmdebstrap --mode=root --variant=minbase --architectures=armhf \
        --include="$(read_list "$here/packages.list" | xargs | tr ' ' ,)" \
        --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/doc/*' \
        --dpkgopt='path-include=/usr/share/doc/*/copyright' --dpkgopt='path-exclude=/usr/share/man/*' \
        --dpkgopt='path-include=/usr/share/man/man1/festore*' --dpkgopt='path-include=/usr/share/doc/festore/*' \
        --essential-hook='mkdir -p "$1/etc/initramfs-tools/conf.d"' \
        --essential-hook="cp $PWD/$here/files/initramfs.conf \"\$1/etc/initramfs-tools/conf.d/board.conf\"" \
        --essential-hook="cp $PWD/$here/files/initramfs.modules \"\$1/etc/initramfs-tools/modules\"" \
        --customize-hook="$PWD/$here/stages/customize \"\$1\" $1 $2" \
        "$suite" "$root.new" "deb $(packages_mirror) $suite main"
    mv "$root.new" "$root"
    du -sh "$root"
}
