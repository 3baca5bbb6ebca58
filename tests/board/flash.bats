#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# tools/flash on files and loop devices. A folder simulates Linux's information about other disks.
bats_require_minimum_version 1.5.0

setup() {
    flash=$BATS_TEST_DIRNAME/../../tools/flash
    cd "$BATS_TEST_TMPDIR"
    image=$PWD/sd.img card=$PWD/card
    python3 "$BATS_TEST_DIRNAME/make_card.py" "$image" 6 fsbl1=256 fip-a=512 fip-b=512 rootfs=2048
}
teardown() {
    [ -z "${mounted:-}" ] || umount "$mounted"
    [ -z "${loop:-}" ] || losetup -d "$loop"
}

refused() { # MESSAGE ARGUMENT...: expects an error of one line, and the card unchanged
    local before message=$1
    shift
    before=$(sha256sum < "$card")
    run --separate-stderr "$flash" "$@" < /dev/null
    [ "$status" -eq 1 ]
    [[ $stderr == "tools/flash: "*$message* ]] || { echo "$stderr"; return 1; }
    [ "${#stderr_lines[@]}" -eq 1 ]
    [ "$(sha256sum < "$card")" = "$before" ]
}
new_card() { head -c "${1:-8M}" /dev/urandom > "$card"; }
# Makes a block map like bmaptool's, for the blocks FIRST-LAST of the image.
map() { # FIRST LAST [CHECKSUM]
    local sum=${3:-$(tail -c +$(($1 * 4096 + 1)) "$image" | head -c $((($2 - $1 + 1) * 4096)) | sha256sum | cut -d' ' -f1)}
    cat > "$image.bmap" <<XML
<?xml version="1.0" ?>
<bmap version="2.0"><ImageSize> $(stat -c %s "$image") </ImageSize><BlockSize> 4096 </BlockSize><BlocksCount> 1536 </BlocksCount>
<MappedBlocksCount> $(($2 - $1 + 1)) </MappedBlocksCount><ChecksumType> sha256 </ChecksumType>
<BlockMap><Range chksum="$sum"> $1-$2 </Range></BlockMap></bmap>
XML
}

@test "the image is written byte by byte, and the rest of the card stays" {
    new_card
    cp "$card" before
    run "$flash" --yes "$image" "$card"
    [ "$status" -eq 0 ]
    [[ $output == *"written and read back: 6291456 of 6291456 bytes"* ]]
    cmp -n 6291456 "$image" "$card"
    cmp -i 6291456 before "$card"
}

@test "with a block map, only its blocks are written" {
    new_card
    cp "$card" before
    map 256 511
    run "$flash" --yes "$image" "$card"
    [ "$status" -eq 0 ]
    [[ $output == *"written and read back: 1048576 of 6291456 bytes"* ]]
    cmp -i 1048576 -n 1048576 "$image" "$card"
    cmp -n 1048576 before "$card"
    cmp -i 2097152 before "$card"
}

@test "an image that differs from its block map, a map of another image, and a file that is not a map" {
    new_card
    map 0 10 "$(printf '%064d' 0)"
    refused "the image differs from its block map at byte 0" --yes "$image" "$card"
    map 1500 1600 x
    refused "names blocks outside the image" --yes "$image" "$card"
    map 0 10
    sed -i 's/6291456/6291457/' "$image.bmap"
    refused "belongs to another image" --yes "$image" "$card"
    echo '<bmap>' > "$image.bmap"
    refused "is not a block map" --yes "$image" "$card"
}

@test "too small, by one byte; an empty image; the image itself; a folder" {
    new_card 6291455
    refused "it is too small: 6291455 bytes for an image of 6291456" --yes "$image" "$card"
    : > empty
    refused "is empty" --yes empty "$card"
    refused "it is the image itself" --yes "$card" "$card"
    refused "it is neither a disk nor a file" --yes "$image" /dev/null
    refused "No such file or directory" --yes "$image" none
    refused "No such file or directory" --yes none "$card"
}

@test "without --yes it shows the data that will be lost, and asks" {
    cp "$image" "$card"
    refused "no terminal to confirm on" "$image" "$card"
    [[ $output == *"ALL DATA ON IT WILL BE LOST"*"fip-a (0.5 MB)"*"rootfs (2.1 MB)"* ]]
    new_card
    run script -qec "'$flash' '$image' '$card'" /dev/null <<< no
    [ "$status" -eq 1 ]
    [[ $output == *"no readable partition table"*"not confirmed; nothing was written"* ]]
    run script -qec "'$flash' '$image' '$card'" /dev/null <<< yes
    [ "$status" -eq 0 ]
    cmp -n 6291456 "$image" "$card"
}

@test "only the fip partitions" {
    cp "$image" "$card"
    { printf '\x01\x00\x64\xaa'; head -c 300000 /dev/urandom; } > fip.bin
    run "$flash" --yes --fip fip.bin "$card"
    [ "$status" -eq 0 ]
    [[ $output == *"fip-a and fip-b, 300004 bytes each"* ]]
    python3 - "$image" "$card" <<'PYTHON'
import sys
old, new, fip = (open(name, "rb").read() for name in (*sys.argv[1:], "fip.bin"))
a = 64 * 512 + (256 << 10)
b = a + (512 << 10)
want = bytearray(old)
want[a:a + len(fip)] = fip
want[b:b + len(fip)] = fip
assert new == want
PYTHON
}

