#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# The library as an installed package: cmake --install into an empty folder; both examples are built against it out of tree
# and run with the simulated TEE, which a development build uses where there is no TEE. FESTORE_BUILD: the build folder (build).
load helper

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
    printf("%d", festore_put(client, "b", "x", 1, NULL, NULL));
    printf("%d", festore_get(client, "a", &content, &size));
    printf("%d", festore_stat(client, "a", NULL));
    printf("%d", festore_list(client, NULL, each, NULL));
    printf("%d", festore_remove(client, "a"));
    printf("%d", festore_rename(client, "a", "b", 0, NULL));
    printf("%d", festore_read(reader, back, sizeof back, &size));
    printf("%d", festore_transaction_put(transaction, "c", "x", 1, NULL, NULL));
    printf("%d\n", festore_write(writer, "x", 1));
    fflush(stdout);
}

int main(int argc, char** argv) {
    struct festore_options options = FESTORE_OPTIONS_INIT;
    festore_client* client;
    festore_writer* writer;
    festore_reader* reader;
    festore_transaction* transaction;
    int status = -1;
    options.storage = FESTORE_STORAGE_STORE;
    options.store_directory = argc > 1 ? argv[1] : NULL;
    if (festore_connect(&options, &client) != 0) return puts(festore_error(client)), 1;
    if (festore_put(client, "a", "hello", 5, NULL, NULL) != 0 || festore_read_open(client, "a", &reader, NULL) != 0 ||
        festore_begin(client, &transaction) != 0 || festore_transaction_write_open(transaction, "d", NULL, &writer) != 0)
        return 1;
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
    printf("%d", festore_commit(transaction, NULL));
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

# snippets LANGUAGE: the code in that section of the document.
snippets() {
    awk -v section="## $1" '/^## /{ inside = $0 == section } inside && /^    /{ print substr($0, 5) }' docs/library.md
}

@test "the snippets of docs/library.md compile" {
    cd "$BATS_TEST_DIRNAME/../.."
    {
        printf '%s\n' '#include <festore/client.hpp>' 'int fail(const std::string& = {});' 'bool more();' \
            'std::span<const std::byte> next();' 'extern std::array<std::byte, 32> key, buffer;' 'int snippets() {'
        snippets C++
        echo 'return static_cast<int>(count.value_or(0)); }'
    } > "$BATS_TEST_TMPDIR/snippets.cpp"
    grep -q 'client->read' "$BATS_TEST_TMPDIR/snippets.cpp"
    c++ -std=c++20 -Wall -Wextra -Wno-unused-variable -Werror -fsyntax-only $(pkg-config --cflags festore) "$BATS_TEST_TMPDIR/snippets.cpp"
    {
        printf '%s\n' '#include <festore/festore.h>' '#include <stdio.h>' 'extern unsigned char key[32];' 'int snippets(void);' \
            'int snippets(void) {'
        snippets C
        echo 'return result; }'
    } > "$BATS_TEST_TMPDIR/snippets.c"
    grep -q festore_put "$BATS_TEST_TMPDIR/snippets.c"
    cc -std=c11 -Wall -Wextra -Werror -pedantic -fsyntax-only $(pkg-config --cflags festore) "$BATS_TEST_TMPDIR/snippets.c"
}

@test "the shared library exports only the API" {
    shown=$(nm -D --defined-only "$LD_LIBRARY_PATH/libfestore.so" | awk '{print $3}' | c++filt |
        grep -vE '^festore_|^FESTORE_0|^festore::(Client::|ReadStream::|Store::|Transaction::|WriteStream::|default_store_directory|version\[?)' || true)
    [ -z "$shown" ] || { echo "$shown"; return 1; }
}
