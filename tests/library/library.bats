#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# The library as an installed package: cmake --install into an empty folder; both examples are built against it out of tree
# and run with the simulated TEE, which a development build uses where there is no TEE. FESTORE_BUILD: the build folder (build).

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

@test "the installed tree has the command, library, headers, packages, manual and completion, and nothing of the simulator" {
    for file in bin/festore include/festore/client.hpp include/festore/festore.h share/man/man1/festore.1 \
        share/bash-completion/completions/festore; do
        [ -e "$prefix/$file" ] || { echo "no $file"; return 1; }
    done
    [ -n "$(find "$prefix" -name festore.pc)" ]
    [ -n "$(find "$prefix" -name festore-config.cmake)" ]
    [ -z "$(find "$prefix" -name '*sim*')" ]
}

@test "a build for a device knows no simulated TEE, whatever the environment says" {
    # The release preset, without optimisation, which takes minutes and does not matter here.
    device=$build/device/bin/festore
    cmake --preset release -B "$build/device" -DCMAKE_CXX_FLAGS_RELEASE="-O0 -DNDEBUG" --log-level=WARNING > /dev/null
    cmake --build "$build/device" --target bin/festore > "$BATS_TEST_TMPDIR/log" 2>&1 || { tail "$BATS_TEST_TMPDIR/log"; return 1; }
    run grep -ao 'libteec-festore-sim\|FESTORE_SIM_LIBRARY' "$device"
    echo "$output"
    [ "$status" -eq 1 ]
    for choice in "" auto sim; do
        [ ! -e /dev/tee0 ] || [ "$choice" = sim ] || continue
        FESTORE_TEE=$choice run "$device" put key /etc/hostname
        echo "$output"
        [ "$status" -eq 7 ]
    done
    run "$device" --tee sim ls
    [ "$status" -eq 7 ]
}

@test "the C++ example, with CMake's package" {
    cmake -S examples/cpp -B "$BATS_TEST_TMPDIR/cpp" -DCMAKE_PREFIX_PATH="$prefix" > /dev/null
    cmake --build "$BATS_TEST_TMPDIR/cpp" > /dev/null
    run --separate-stderr "$BATS_TEST_TMPDIR/cpp/device_secret"
    echo "$output"
    [ "$status" -eq 0 ]
    [[ $output == *"made a secret of 32 bytes"*"read back 32 bytes"*"example/device secret: 32 bytes"* ]]
    run --separate-stderr "$BATS_TEST_TMPDIR/cpp/device_secret"
    [[ $output == *"there is one already"* ]]
}

@test "the C example, with pkg-config, as C11 without warnings" {
    cc -std=c11 -Wall -Wextra -Werror -pedantic examples/c/device_secret.c -o "$BATS_TEST_TMPDIR/device_secret" \
        $(pkg-config --cflags --libs festore)
    run --separate-stderr "$BATS_TEST_TMPDIR/device_secret"
    echo "$output"
    [ "$status" -eq 0 ]
    [[ $output == *"read back: hello"*"example/greeting: 5 bytes"* ]]
}

@test "a store with the C API: its directory, renaming, waiting" {
    cat > "$BATS_TEST_TMPDIR/store.c" << 'END'
#include <festore/festore.h>
#include <stdio.h>

int main(int argc, char** argv) {
    struct festore_options options = {0};
    festore_client* client;
    options.storage = FESTORE_STORAGE_STORE;
    options.store_directory = argc > 1 ? argv[1] : NULL;
    options.wait_seconds = 1;
    if (festore_connect(&options, &client) != 0) return puts(festore_connect_error()), 1;
    printf("%d", festore_put(client, "a", "hello", 5, 0));
    printf("%d", festore_put(client, "b", "hello", 5, 0));
    printf("%d", festore_rename(client, "a", "b", 0));
    printf("%d", festore_rename(client, "a", "b", 1));
    printf("%d", festore_rename(client, "a", NULL, 1));
    printf("%d\n", festore_stat(client, "a", NULL));
    festore_close(client);
    return 0;
}
END
    cc -std=c11 -Wall -Wextra -Werror -pedantic "$BATS_TEST_TMPDIR/store.c" -o "$BATS_TEST_TMPDIR/store" \
        $(pkg-config --cflags --libs festore)
    run --separate-stderr "$BATS_TEST_TMPDIR/store" "$BATS_TEST_TMPDIR/secrets"
    echo "$output"
    [ "$output" = 004023 ]
    [ -e "$BATS_TEST_TMPDIR/secrets/pages" ]
}

