#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# With the drop-in in docs/services.md, doctor accepts Debian's unit; the board's image has the same drop-in.

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

@test "doctor accepts the drop-in of docs/services.md" {
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
