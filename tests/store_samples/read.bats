#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# Every later version reads and changes the stores of earlier versions, with the TEE's storage, on each machine. As root in an
# emulated machine.
bats_require_minimum_version 1.5.0

owners='0 4321'

setup_file() {
    [ -c /dev/tee0 ] && [ "$(id -u)" = 0 ] || { echo "these tests run as root in the emulated machine" >&2; return 1; }
}

setup() { stores=$(mktemp -d /var/lib/samples.XXXXXX); chmod 755 "$stores"; }
teardown() { rm -rf "$stores"; }

as() { # UID ARGUMENTS...
    local id=$1
    shift
    setpriv --reuid "$id" --regid "$id" --groups "$(stat -c %g /dev/tee0)" festore --storage store --store "$stores/$id" "$@"
}

# Installs the sample's stores and its storage in this machine's TEE.
install_sample() { # DIR
    local tee=/var/lib/optee-client/data/tee id
    supplicant stop
    rm -rf "$tee"
    cp -r "$1/tee" "$tee"
    supplicant start 3>&-
    for id in $owners; do
        rm -rf "${stores:?}/$id"
        cp -r "$1/$id" "$stores/$id"
        chown -R "$id:$id" "$stores/$id"
        chmod -R u=rwX,go= "$stores/$id"
    done
}

each_sample() { # FUNCTION: calls it with each sample's folder and each owner
    local sample id
    for sample in "$BATS_TEST_DIRNAME"/*/; do
        echo "# $sample"
        install_sample "$sample"
        for id in $owners; do "$1" "${sample%/}" "$id"; done
    done
}

read_and_change() {
    local sums="$1/$2.sha256" id=$2
    as "$id" verify
    # All but the many small ones, which `verify` and the listing cover.
    grep -Ev '  many/[0-9]*[0-9]$' "$sums" > "$stores/sums"
    while read -r sum name; do [ "$(as "$id" get "$name" | sha256sum | cut -d' ' -f1)" = "$sum" ]; done < "$stores/sums"
    [ "$(as "$id" ls | wc -l)" = "$(wc -l < "$sums")" ]
    run as "$id" put large /dev/null
    [ "$status" = 4 ]
    seq 30000 | as "$id" put "new large"
    echo changed | as "$id" put middle
    as "$id" rm many/1 many/2
    as "$id" mv many/3 many/1
    as "$id" verify
    [ "$(as "$id" get middle)" = changed ]
    as "$id" get "new large" | cmp - <(seq 30000)
    as "$id" get many/1 | grep -qx "number 3 of $id"
    as "$id" get large | cmp - <(seq 20000)
}

# bats test_tags=brief
@test "every committed store is read, changed, and read again" { each_sample read_and_change; }

lost_and_repaired() {
    local id=$2
    as "$id" repair --yes
    as "$id" repair --acknowledge
    as "$id" verify
    [ "$(as "$id" ls | wc -l)" = "$(wc -l < "$1/$id.sha256")" ]
    as "$id" get large | cmp - <(seq 20000)
}
repaired_without_the_record() {
    [ "$2" = 0 ] || { lost_and_repaired "$@"; return; }
    supplicant stop
    rm -rf /var/lib/optee-client/data/tee
    supplicant start 3>&-
    lost_and_repaired "$@"
}

@test "every committed store is repaired after the TEE has lost its storage" { each_sample repaired_without_the_record; }

refused_when_newer() {
    local id=$2 before after
    # The header's major version (docs/format-store.md).
    printf '\x02' | dd of="$stores/$id/festore.store" bs=1 seek=8 conv=notrunc status=none
    before=$(cd "$stores/$id" && find . -type f -exec sha256sum {} + | sort)
    for command in "get large" "put large" "ls" "verify" "repair --yes" "init" "status"; do
        # shellcheck disable=SC2086
        run --separate-stderr as "$id" $command < /dev/null
        echo "$command: $status $stderr"
        [ "$status" = 1 ]
        [[ $stderr == *"newer version"* ]]
    done
    after=$(cd "$stores/$id" && find . -type f -exec sha256sum {} + | sort)
    [ "$before" = "$after" ]
}

# bats test_tags=brief
@test "a store of a newer major version is refused, and not changed" { each_sample refused_when_newer; }