@test "a content in parts with the C API" {
    cat > "$BATS_TEST_TMPDIR/stream.c" << 'END'
#include <festore/festore.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char** argv) {
    struct festore_options options = {0};
    struct festore_info info;
    festore_client* client;
    festore_writer* writer;
    festore_reader* reader;
    char part[1000], back[1000];
    size_t got, i;
    int code;
    options.storage = FESTORE_STORAGE_STORE;
    options.store_directory = argc > 1 ? argv[1] : NULL;
    if (festore_connect(&options, &client) != 0) return puts(festore_connect_error()), 1;
    memset(part, 'x', sizeof part);
    printf("%d", festore_write_open(client, "a", 2, &writer));
    printf("%d", festore_write_open(client, "a", FESTORE_IF_ABSENT, &writer));
    for (i = 0; i < 100; ++i) festore_write(writer, part, sizeof part);
    printf("%d", festore_stat(client, "a", NULL));
    printf("%d", festore_write_finish(writer, &info));
    printf(" %d", (int)info.size);
    printf(" %d", festore_read_open(client, "a", &reader, &info));
    festore_read_seek(reader, 99500);
    code = festore_read(reader, back, sizeof back, &got);
    printf("%d %d", code, (int)got);
    printf(" %d", memcmp(back, part, got));
    code = festore_read(reader, back, sizeof back, &got);
    printf(" %d %d", code, (int)got);
    festore_read_close(reader);
    printf(" %d", festore_write_open(client, "b", 0, &writer));
    printf("%d", festore_write(writer, part, sizeof part));
    festore_write_cancel(writer);
    printf("%d\n", festore_stat(client, "b", NULL));
    festore_close(client);
    return 0;
}
END
    cc -std=c11 -Wall -Wextra -Werror -pedantic "$BATS_TEST_TMPDIR/stream.c" -o "$BATS_TEST_TMPDIR/stream" \
        $(pkg-config --cflags --libs festore)
    run --separate-stderr "$BATS_TEST_TMPDIR/stream" "$BATS_TEST_TMPDIR/secrets"
    echo "$output"
    [ "$output" = "2030 100000 00 500 0 0 0 003" ]
    [ "$(ls "$BATS_TEST_TMPDIR/secrets/payloads" | wc -l)" = 1 ]
}

@test "creation of a store and transactions with the C API" {
    cat > "$BATS_TEST_TMPDIR/transaction.c" << 'END'
#include <festore/festore.h>
#include <stdio.h>

/* Prints the result and the kind of conflict. */
static void told(const festore_client* client, int result) { printf("%d:%d ", result, festore_error_reason(client)); }

int main(int argc, char** argv) {
    struct festore_options options = {0};
    struct festore_store_info store;
    festore_client* client;
    festore_transaction* transaction;
    festore_writer* writer;
    options.storage = FESTORE_STORAGE_STORE;
    options.store_directory = argc > 1 ? argv[1] : NULL;
    if (festore_connect(&options, &client) != 0) return puts(festore_connect_error()), 1;
    printf("%d", festore_store_status(client, &store));
    printf("%d", festore_init(client, 7, FESTORE_CIPHER_AUTO));
    printf("%d", festore_init(client, 0, 9));
    printf("%d", festore_init(client, FESTORE_ANCHOR_REE, FESTORE_CIPHER_CHACHA20_POLY1305));
    printf("%d", festore_init(client, 0, 0));
    printf("%d", festore_store_status(client, &store));
    printf(" %d %d %d\n", store.anchor, store.cipher, (int)store.objects);
    printf("%d", festore_begin(client, &transaction));
    printf("%d", festore_transaction_put(transaction, "a", "hello", 5, FESTORE_WRITE_ONCE));
    printf("%d", festore_transaction_put(transaction, "a", "again", 5, 0));
    printf("%d", festore_transaction_put(transaction, "b", NULL, 5, 0));
    printf("%d", festore_transaction_write_open(transaction, "b", 0, &writer));
    printf("%d", festore_write(writer, "world", 5));
    printf("%d", festore_write_finish(writer, NULL));
    printf("%d", festore_transaction_rename(transaction, "b", "c", 0));
    printf("%d", festore_transaction_remove(transaction, "b"));
    printf("%d", festore_put(client, "outside", "x", 1, 0));
    printf("%d\n", festore_commit(transaction));
    printf("%d", festore_begin(client, &transaction));
    printf("%d", festore_transaction_remove(transaction, "c"));
    festore_rollback(transaction);
    printf("%d", festore_stat(client, "c", NULL));
    printf("%d", festore_store_status(client, &store));
    printf(" %d %d\n", (int)store.objects, (int)store.content_bytes);
    told(client, festore_remove(client, "a"));
    told(client, festore_put(client, "c", "x", 1, FESTORE_IF_ABSENT));
    told(client, festore_init(client, 0, 0));
    told(client, festore_repair(client));
    told(client, festore_put(client, "d", "x", 1, FESTORE_WRITE_ONCE | FESTORE_REMOVABLE));
    told(client, festore_remove(client, "d"));
    told(client, festore_put(client, "e", "x", 1, FESTORE_REMOVABLE));
    festore_close(client);
    return 0;
}
END
    cc -std=c11 -Wall -Wextra -Werror -pedantic "$BATS_TEST_TMPDIR/transaction.c" -o "$BATS_TEST_TMPDIR/transaction" \
        $(pkg-config --cflags --libs festore)
    run --separate-stderr "$BATS_TEST_TMPDIR/transaction" "$BATS_TEST_TMPDIR/secrets"
    echo "$output"
    [ "${lines[0]}" = "322040 1 2 0" ]
    [ "${lines[1]}" = "00420000340" ]
    [ "${lines[2]}" = "0000 2 10" ]
    [ "${lines[3]}" = "4:3 4:1 4:4 4:5 0:0 0:0 2:0 " ]
}

