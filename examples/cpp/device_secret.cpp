// SPDX-License-Identifier: BSD-2-Clause
// Makes a secret of this device once, keeps it in the TEE, and lists the stored objects.
#include <festore/client.hpp>

#include <cstdio>
#include <random>

int main() {
    auto client = festore::Client::connect();
    if (!client) {
        std::fprintf(stderr, "%s\n", client.error().message.c_str());
        return static_cast<int>(client.error().code);
    }

    std::vector<std::byte> secret(32);
    std::random_device random;
    for (std::byte& b : secret) b = static_cast<std::byte>(random());
    festore::PutOptions once;
    once.if_absent = true;
    const auto stored = client->put("example/device secret", secret, once);
    if (stored) std::printf("made a secret of %zu bytes\n", secret.size());
    else if (stored.error().code == festore::ErrorCode::conflict) std::puts("there is one already");
    else std::fprintf(stderr, "%s\n", stored.error().message.c_str());

    const auto read = client->get("example/device secret");
    if (!read) {
        std::fprintf(stderr, "%s\n", read.error().message.c_str());
        return static_cast<int>(read.error().code);
    }
    std::printf("read back %zu bytes\n", read->size());

    const auto listing = client->list("example/");
    if (listing)
        for (const auto& object : listing->objects)
            std::printf("%s: %llu bytes\n", object.name.c_str(), static_cast<unsigned long long>(object.size));
    return 0;
}
