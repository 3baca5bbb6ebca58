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

int main(void) {
    festore_client* client = NULL;
    int result = festore_connect(NULL, &client);
    if (result != FESTORE_OK) {
        fprintf(stderr, "%s\n", festore_connect_error());
        return result;
    }
    result = festore_put(client, "example/greeting", "hello", 5, FESTORE_IF_ABSENT);
    if (result == FESTORE_ECONFLICT) puts("there is one already");
    else if (result != FESTORE_OK) fprintf(stderr, "%s\n", festore_error(client));

    void* content = NULL;
    size_t size = 0;
    result = festore_get(client, "example/greeting", &content, &size);
    if (result == FESTORE_OK) {
        printf("read back: %.*s\n", (int)size, (const char*)content);
        festore_free(content, size);
        result = festore_list(client, "example/", show, NULL);
    }
    if (result != FESTORE_OK) fprintf(stderr, "%s\n", festore_error(client));
    festore_close(client);
    return result;
}
