# SPDX-License-Identifier: BSD-2-Clause
# Shared code of the command-line tests of stores, in addition to helper.bash.
load helper

# Each test uses a fresh TEE, which has no stores yet.
fresh_store() { # WHY-THE-SIMULATOR
    need_sim "$1"
    enter_folder
    fresh_tee
    export FESTORE_STORE=$PWD/secrets
}
setup() { fresh_store "to have no store at first"; }
teardown() { [ -z "${FESTORE_SIM_DIR:-}" ] || rm -rf "$FESTORE_SIM_DIR"; }

store() { festore --storage store "$@"; }
# 60 small objects and a large one.
fill() {
    for i in $(seq 60); do echo "put --text object-$i $(repeated 100 x)"; done > lines
    store batch lines
    make_file 100000 large
    store put large large
}
