#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# Rule 25 on a real OP-TEE: two users' stores are created, destroyed, lost and repaired in many orders, and each result is checked. A
# copy of a destroyed store's directory brings nothing back; a lost store can be repaired. As root, in the emulated machine.

tee_files=/var/lib/optee-client/data/tee
bobs=/var/lib/bob/store
alices=/var/lib/alice/store

setup_file() {
    [ -c /dev/tee0 ] && [ "$(id -u)" = 0 ] || { echo "these tests run as root in the emulated machine" >&2; return 1; }
    install -d -o alice -g alice /var/lib/alice
    install -d -o bob -g bob /var/lib/bob
}
as() { # USER DIR WORDS...
    local user=$1 store=$2
    shift 2
    setpriv --reuid "$user" --regid "$user" --init-groups festore --storage store --store "$store" "$@"
}
alice() { as alice "$alices" "$@"; }
bob() { as bob "$bobs" "$@"; }
# Runs it in the folder of OP-TEE's files, while tee-supplicant is stopped.
with_files() { # COMMAND...
    supplicant stop
    (cd "$tee_files" && "$@")
    supplicant start 3>&-
}
all_gone() { find . -mindepth 1 -delete; }
list_gone() { rm -f dirf.db*; }
anew() {
    local owner
    for owner in alice bob; do
        festore --storage store destroy --owner "uid:$(id -u "$owner")" --yes > /dev/null 2>&1 || true
    done
    rm -rf "$alices" "$bobs" "$BATS_TEST_TMPDIR/copy"
    alice init --anchor "$anchor" > /dev/null
    seq 20 | while read -r i; do echo "put --text object-$i \"content $i\""; done | alice batch -
    echo kept | alice put a
    cp -a "$alices" "$BATS_TEST_TMPDIR/copy"
    state=present
    ways=0
}
copied() { # puts back the copy of the first directory
    rm -rf "$alices"
    cp -a "$BATS_TEST_TMPDIR/copy" "$alices"
}

# Does one step and checks its result. `state`: present, lost or destroyed, according to the TEE's storage.
step() { # LETTER
    case $1 in
    D) # destroy it, in three ways in turn
        [ "$state" = present ] || return 0
        case $((ways++ % 3)) in
        0) alice destroy --yes ;;
        1) rm -rf "$alices" && alice destroy --lost --yes ;;
        2) festore --storage store destroy --owner "uid:$(id -u alice)" --yes ;;
        esac
        state=destroyed
        ;;
    B) # another user's store is created, or destroyed
        if [ -e "$bobs" ]; then bob destroy --yes && rm -rf "$bobs"; else bob init --anchor "$anchor"; fi > /dev/null
        ;;
    L) # delete OP-TEE's own files
        with_files "$lost"
        rm -rf "$bobs"
        [ "$anchor" = rpmb ] || state=lost
        ;;
    R)
        [ "$state" = present ] || copied
        run --separate-stderr alice repair --yes
        echo "$state: exit $status, $stderr"
        case $state in
        lost)
            [ "$status" = 0 ]
            state=present
            [ "$(alice get a)" = kept ]
            ;;
        present) [ "$status" = 4 ] && [[ $stderr == *"intact record"* ]] ;;
        destroyed)
            if [ "$anchor" = rpmb ]; then
                [ "$status" = 4 ] || [[ $stderr == *"only a backup of the objects helps"* ]]
            else
                [ "$status" = 4 ] && [[ $stderr == *"was destroyed, and not lost"* ]]
            fi
            run alice get a
            [ "$status" = 6 ]
            ;;
        esac
        ;;
    esac
}
walk() { # SEQUENCE...
    local sequence i
    for sequence in "$@"; do
        anew
        for ((i = 0; i < ${#sequence}; i++)); do
            echo "$anchor $lost $sequence, step $((i + 1))"
            step "${sequence:i:1}"
        done
    done
}

@test "anchor ree: destroyed stays destroyed, lost comes back, in every order" {
    bats_require_minimum_version 1.5.0
    anchor=ree
    lost=all_gone
    walk DRBRDR DBRBR BDBRBR LRDRBR LBRDR DLRDR RDRLRDR
    lost=list_gone
    walk LRDR DBRLR
}
@test "anchor rpmb: destroyed stays destroyed, whatever of OP-TEE's files is gone" {
    bats_require_minimum_version 1.5.0
    anchor=rpmb
    festore status | grep -q '^storage rpmb *built in' || skip "this machine has no RPMB"
    lost=all_gone
    walk DRBRDR DBRBR LRDR DLRBR
}
