#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# The C API, as programs use it that are built against the installed library.
load helper

@test "a store with the C API: its directory, renaming, waiting" {
    run_program "$BATS_TEST_TMPDIR/secrets" << 'END'
#include <festore/festore.h>
#include <stdio.h>

int main(int argc, char** argv) {
    struct festore_options options = FESTORE_OPTIONS_INIT;
    festore_client* client;
    options.storage = FESTORE_STORAGE_STORE;
    options.store_directory = argc > 1 ? argv[1] : NULL;
    options.wait_seconds = 1;
    if (festore_connect(&options, &client) != 0) return puts(festore_error(client)), 1;
    printf("%d", festore_put(client, "a", "hello", 5, NULL, NULL));
    printf("%d", festore_put(client, "b", "hello", 5, NULL, NULL));
    printf("%d", festore_rename(client, "a", "b", 0, NULL));
    printf("%d", festore_rename(client, "a", "b", 1, NULL));
    printf("%d", festore_rename(client, "a", NULL, 1, NULL));
    printf("%d\n", festore_stat(client, "a", NULL));
    festore_close(client);
    return 0;
}
END
    [ "$output" = 004023 ]
    [ -e "$BATS_TEST_TMPDIR/secrets/pages" ]
}

@test "a content in parts with the C API" {
    run_program "$BATS_TEST_TMPDIR/secrets" << 'END'
#include <festore/festore.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char** argv) {
    struct festore_options options = FESTORE_OPTIONS_INIT;
    struct festore_info info = FESTORE_INFO_INIT;
    festore_client* client;
    festore_writer* writer;
    festore_reader* reader;
    struct festore_put_options unknown = FESTORE_PUT_OPTIONS_INIT, absent = FESTORE_PUT_OPTIONS_INIT;
    char part[1000], back[1000];
    size_t got, i;
    int code;
    options.storage = FESTORE_STORAGE_STORE;
    options.store_directory = argc > 1 ? argv[1] : NULL;
    if (festore_connect(&options, &client) != 0) return puts(festore_error(client)), 1;
    memset(part, 'x', sizeof part);
    unknown.flags = 64;
    absent.flags = FESTORE_IF_ABSENT;
    printf("%d", festore_write_open(client, "a", &unknown, &writer));
    printf("%d", festore_write_open(client, "a", &absent, &writer));
    for (i = 0; i < 100; ++i) if (festore_write(writer, part, sizeof part) != 0) return 1;
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
    printf(" %d", festore_write_open(client, "b", NULL, &writer));
    printf("%d", festore_write(writer, part, sizeof part));
    festore_write_cancel(writer);
    printf("%d\n", festore_stat(client, "b", NULL));
    festore_close(client);
    return 0;
}
END
    [ "$output" = "2030 100000 00 500 0 0 0 003" ]
    [ "$(ls "$BATS_TEST_TMPDIR/secrets/payloads" | wc -l)" = 1 ]
}

@test "creation of a store and transactions with the C API" {
    run_program "$BATS_TEST_TMPDIR/secrets" << 'END'
#include <festore/festore.h>
#include <stdio.h>

/* Prints the result and the kind of conflict. */
static void told(const festore_client* client, int result) { printf("%d:%d ", result, festore_error_reason(client)); }

int main(int argc, char** argv) {
    struct festore_options options = FESTORE_OPTIONS_INIT;
    struct festore_store_info store = FESTORE_STORE_INFO_INIT;
    festore_client* client;
    festore_transaction* transaction;
    festore_writer* writer;
    struct festore_init_options init = FESTORE_INIT_OPTIONS_INIT;
    struct festore_put_options once = FESTORE_PUT_OPTIONS_INIT;
    uint64_t generation = 0;
    options.storage = FESTORE_STORAGE_STORE;
    options.store_directory = argc > 1 ? argv[1] : NULL;
    if (festore_connect(&options, &client) != 0) return puts(festore_error(client)), 1;
    once.flags = FESTORE_WRITE_ONCE;
    printf("%d", festore_store_status(client, &store));
    init.anchor = 7;
    printf("%d", festore_init(client, &init, NULL));
    init.anchor = 0;
    init.cipher = 9;
    printf("%d", festore_init(client, &init, NULL));
    init.anchor = FESTORE_ANCHOR_REE;
    init.cipher = FESTORE_CIPHER_CHACHA20_POLY1305;
    printf("%d", festore_init(client, &init, &store));
    printf("%d", festore_init(client, NULL, NULL));
    printf("%d", festore_store_status(client, &store));
    printf(" %d %d %d %s\n", store.anchor, store.cipher, (int)store.objects, store.name);
    printf("%d", festore_begin(client, &transaction));
    printf("%d", festore_transaction_put(transaction, "a", "hello", 5, &once, NULL));
    printf("%d", festore_transaction_put(transaction, "a", "again", 5, NULL, NULL));
    printf("%d", festore_transaction_put(transaction, "b", NULL, 5, NULL, NULL));
    printf("%d", festore_transaction_write_open(transaction, "b", NULL, &writer));
    printf("%d", festore_write(writer, "world", 5));
    printf("%d", festore_write_finish(writer, NULL));
    printf("%d", festore_transaction_rename(transaction, "b", "c", 0, NULL));
    printf("%d", festore_transaction_remove(transaction, "b"));
    printf("%d", festore_put(client, "outside", "x", 1, NULL, NULL));
    printf("%d", festore_commit(transaction, &generation));
    printf(" %d\n", generation > store.generation);
    printf("%d", festore_begin(client, &transaction));
    printf("%d", festore_transaction_remove(transaction, "c"));
    festore_rollback(transaction);
    printf("%d", festore_stat(client, "c", NULL));
    printf("%d", festore_store_status(client, &store));
    printf(" %d %d\n", (int)store.objects, (int)store.content_bytes);
    told(client, festore_remove(client, "a"));
    once.flags = FESTORE_IF_ABSENT;
    told(client, festore_put(client, "c", "x", 1, &once, NULL));
    told(client, festore_init(client, NULL, NULL));
    told(client, festore_repair(client, NULL));
    once.flags = FESTORE_WRITE_ONCE | FESTORE_REMOVABLE;
    told(client, festore_put(client, "d", "x", 1, &once, NULL));
    told(client, festore_remove(client, "d"));
    once.flags = FESTORE_REMOVABLE;
    told(client, festore_put(client, "e", "x", 1, &once, NULL));
    festore_close(client);
    return 0;
}
END
    [ "${lines[0]}" = "322040 1 2 0 default" ]
    [ "${lines[1]}" = "00420000340 1" ]
    [ "${lines[2]}" = "0000 2 10" ]
    [ "${lines[3]}" = "4:3 4:1 4:4 4:5 0:0 0:0 2:0 " ]
}

