# SPDX-License-Identifier: BSD-2-Clause
# Installs the library into an empty folder, for programs that are built against it. FESTORE_BUILD: the build folder (build).
bats_require_minimum_version 1.5.0

setup_file() {
    cd "$BATS_TEST_DIRNAME/../.."
    export build=${FESTORE_BUILD:-$PWD/build}
    cmake --install "$build" --prefix "$BATS_FILE_TMPDIR/prefix" > "$BATS_FILE_TMPDIR/install.log"
    export prefix=$BATS_FILE_TMPDIR/prefix
    export LD_LIBRARY_PATH=$(dirname "$(find "$prefix" -name 'libfestore.so')")
    export PKG_CONFIG_PATH=$LD_LIBRARY_PATH/pkgconfig
    export FESTORE_SIM_TEED=$build/bin/festore-sim-teed FESTORE_SIM_OPTIONS="--idle 2"
}

setup() {
    cd "$BATS_TEST_DIRNAME/../.."
    export FESTORE_SIM_DIR=$BATS_TEST_TMPDIR/tee
    export STATE_DIRECTORY=$BATS_TEST_TMPDIR/state  # where the default store is
    mkdir "$STATE_DIRECTORY"
}

# Compiles the program on standard input, as C11 without warnings, and runs it with those arguments. Sets $output and $status.
run_program() {
    cat > "$BATS_TEST_TMPDIR/program.c"
    cc -std=c11 -Wall -Wextra -Werror -pedantic "$BATS_TEST_TMPDIR/program.c" -o "$BATS_TEST_TMPDIR/program" \
        $(pkg-config --cflags --libs festore)
    run --separate-stderr "$BATS_TEST_TMPDIR/program" "$@"
    echo "$output"
}
