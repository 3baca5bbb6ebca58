# SPDX-License-Identifier: BSD-2-Clause
# The common part of the machines' boot scripts: becomes QEMU with the prepared machine. The process that the caller started *is*
# QEMU (or timeout(1) around it, with VM_TIMEOUT), and ends when its caller ends. Sourced by bash with the script's arguments:
#   machines/MACHINE/boot RUN_DIR STORAGE_DIR SHARE_DIR [console]
# RUN_DIR: in: job, environment; out: out, err, status, normal.log, secure.log, qemu.log (guest/init says more).
# STORAGE_DIR: data.ext4 (made if absent), the disk that lasts between boots; one machine at a time. SHARE_DIR: /host in the machine.
# console: the normal world's console is on the terminal (Ctrl-A X ends the machine at once).
settings=$(cd "$(dirname "$0")" && pwd)/settings.sh
run=$(cd "$1" && pwd)
mkdir -p "$2"
storage=$(cd "$2" && pwd)
share=$(cd "$3" && pwd)
console=${4:-}
cd "$(dirname "$0")/../.."
. "$settings"

exec 8> "$storage/lock"
if ! flock -n 8; then
    echo "waiting for another machine that uses $storage" >&2
    flock -w "${VM_TIMEOUT:-300}" 8 || { echo "another machine still uses $storage" >&2; exit 124; }
fi
if [ ! -s "$storage/data.ext4" ]; then
    rm -f "$storage/new.ext4"
    truncate -s 256M "$storage/new.ext4"
    mkfs.ext4 -q -F -L data -E root_owner=0:0,lazy_itable_init=0,lazy_journal_init=0 "$storage/new.ext4"
    mv "$storage/new.ext4" "$storage/data.ext4"
fi
mkdir -p "$out/festore/root"

arguments=("${qemu_machine[@]}" -accel tcg,thread=multi,tb-size=256 -display none -monitor none -nic none -no-reboot
    -bios "$out/flash.bin" -dtb "$out/machine.dtb" "${machine_devices[@]}"
    -device "loader,file=$out/kernel,addr=$kernel_address,force-raw=on"
    -device "loader,file=$out/initramfs.gz,addr=$initramfs_address,force-raw=on"
    # Changes of the root disk are discarded. Flushes of the data disk reach the host's disk.
    -drive "if=none,id=root,file=$out/root.ext4,format=raw,snapshot=on,cache=unsafe"
    -device virtio-blk-pci,drive=root,romfile=
    -drive "if=none,id=data,file=$storage/data.ext4,format=raw,cache=writeback"
    -device virtio-blk-pci,drive=data,romfile=
    -fsdev "local,id=machine,path=$run,security_model=none,multidevs=remap"
    -device virtio-9p-pci,fsdev=machine,mount_tag=machine,romfile=
    -fsdev "local,id=host,path=$share,security_model=none,multidevs=remap"
    -device virtio-9p-pci,fsdev=host,mount_tag=host,romfile=
    -fsdev "local,id=festore,path=$out/festore/root,security_model=none,multidevs=remap,readonly=on"
    -device virtio-9p-pci,fsdev=festore,mount_tag=festore,romfile=
    -device virtio-rng-pci,romfile=)
if [ -n "$console" ]; then
    arguments+=(-chardev "stdio,id=terminal,mux=on,signal=off,logfile=$run/normal.log" -serial chardev:terminal)
else
    arguments+=(-serial "file:$run/normal.log")
    exec < /dev/null > "$run/qemu.log" 2>&1
fi
arguments+=(-serial "file:$run/secure.log")

if [ -n "${VM_TIMEOUT:-}" ]; then
    exec setpriv --pdeathsig TERM timeout -k 5 "$VM_TIMEOUT" setpriv --pdeathsig KILL "$qemu" "${arguments[@]}"
fi
exec setpriv --pdeathsig KILL "$qemu" "${arguments[@]}"