@test "whether the TEE asks the RPMB, with the C API" {
    cat > "$BATS_TEST_TMPDIR/rpmb.c" << 'END'
#include <festore/festore.h>
#include <stdio.h>

int main(void) {
    festore_client* client;
    int none = 7;
    if (festore_connect(NULL, &client) != 0) return puts(festore_connect_error()), 1;
    printf("%d", festore_has_no_rpmb(client, &none));
    printf("%d ", none);
    printf("%d", festore_set_no_rpmb(client, 1, 0));
    printf(":%d ", festore_error_reason(client));
    printf("%d", festore_set_no_rpmb(client, 1, 1));
    printf("%d", festore_has_no_rpmb(client, &none));
    printf("%d ", none);
    printf("%d", festore_set_no_rpmb(client, 0, 0));
    printf("%d", festore_has_no_rpmb(client, &none));
    printf("%d\n", none);
    festore_close(client);
    return 0;
}
END
    cc -std=c11 -Wall -Wextra -Werror -pedantic "$BATS_TEST_TMPDIR/rpmb.c" -o "$BATS_TEST_TMPDIR/rpmb" $(pkg-config --cflags --libs festore)
    run --separate-stderr "$BATS_TEST_TMPDIR/rpmb"
    echo "$output"
    [ "$(id -u)" = 0 ] || skip "needs root, which alone may say so"
    [ "$output" = "00 4:16 001 000" ]
}

@test "who may store, with the C API" {
    [ "$(id -u)" = 0 ] || skip "needs root, which alone may set it"
    cat > "$BATS_TEST_TMPDIR/allow.c" << 'END'
#include <festore/festore.h>
#include <stdio.h>
#include <string.h>

static void told(int kind, const char* identity, const struct festore_allow_limits* limits, void* context) {
    (void)context;
    printf("%d/%d/%d ", kind, (int)strlen(identity), (int)limits->bytes);
}

int main(void) {
    festore_client* client;
    int may = 7;
    struct festore_allow_name names[2] = {{FESTORE_ALLOW_USER, 4321}, {FESTORE_ALLOW_PUBLIC, 0}};
    struct festore_allow_limits limits = {100, FESTORE_NO_LIMIT, 1};
    if (festore_connect(NULL, &client) != 0) return puts(festore_connect_error()), 1;
    printf("%d", festore_allow(client, names, 2, &limits));
    printf("%d", festore_allow_others(client, NULL));
    printf("%d", festore_allow_others(client, &limits));
    printf("%d", festore_allow_in_all(client, FESTORE_STORAGE_RPMB, &limits));
    printf("%d ", festore_allow_in_all(client, FESTORE_STORAGE_STORE, &limits));
    printf("%d ", festore_allow_list(client, told, NULL));
    printf("%d", festore_disallow(client, names, 2));
    printf("%d ", festore_disallow(client, names, 2));
    printf("%d", festore_allowed(client, &may, &limits));
    printf("%d%d ", may, limits.bytes == FESTORE_NO_LIMIT);
    names[0].kind = 4;
    limits.objects = UINT32_MAX;
    printf("%d", festore_allow(client, names, 1, NULL));
    printf("%d", festore_allow_others(client, &limits));
    printf("%d\n", festore_allow_all(client));
    festore_close(client);
    return 0;
}
END
    cc -std=c11 -Wall -Wextra -Werror -pedantic "$BATS_TEST_TMPDIR/allow.c" -o "$BATS_TEST_TMPDIR/allow" $(pkg-config --cflags --libs festore)
    run --separate-stderr "$BATS_TEST_TMPDIR/allow"
    echo "$output"
    [ "$output" = "00002 3/0/100 1/36/100 0 03 011 220" ]
}

