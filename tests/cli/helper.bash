# SPDX-License-Identifier: BSD-2-Clause
# Shared code of the command-line tests. They need only bash, bats and POSIX tools, so they also run on a device.
#   FESTORE_BIN         the command under test; default: build/bin/festore
#   FESTORE_TEE         the TEE to test with; default: sim, in a fresh folder for each file of tests
#   FESTORE_COMPLETION  the completion to test; default: cli/completion/festore.bash
bats_require_minimum_version 1.5.0

repository=$(cd "${BASH_SOURCE[0]%/*}/../.." && pwd)
: "${FESTORE_BIN:=$repository/build/bin/festore}"
: "${FESTORE_TEE:=sim}"
: "${FESTORE_COMPLETION:=$repository/cli/completion/festore.bash}"
export FESTORE_BIN FESTORE_TEE FESTORE_COMPLETION

# The command. Closes bats's own descriptors: otherwise a TEE that it starts would keep them open.
festore() { "$FESTORE_BIN" "$@" 3>&- 4>&-; }

# Makes a new simulated TEE, which every user can reach.
fresh_tee() {
    FESTORE_SIM_DIR=$(mktemp -d "${TMPDIR:-/tmp}/festore-cli.XXXXXX")
    chmod 0711 "$FESTORE_SIM_DIR"
    mkdir -m 1777 "$FESTORE_SIM_DIR/stores" # for festore-in-store
    export FESTORE_SIM_DIR
}

setup_file() {
    [ -x "$FESTORE_BIN" ] || { echo "there is no $FESTORE_BIN: build it, or set FESTORE_BIN" >&2; return 1; }
    # Names of test objects have this prefix: tests may share a real device with other objects.
    export PREFIX="cli-test-$$/"
    export FESTORE_SIM_OPTIONS="--idle 3"
    if [ "$FESTORE_TEE" = sim ]; then fresh_tee; fi
}

teardown_file() {
    if [ "$FESTORE_TEE" = sim ]; then rm -rf "$FESTORE_SIM_DIR"; fi
}

# Gives each test an empty folder.
enter_folder() { mkdir -p "$BATS_TEST_TMPDIR/work" && cd "$BATS_TEST_TMPDIR/work"; }

setup() {
    enter_folder
    TEST_SIM_DIR=${FESTORE_SIM_DIR:-}
}

teardown() {
    if [ -n "$TEST_SIM_DIR" ] && [ "$FESTORE_SIM_DIR" != "$TEST_SIM_DIR" ]; then
        rm -rf "$FESTORE_SIM_DIR"
        export FESTORE_SIM_DIR=$TEST_SIM_DIR
    fi
    [ "$FESTORE_TEE" = sim ] || remove_all
}

remove_all() {
    local name
    festore ls "$PREFIX" | while IFS= read -r name; do festore rm -f -- "$name"; done
}

# For tests of features that only persistent objects have; store.bats tests stores.
persistent_only() { case $FESTORE_BIN in */festore-in-store) skip "in a store: $1" ;; esac; }
need_sim() { [ "$FESTORE_TEE" = sim ] || skip "needs the simulated TEE: $1"; }
need() { command -v "$1" > /dev/null || skip "needs $1"; }

# as_user ID ARGUMENTS...: the command as another user and group. The only supplementary group is that of a real TEE's device.
as_user() {
    local groups=--clear-groups
    [ ! -e /dev/tee0 ] || groups=--groups=$(stat -c %g /dev/tee0)
    as_user_with "$groups" "$@"
}
as_user_with() {  # OPTION-OF-SETPRIV ID ARGUMENTS...
    local groups=$1 id=$2
    shift 2
    setpriv --reuid "$id" --regid "$id" "$groups" "$FESTORE_BIN" "$@" 3>&- 4>&-
}
need_other_users() {
    [ "$(id -u)" = 0 ] || skip "needs root, to become other users"
    as_user 4321 --version > /dev/null 2>&1 || skip "another user cannot run $FESTORE_BIN here"
}

# make_file SIZE FILE: bytes of all values, not the same in every block.
make_file() { head -c "$1" /dev/urandom > "$2"; }
# repeated COUNT TEXT
repeated() { printf "%0$1d" 0 | sed "s/0/$2/g"; }

# expect_error CODE WORDS: after `run --separate-stderr`, expects that exit code, nothing on standard output, and one line
# that matches WORDS (a shell pattern) on standard error.
expect_error() {
    [ "$status" = "$1" ] || { echo "exit code $status, expected $1; $stderr"; return 1; }
    [ -z "$output" ] || { echo "on standard output: $output"; return 1; }
    [ "${#stderr_lines[@]}" = 1 ] || { echo "not one line: $stderr"; return 1; }
    # shellcheck disable=SC2053
    [[ $stderr == festore:\ $2 ]] || { echo "'$stderr' does not match 'festore: $2'"; return 1; }
}
expect_success() {
    [ "$status" = 0 ] || { echo "exit code $status; $stderr"; return 1; }
    [ -z "$stderr" ] || { echo "on standard error: $stderr"; return 1; }
}

# json EXPRESSION: prints the Python EXPRESSION about the document d in $output.
json() { python3 -c 'import json, sys; d = json.loads(sys.argv[1]); print(eval(sys.argv[2]))' "$output" "$1"; }

# Prints the only file with an object in the simulator's storage.
object_file() {
    local files
    files=$(find "$FESTORE_SIM_DIR/storage/${1:-ree}" -type f -size +0 ! -name lock ! -name 'dirf.db*')
    [ "$(printf '%s\n' "$files" | wc -l)" = 1 ] || { echo "not one object on the disk: $files" >&2; return 1; }
    printf '%s\n' "$files"
}
# flip_byte FILE OFFSET
flip_byte() {
    local byte
    byte=$(od -An -tu1 -j "$2" -N 1 "$1")
    # shellcheck disable=SC2059
    printf "\\$(printf %03o $((byte ^ 1)))" | dd of="$1" bs=1 seek="$2" conv=notrunc 2> /dev/null
}
