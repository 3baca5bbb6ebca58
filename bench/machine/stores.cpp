// SPDX-License-Identifier: BSD-2-Clause
#include "bench/machine/sides.h"

#include <cstdio>
#include <random>

namespace festore::bench {
namespace {

template <class T>
T must(Result<T> result) {
    if (!result) throw Failed(result.error().message);
    return std::move(*result);
}

}  // namespace

std::string object_name(size_t i) {
    const std::string digits = std::to_string(1'000'000 + i);
    return "object-" + digits.substr(1);
}

std::vector<std::byte> content_of(size_t bytes, size_t seed) {
    std::vector<std::byte> content(bytes);
    std::minstd_rand random(static_cast<uint32_t>(seed * 2 + 1));
    for (std::byte& b : content) b = static_cast<std::byte>(random() >> 8);
    return content;
}

Client TestStore::connect() const { return must(Client::connect(options)); }

void TestStore::fill() const {
    Client client = connect();
    must(client.store()->init());
    Transaction transaction = must(client.store()->begin());
    for (size_t i = 0; i < objects; ++i) must(transaction.put(object_name(i), content_of(kSmallBytes, i)));
    must(transaction.commit());
}

void TestStore::destroy() const { must(connect().store()->destroy()); }

void fill_stock(size_t from, size_t to) {
    ProbeSession probe;
    for (; from < to; ++from) probe.put(object_name(from), content_of(kSmallBytes, from), PROBE_PUT_WHOLE);
}

void remove_stock(size_t objects) {
    ProbeSession probe;
    for (size_t i = 0; i < objects; ++i) probe.remove(object_name(i));
    for (const char* other : {"held", "large"}) probe.remove(other);
}

}  // namespace festore::bench