@test "whether the TEE asks the RPMB, with the C API" {
    run_program << 'END'
#include <festore/festore.h>
#include <stdio.h>

int main(void) {
    festore_client* client;
    int none = 7;
    if (festore_connect(NULL, &client) != 0) return puts(festore_error(client)), 1;
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
    [ "$(id -u)" = 0 ] || skip "needs root, which alone may say so"
    [ "$output" = "00 4:16 001 000" ]
}

@test "who may store, with the C API" {
    [ "$(id -u)" = 0 ] || skip "needs root, which alone may set it"
    run_program << 'END'
#include <festore/festore.h>
#include <stdio.h>
#include <string.h>

static void told(void* context, int kind, const char* identity, const struct festore_allow_limits* limits) {
    (void)context;
    printf("%d/%d/%d ", kind, (int)strlen(identity), (int)limits->bytes);
}

int main(void) {
    festore_client* client;
    int may = 7;
    struct festore_allow_name names[2] = {{FESTORE_ALLOW_USER, 4321}, {FESTORE_ALLOW_PUBLIC, 0}};
    struct festore_allow_limits limits = {100, FESTORE_NO_LIMIT, 1};
    if (festore_connect(NULL, &client) != 0) return puts(festore_error(client)), 1;
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
    [ "$output" = "00002 3/0/100 1/36/100 0 03 011 220" ]
}

@test "the C API: structs of other sizes, versions, warnings, and what is NULL" {
    run_program << 'END'
#include <festore/festore.h>
#include <stdio.h>
#include <string.h>

struct later { /* as a program of a later version has it */
    struct festore_options known;
    uint64_t more;
};

int main(void) {
    struct later later = {.known.struct_size = sizeof later};
    struct festore_options none = {0};
    struct festore_put_options put = FESTORE_PUT_OPTIONS_INIT;
    struct festore_info info = FESTORE_INFO_INIT, earlier = {.struct_size = offsetof(struct festore_info, created), .created = 77};
    struct festore_tee_status tee = FESTORE_TEE_STATUS_INIT;
    festore_client* client = NULL;
    char path[200];
    void* content;
    size_t size;
    printf("%d%d ", festore_connect(NULL, NULL), festore_stat(NULL, "a", NULL));
    puts(festore_error(NULL));
    printf("%d ", festore_connect(&none, &client));
    puts(festore_error(client));
    printf("%d ", festore_stat(client, "a", NULL));
    puts(festore_error(client));
    festore_close(client);
    later.more = 1;
    printf("%d", festore_connect(&later.known, &client));
    festore_close(client);
    later.more = 0;
    later.known.store_name = "web";
    printf("%d ", festore_connect(&later.known, &client));
    printf("%d%d%d ", festore_put(client, NULL, "x", 1, NULL, NULL), festore_get(client, "a", NULL, &size), festore_write(NULL, "x", 1));
    printf("%d", festore_put(client, "a", "one", 3, NULL, &info));
    put.flags = FESTORE_IF_VERSION | FESTORE_MODIFIED;
    put.if_version = info.version;
    put.modified = 12345;
    printf("%d", festore_put(client, "a", "two", 3, &put, &info));
    printf("%d", festore_put(client, "a", "three", 5, &put, &info));
    printf(":%d:%d ", festore_error_reason(client), festore_error_tee_result(client, NULL) != 0);
    printf("%d", festore_stat(client, "a", &earlier));
    printf(" %d %d ", (int)earlier.size, (int)earlier.created);
    printf("%d", festore_stat(client, "a", &info));
    printf(" %d\n", (int)info.modified);
    printf("%d", festore_status(client, &tee));
    printf(" %d %d %d ", tee.tee == FESTORE_TEE_SIM, tee.has_ree, (int)tee.object_bytes_max);
    puts(strchr(tee.identity, ' ') != NULL ? "identity" : "none");
    printf("%d%d", festore_default_store_directory(0, 0, "web", path, sizeof path), festore_default_store_directory(0, 0, NULL, path, 3));
    puts(strstr(path, "/festore@web") != NULL ? " path" : " none");
    printf("%d\n", festore_get(client, "a", &content, &size));
    festore_free(content, size);
    festore_close(client);
    return 0;
}
END
    [ "${lines[0]}" = "22 there is no client, perhaps for lack of memory" ]
    [ "${lines[1]}" = "2 an option or its struct_size has a value that this library does not know" ]
    [ "${lines[2]}" = "2 this client is not connected" ]
    [ "${lines[3]}" = "20 222 004:2:1 0 3 77 0 12345" ]
    [ "${lines[4]}" = "0 1 1 524288 identity" ]
    [ "${lines[5]}" = "08 path" ]
    [ "${lines[6]}" = 0 ]
}