@test "a forked child and another user are refused by the C API" {
    [ "$(id -u)" = 0 ] || skip "needs root, to become another user"
    cat > "$BATS_TEST_TMPDIR/caller.c" << 'END'
#define _GNU_SOURCE
#include <festore/festore.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static int each(void* context, const char* name, const struct festore_info* info) {
    return (void)context, (void)name, (void)info, 0;
}

static void refused(festore_client* client, festore_writer* writer, festore_reader* reader, festore_transaction* transaction) {
    char back[10];
    void* content;
    size_t size;
    printf("%d", festore_put(client, "b", "x", 1, 0));
    printf("%d", festore_get(client, "a", &content, &size));
    printf("%d", festore_stat(client, "a", NULL));
    printf("%d", festore_list(client, NULL, each, NULL));
    printf("%d", festore_remove(client, "a"));
    printf("%d", festore_rename(client, "a", "b", 0));
    printf("%d", festore_read(reader, back, sizeof back, &size));
    printf("%d", festore_transaction_put(transaction, "c", "x", 1, 0));
    printf("%d\n", festore_write(writer, "x", 1));
    fflush(stdout);
}

int main(int argc, char** argv) {
    struct festore_options options = {0};
    festore_client* client;
    festore_writer* writer;
    festore_reader* reader;
    festore_transaction* transaction;
    int status = -1;
    options.storage = FESTORE_STORAGE_STORE;
    options.store_directory = argc > 1 ? argv[1] : NULL;
    if (festore_connect(&options, &client) != 0) return puts(festore_connect_error()), 1;
    festore_put(client, "a", "hello", 5, 0);
    festore_read_open(client, "a", &reader, NULL);
    festore_begin(client, &transaction);
    festore_transaction_write_open(transaction, "d", 0, &writer);
    fflush(stdout);
    if (fork() == 0) {
        alarm(30);
        refused(client, writer, reader, transaction);
        festore_write_cancel(writer);
        festore_read_close(reader);
        festore_rollback(transaction);
        festore_close(client);
        return 0;
    }
    wait(&status);
    printf("%d\n", status);
    fflush(stdout);
    if (seteuid(4321) != 0) return 1;
    refused(client, writer, reader, transaction);
    puts(festore_error(client));
    if (seteuid(0) != 0) return 1;
    printf("%d", festore_write(writer, "x", 1));
    printf("%d", festore_write_finish(writer, NULL));
    printf("%d", festore_commit(transaction));
    printf("%d\n", festore_stat(client, "d", NULL));
    festore_read_close(reader);
    festore_close(client);
    return 0;
}
END
    cc -std=c11 -Wall -Wextra -Werror -pedantic "$BATS_TEST_TMPDIR/caller.c" -o "$BATS_TEST_TMPDIR/caller" \
        $(pkg-config --cflags --libs festore)
    run --separate-stderr "$BATS_TEST_TMPDIR/caller" "$BATS_TEST_TMPDIR/secrets"
    echo "$output"
    [ "${lines[0]}" = 555555555 ]
    [ "${lines[1]}" = 0 ]
    [ "${lines[2]}" = 555555555 ]
    [[ ${lines[3]} == *"connected as user 0 and group 0, and this process is user 4321"*"connect anew" ]]
    [ "${lines[4]}" = 0000 ]
}

@test "the shared library exports only the API" {
    shown=$(nm -D --defined-only "$LD_LIBRARY_PATH/libfestore.so" | awk '$2 == "T" {print $3}' | c++filt |
        grep -vE '^festore_|^festore::(Client::|ReadStream::|Transaction::|WriteStream::|default_store_directory|version\()' || true)
    [ -z "$shown" ] || { echo "$shown"; return 1; }
}
