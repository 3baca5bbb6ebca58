# SPDX-License-Identifier: BSD-2-Clause
# Stage: the root disk, an ext4 image with the packages' files. At each boot the machine's changes go to a temporary layer over it.

# Commands that Debian's alternatives system or busybox would provide: LINK=TARGET in /usr/bin.
root_disk_links='which=which.debianutils awk=gawk vi=busybox less=busybox ip=busybox ping=busybox clear=busybox reset=busybox
    poweroff=../lib/machine/poweroff reboot=../lib/machine/poweroff halt=../lib/machine/poweroff'

build_root_disk() {
    local root=$out/root name link
    rm -rf "$root"
    mkdir -p "$root"
    for name in $root_packages; do
        cp -a "$packages_dir/x/$name/." "$root/"
    done
    rm -rf "$root"/.version "$root"/usr/share/{doc,man,info,locale,lintian,bug,zoneinfo,i18n} "$root"/usr/lib/*/gconv \
        "$root"/var/lib
    mkdir -p "$root"/{dev,proc,sys,run,tmp,host,home,root,etc,opt,var/lib,var/tmp,usr/lib/machine,usr/lib/optee_armtz}
    for link in $root_disk_links; do
        [ -e "$root/usr/bin/${link%%=*}" ] || ln -sfn "${link#*=}" "$root/usr/bin/${link%%=*}"
    done
    cp machines/lib/guest/{init,poweroff,supplicant,switch-off} "$root/usr/lib/machine/"
    chmod 755 "$root"/usr/lib/machine/*
    ln -sfn ../lib/machine/supplicant "$root/usr/bin/supplicant"
    cp machines/lib/guest/{passwd,group,profile} "$root/etc/"
    echo "$machine" > "$root/etc/hostname"
    printf '127.0.0.1 localhost %s\n' "$machine" > "$root/etc/hosts"
    ln -sfn /proc/self/mounts "$root/etc/mtab"
    chmod 1777 "$root/tmp" "$root/var/tmp"
    rm -f "$out/root.ext4"
    truncate -s 768M "$out/root.ext4"
    # fakeroot: the files belong to the user who builds, but to root in the image.
    fakeroot mkfs.ext4 -q -F -L root -O ^has_journal -E lazy_itable_init=1 -d "$root" "$out/root.ext4"
    rm -rf "$root"
}
