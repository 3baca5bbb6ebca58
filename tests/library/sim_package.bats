#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# The simulated TEE as a package for other programs' tests: a client of the TEE Client API, and a program with a library for devices, which
# finds no simulated TEE by itself. FESTORE_BUILD: the build folder (build).
load helper

setup() {
    cd "$BATS_TEST_DIRNAME/../.."
    export FESTORE_SIM_DIR=$BATS_TEST_TMPDIR/tee
    export STATE_DIRECTORY=$BATS_TEST_TMPDIR/state
    mkdir "$STATE_DIRECTORY"
    cmake --install "$build" --component festore-sim --prefix "$BATS_TEST_TMPDIR/sim" > /dev/null
    unset FESTORE_SIM_TEED  # the package has its own
    export PKG_CONFIG_PATH=$(dirname "$(find "$BATS_TEST_TMPDIR/sim" -name festore-sim.pc)")
    library=$(pkg-config --variable=library festore-sim)
}

@test "the package has the library, its header, the server, and nothing else" {
    run bash -c "cd '$BATS_TEST_TMPDIR/sim' && find . ! -type d -printf '%f\n' | sort"
    echo "$output"
    [ "$output" = $'festore-sim-teed\nfestore-sim.pc\nlibteec-festore-sim.so\nlibteec.so\ntee_client_api.h' ]
}

@test "a client of the TEE Client API is compiled against it, in C and C++, and reaches the trusted application" {
    cat > "$BATS_TEST_TMPDIR/client.c" << 'END'
#include <stdio.h>
#include <tee_client_api.h>

int main(void) {
    const TEEC_UUID festore = {0xb7e89fc1, 0x5044, 0x431e, {0xb4, 0xc5, 0x9f, 0xb6, 0xae, 0x25, 0x64, 0x23}};
    TEEC_UUID other = festore;
    TEEC_Context context;
    TEEC_Session session;
    uint32_t origin = 0;
    other.timeLow = 1;
    if (TEEC_InitializeContext(NULL, &context) != TEEC_SUCCESS) return 1;
    if (TEEC_OpenSession(&context, &session, &other, TEEC_LOGIN_USER, NULL, NULL, &origin) != TEEC_ERROR_ITEM_NOT_FOUND) return 2;
    if (TEEC_OpenSession(&context, &session, &festore, TEEC_LOGIN_USER, NULL, NULL, &origin) != TEEC_SUCCESS) return 3;
    TEEC_CloseSession(&session);
    TEEC_FinalizeContext(&context);
    puts("reached");
    return 0;
}
END
    for compiler in "cc -std=c11" "c++ -std=c++17 -x c++"; do
        # shellcheck disable=SC2086,SC2046
        $compiler -Wall -Wextra -Werror -pedantic "$BATS_TEST_TMPDIR/client.c" -o "$BATS_TEST_TMPDIR/client" \
            $(pkg-config --cflags --libs festore-sim)
        LD_LIBRARY_PATH=$(dirname "$library") run "$BATS_TEST_TMPDIR/client"
        echo "$output"
        [ "$status" = 0 ] && [ "$output" = reached ]
    done
}

@test "a program with a library for devices uses it if it is named, and only then" {
    device=$build/device
    cmake --preset release -B "$device" -DCMAKE_CXX_FLAGS_RELEASE="-O0 -DNDEBUG" --log-level=WARNING > /dev/null
    cmake --build "$device" --target festore > "$BATS_TEST_TMPDIR/log" 2>&1 || { tail "$BATS_TEST_TMPDIR/log"; return 1; }
    shared=$(dirname "$(find "$device" -name 'libfestore.so')")
    cat > "$BATS_TEST_TMPDIR/program.c" << 'END'
#include <festore/festore.h>
#include <stdio.h>

int main(int count, char** arguments) {
    struct festore_options options = FESTORE_OPTIONS_INIT;
    options.tee = FESTORE_TEE_SIM;
    options.sim_library = count > 1 ? arguments[1] : NULL;
    festore_client* client;
    int result = festore_connect(&options, &client);
    if (result == FESTORE_OK) result = festore_put(client, "key", "secret", 6, NULL, NULL);
    puts(result == FESTORE_OK ? "stored" : festore_error(client));
    festore_close(client);
    return result;
}
END
    cc -std=c11 -Wall -Wextra -Werror -Iinclude "$BATS_TEST_TMPDIR/program.c" -o "$BATS_TEST_TMPDIR/program" -L"$shared" -lfestore
    export LD_LIBRARY_PATH=$shared
    run "$BATS_TEST_TMPDIR/program" "$library"
    echo "$output"
    [ "$status" = 0 ] && [ "$output" = stored ]
    FESTORE_SIM_LIBRARY=$library run "$BATS_TEST_TMPDIR/program"
    echo "$output"
    [ "$status" = 7 ] && [[ $output == *"no simulated TEE"* ]]
}
