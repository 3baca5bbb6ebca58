# SPDX-License-Identifier: BSD-2-Clause
# Stage: the image of the card: partition table, boot chain, file systems; and the list of its blocks in use (.bmap).

# TF-A looks for its FIP in the first partition of this type.
fip_type=19d5df83-11b0-457b-be2c-7559c13142a5

build_disk() { # OPTEE_DIR FIRMWARE_DIR
    local parts=$out/parts root=$out/rootfs release
    release=$(basename "$(ls -d "$root"/usr/lib/modules/*-armmp)")
    rm -rf "$parts" "$image" "$image.bmap"
    mkdir -p "$parts"/{bootfs/extlinux,empty,userfs/{festore,optee-client}}
    cp "$root/boot/vmlinuz-$release" "$parts/bootfs/vmlinuz"
    cp "$root/boot/initrd.img-$release" "$parts/bootfs/initrd.img"
    cp "$root/usr/lib/linux-image-$release/$board_base.dtb" "$parts/bootfs/$machine.dtb"
    name_board "$parts/bootfs/$machine.dtb"
    add_optee "$parts/bootfs/$machine.dtb" "$1/conf.mk"
    cp "$here/files/extlinux.conf" "$parts/bootfs/extlinux/extlinux.conf"
    file_system bootfs $bootfs_mib "$parts/bootfs"
    file_system vendorfs $vendorfs_mib "$parts/empty"
    file_system rootfs "$rootfs_mib" "$root"
    # With parameters for the large file system that it will become.
    file_system userfs $userfs_mib "$parts/userfs" -b 4096 -i 16384 -J size=8

    truncate -s $((bootfs_mib + vendorfs_mib + rootfs_mib + userfs_mib + 16))M "$image.new"
    sgdisk -o -a 1 -n 1:34:+256K -c 1:fsbl1 -n 2:0:+256K -c 2:fsbl2 -n 3:0:+256K -c 3:metadata1 -n 4:0:+256K -c 4:metadata2 \
        -n 5:0:+4M -t 5:$fip_type -c 5:fip-a -n 6:0:+4M -t 6:$fip_type -c 6:fip-b -n 7:0:+512K -c 7:u-boot-env "$image.new"
    # The attribute tells U-Boot where to look for extlinux.conf.
    sgdisk -a 2048 -n 8:0:+${bootfs_mib}M -c 8:bootfs -A 8:set:2 -n 9:0:+${vendorfs_mib}M -c 9:vendorfs \
        -n "10:0:+${rootfs_mib}M" -c 10:rootfs -n 11:0:+${userfs_mib}M -c 11:userfs "$image.new"
    # Data of an earlier system on the card must not be taken for this system's, above all an environment of U-Boot.
    for part in 3 4 7; do put $part /dev/zero "$(partition_bytes $part)"; done
    put 1 "$2/fsbl.stm32"
    put 2 "$2/fsbl.stm32"
    put 5 "$2/fip.bin"
    put 6 "$2/fip.bin"
    put 8 "$parts/bootfs.ext4"
    put 9 "$parts/vendorfs.ext4"
    put 10 "$parts/rootfs.ext4"
    put 11 "$parts/userfs.ext4"
    sgdisk -v "$image.new"
    mv "$image.new" "$image"
    bmaptool create -o "$image.bmap" "$image"
    # For updates of the boot chain alone.
    cp "$2/fip.bin" "$2/fsbl.stm32" "$out/"
    rm -rf "$parts"
}

# OP-TEE adds both nodes to the device tree that U-Boot gets, and U-Boot adds them to the kernel's. They are added here, too, to not depend
# on that.
add_optee() { # DTB CONF
    local start size
    start=$(sed -n 's/^CFG_TZDRAM_START=//p' "$2")
    size=$(sed -n 's/^CFG_TZDRAM_SIZE=//p' "$2")
    fdtput -p -t s "$1" /firmware/optee compatible linaro,optee-tz
    fdtput -t s "$1" /firmware/optee method smc
    fdtput -p -t x "$1" "/reserved-memory/optee@${start#0x}" reg "$start" "$size"
    fdtput "$1" "/reserved-memory/optee@${start#0x}" no-map
}

file_system() { # NAME MIB FOLDER [OPTION...]
    truncate -s "$2"M "$parts/$1.ext4"
    E2FSPROGS_FAKE_TIME=$(source_date) mke2fs -q -F -t ext4 -L "$1" -E lazy_itable_init=0,lazy_journal_init=0 "${@:4}" -d "$3" \
        "$parts/$1.ext4"
}

# Zeroes are left out only for a file system: its superblock says which blocks were never written.
put() { # NUMBER FILE [BYTES]
    local first flags=notrunc
    case $2 in *.ext4) flags=notrunc,sparse ;; esac
    first=$(sgdisk -i "$1" "$image.new" | sed -n 's/^First sector: \([0-9]*\).*/\1/p')
    dd if="$2" of="$image.new" bs=512 seek="$first" ${3:+count=$(($3 / 512))} conv=$flags status=none
}

partition_bytes() { # NUMBER
    echo $(($(sgdisk -i "$1" "$image.new" | sed -n 's/^Partition size: \([0-9]*\) sectors.*/\1/p') * 512))
}
