#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# The drop-in that docs/services.md gives makes doctor content with Debian's unit, and is the one that the board's image has.

setup() {
    cd "$BATS_TEST_DIRNAME/../.."
    festore=${FESTORE_BIN:-$PWD/build/bin/festore}
    [ -x "$festore" ] || skip "there is no $festore"
    units=$BATS_TEST_TMPDIR/card/usr/lib/systemd/system
    mkdir -p "$units"
    printf '[Unit]\nDescription=TEE Supplicant\n\n[Service]\nType=simple\nExecStart=/usr/sbin/tee-supplicant\n' > "$units/tee-supplicant.service"
    sed -n '/This drop-in does/,/^Without the first/s/^    //p' docs/services.md > "$BATS_TEST_TMPDIR/restart.conf"
}
severity() {
    "$festore" doctor --json --root "$BATS_TEST_TMPDIR/card" > "$BATS_TEST_TMPDIR/findings" || true
    sed -n '/"id": "supplicant-restart"/{n;s/.*"severity": "\([a-z]*\)".*/\1/p}' "$BATS_TEST_TMPDIR/findings"
}

@test "the drop-in of docs/services.md is what doctor asks for" {
    [ "$(severity)" = warning ]
    grep -qx 'Restart=always' "$BATS_TEST_TMPDIR/restart.conf"
    grep -qx 'StartLimitIntervalSec=0' "$BATS_TEST_TMPDIR/restart.conf"
    mkdir -p "$BATS_TEST_TMPDIR/card/etc/systemd/system/tee-supplicant.service.d"
    cp "$BATS_TEST_TMPDIR/restart.conf" "$BATS_TEST_TMPDIR/card/etc/systemd/system/tee-supplicant.service.d/"
    [ "$(severity)" = ok ]
}

@test "the board's image has the same drop-in" {
    diff <(grep -v '^$' "$BATS_TEST_TMPDIR/restart.conf") <(grep -v '^#\|^$' machines/stm32mp157f-dk2/files/restart.conf)
}