@test "an invalid FIP, a FIP that is too large, a card without fip partitions or with a damaged table" {
    cp "$image" "$card"
    head -c 1000 /dev/zero > fip.bin
    refused "is not a firmware image package" --yes --fip fip.bin "$card"
    { printf '\x01\x00\x64\xaa'; head -c 524288 /dev/zero; } > fip.bin
    refused "its partition fip-a is too small: 524288 bytes for a package of 524292" --yes --fip fip.bin "$card"
    truncate -s 1000 fip.bin
    printf X | dd of="$card" bs=1 seek=1100 conv=notrunc status=none
    refused "it has no partition fip" --yes --fip fip.bin "$card"
    new_card
    refused "it has no partition fip" --yes --fip fip.bin "$card"
}

@test "disks that are mounted, swap, part of another, fixed, write-protected, and partitions of disks are refused" {
    run python3 -B - "$flash" <<'PYTHON'
import importlib.machinery
import importlib.util
import sys
from pathlib import Path

loader = importlib.machinery.SourceFileLoader("flash", sys.argv[1])
flash = importlib.util.module_from_spec(importlib.util.spec_from_loader("flash", loader))
loader.exec_module(flash)
system = flash.System("sys", "proc")
mounts = ["21 1 8:2 / /media/card rw shared:1 - ext4 /dev/sda2 rw", "22 1 0:5 / /proc rw - proc proc rw"]
Path("proc/self").mkdir(parents=True)


def disk(name, number, removable="1", ro="0", parts=(), **files):
    base = Path("sys/class/block")
    (base / name / "holders").mkdir(parents=True)
    for key, value in {"dev": number, "removable": removable, "ro": ro, **files}.items():
        path = base / name / key.replace("_", "/")
        path.parent.mkdir(exist_ok=True)
        path.write_text(value + "\n")
    for part, part_number in parts:
        (base / name / part / "holders").mkdir(parents=True)
        (base / name / part / "partition").write_text("1\n")
        (base / name / part / "dev").write_text(part_number + "\n")
        (base / part).symlink_to(f"{name}/{part}")


disk("sda", "8:0", parts=[("sda1", "8:1"), ("sda2", "8:2")])
disk("sdb", "8:16", parts=[("sdb1", "8:17")])
disk("sdc", "8:32", parts=[("sdc1", "8:33")])
disk("sdd", "8:48", removable="0")
disk("sde", "8:64", ro="1")
disk("sdf", "8:80", parts=[("sdf1", "8:81")], device_model="Card Reader")
disk("mmcblk0", "179:0", removable="0", device_type="SD", parts=[("mmcblk0p1", "179:1")])
disk("mmcblk1", "179:8", removable="0", device_type="MMC")
disk("sdg", "8:96", removable="0", parts=[("sdg2", "8:98")])
(Path("sys/class/block/sdc/sdc1/holders") / "dm-0").mkdir()
Path("proc/self/mountinfo").write_text("\n".join(mounts + ["23 1 8:98 / / rw - ext4 /dev/sdg2 rw"]) + "\n")
Path("proc/swaps").write_text("Filename Type Size Used Priority\n/dev/sdb1 partition 1 0 -2\n")


def says(name, fixed=False):
    try:
        system.check(name, fixed)
    except flash.Refused as error:
        return str(error)
    return "taken"


assert says("sda") == "it is in use: sda2 is mounted on /media/card", says("sda")
assert says("sdb") == "it is in use: sdb1 is swap space", says("sdb")
assert says("sdc") == "it is in use: sdc1 is part of dm-0", says("sdc")
assert says("sdd") == "it is not removable; use --fixed to write it anyway"
assert says("sdd", fixed=True) == "taken"
assert says("sde", fixed=True) == "it is write-protected"
assert says("sda1") == "it is a partition; name the whole disk"
assert "cannot be read" in says("sdz", fixed=True)
assert says("sdf") == "taken" and system.describe("sdf") == "Card Reader"
assert says("mmcblk0") == "taken" and says("mmcblk1") != "taken"
assert says("sdg", fixed=True) == "it is in use: sdg2 is mounted on /"
print("all as expected")
PYTHON
    [ "$status" -eq 0 ] || { echo "$output"; return 1; }
    [ "$output" = "all as expected" ]
}

@test "a medium that does not keep the written data is detected" {
    new_card
    run python3 -B - "$flash" "$image" "$card" <<'PYTHON'
import importlib.machinery
import importlib.util
import os
import sys

loader = importlib.machinery.SourceFileLoader("flash", sys.argv[1])
flash = importlib.util.module_from_spec(importlib.util.spec_from_loader("flash", loader))
loader.exec_module(flash)
sync = os.fsync


def spoil(fd):
    os.pwrite(fd, b"\xff\x00", 5000000)
    sync(fd)


os.fsync = spoil
sys.argv = ["flash", "--yes", *sys.argv[2:]]
sys.exit(flash.main())
PYTHON
    [ "$status" -eq 6 ]
    [[ $output == *"the data read back differs"* ]]
}

@test "a loop device" {
    new_card
    loop=$(losetup -f --show "$card" 2> /dev/null) || { loop=; skip "no loop device can be had here"; }
    refused "it is not removable" --yes "$image" "$loop"
    run "$flash" --yes --fixed "$image" "$loop"
    [ "$status" -eq 0 ]
    cmp -n 6291456 "$image" "$card"
    mkfs.ext4 -q -F "$loop"
    mkdir mnt
    mount "$loop" mnt 2> /dev/null || skip "nothing can be mounted here"
    mounted=$PWD/mnt
    run "$flash" --yes --fixed "$image" "$loop"
    [ "$status" -eq 1 ]
    [[ $output == *"${loop##*/} is mounted on $PWD/mnt"* ]]
}

@test "usage" {
    run "$flash" --help
    [ "$status" -eq 0 ]
    [[ $output == *"Exit code:"* ]]
    run "$flash" "$image"
    [ "$status" -eq 2 ]
}
