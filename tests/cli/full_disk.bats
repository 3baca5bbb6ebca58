#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# Rule 31: removing needs no space. Tests on real file systems without a free byte, in small images mounted for the test.
load store_helper

setup() {
    fresh_store "to have no store at first, and its TEE's storage on another disk"
    [ "$(id -u)" = 0 ] || skip "needs root, to mount a file system"
    mkdir disk
}
teardown() {
    if mountpoint -q "$BATS_TEST_TMPDIR/work/disk"; then umount "$BATS_TEST_TMPDIR/work/disk"; fi
    [ -z "${FESTORE_SIM_DIR:-}" ] || rm -rf "$FESTORE_SIM_DIR"
}

# mount_disk KIND: mounts that file system on disk/, for the store.
mount_disk() {
    case $1 in
        tmpfs) run mount -t tmpfs -o size=4m tmpfs disk ;;
        *)
            need "mkfs.$1"
            case $1 in
                ext4) truncate -s 16M image && mkfs.ext4 -q -F image ;;
                btrfs) truncate -s 128M image && mkfs.btrfs -q image > /dev/null 2>&1 ;;
            esac
            run mount -o loop image disk
            ;;
    esac
    [ "$status" = 0 ] || skip "cannot mount $1 here: $output"
    export FESTORE_STORE=$PWD/disk/secrets
}

# Fills the disk to the last byte. A file system may find more room after a sync.
fill_disk() {
    for _ in 1 2 3; do
        cat /dev/urandom >> disk/filler 2> /dev/null || true
        sync disk/filler || true
    done
    while head -c 4096 /dev/urandom >> disk/filler 2> /dev/null && sync disk/filler 2> /dev/null; do :; done
    run bash -c 'head -c 4096 /dev/urandom > disk/another && sync disk/another'
    [ "$status" != 0 ] || { echo "the disk is not full"; return 1; }
    rm -f disk/another
}

# Puts many small objects in one transaction, which leaves hardly any free page, and a large one.
load_store() {
    seq -f "put --text object-%g $(repeated 100 x)" 3000 > lines
    store batch lines
    make_file 300000 large
    store put large large
}

generation() { store status | grep -oE '^ +generation +[0-9]+'; }
# Puts small objects until one is refused; then checks that nothing has changed.
put_until_full() {
    local n before
    head -c 800 /dev/zero > small
    for n in $(seq 1000); do
        run --separate-stderr store put "more-$n" small
        [ "$status" = 0 ] || break
    done
    expect_error 8 "*No space left on device*"
    [ "$(store ls | wc -l)" = $((3000 + n)) ]
    before=$(generation)
    run --separate-stderr store put "more-$n" small
    expect_error 8 "*No space left on device*"
    run --separate-stderr store put large large
    expect_error 8 "*"
    [ "$(generation)" = "$before" ]
    store get large | cmp - large
    store verify > /dev/null
}

remove_on_full() {
    mount_disk "$1"
    load_store
    fill_disk
    put_until_full
    # shellcheck disable=SC2046
    store rm $(seq -f "object-%g" 97 97 2910)
    # shellcheck disable=SC2046
    store rm $(seq -f "object-%g" 200 270)
    store rm large
    run --separate-stderr store get large
    expect_error 3 "*"
    store verify > /dev/null
    # Fill the space that the large object freed; removing still works.
    fill_disk
    store rm object-1 object-2 object-3000
    store verify > /dev/null
}
@test "ext4 without a free byte: objects can be removed, and none can be put" { remove_on_full ext4; }
@test "btrfs without a free byte: objects can be removed, and none can be put" { remove_on_full btrfs; }
@test "tmpfs without a free byte: objects can be removed, and none can be put" { remove_on_full tmpfs; }

# The worst case: hardly a page of the index is free, and the removal is the first operation on the full disk.
remove_first() {
    mount_disk "$1"
    store init
    load_store
    fill_disk
    store rm large
    store verify > /dev/null
}
@test "ext4 without a free byte: a large object is removed first" { remove_first ext4; }
@test "btrfs without a free byte: a large object is removed first" { remove_first btrfs; }
@test "tmpfs without a free byte: a large object is removed first" { remove_first tmpfs; }

destroy_on_full() {
    mount_disk "$1"
    load_store
    fill_disk
    store destroy --yes
    [ ! -e disk/secrets ] || [ -z "$(ls -A disk/secrets)" ]
    run --separate-stderr store ls
    expect_error 3 "*"
}
@test "ext4 without a free byte: a store is destroyed" { destroy_on_full ext4; }
@test "btrfs without a free byte: a store is destroyed" { destroy_on_full btrfs; }
@test "tmpfs without a free byte: a store is destroyed" { destroy_on_full tmpfs; }

@test "a sparse copy of a store may lose its reserved space; the next put reserves it again" {
    mount_disk ext4
    load_store
    cp -a disk/secrets copy && rm -rf disk/secrets
    cp -a --sparse=always copy disk/secrets
    echo small | store put one-more
    fill_disk
    store rm large object-7
    store verify > /dev/null
}
