/* SPDX-License-Identifier: BSD-2-Clause
 * Like examples/cpp, in C: cc device_secret.c $(pkg-config --cflags --libs festore)
 */
#include <festore/festore.h>

#include <stdio.h>

static int show(void* context, const char* name, const struct festore_info* info) {
    (void)context;
    printf("%s: %llu bytes\n", name, (unsigned long long)info->size);
    return 0;
}

static int run(festore_client* client) {
    struct festore_put_options once = FESTORE_PUT_OPTIONS_INIT;
    once.flags = FESTORE_IF_ABSENT;
    int result = festore_put(client, "example/greeting", "hello", 5, &once, NULL);
    if (result == FESTORE_ECONFLICT) puts("there is one already");
    else if (result != FESTORE_OK) return result;

    void* content = NULL;
    size_t size = 0;
    result = festore_get(client, "example/greeting", &content, &size);
    if (result != FESTORE_OK) return result;
    printf("read back: %.*s\n", (int)size, (const char*)content);
    festore_free(content, size);
    return festore_list(client, "example/", show, NULL);
}

int main(void) {
    festore_client* client = NULL;
    int result = festore_connect(NULL, &client);
    if (result == FESTORE_OK) result = run(client);
    if (result != FESTORE_OK) fprintf(stderr, "%s\n", festore_error(client));
    festore_close(client);
    return result;
}
