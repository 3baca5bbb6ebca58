// SPDX-License-Identifier: BSD-2-Clause
// What is measured. Names in the result: festore.* at library level, command.* the command, stock.* OP-TEE's objects as its
// example uses them, primitive.* the bare steps.
#pragma once
#include "bench/machine/measures.h"
#include "bench/machine/probe_client.h"
#include "festore/client.hpp"

namespace festore::bench {

inline constexpr size_t kSmallBytes = 100;
inline constexpr size_t kBareCallBytes = 1024 * 1024;

// A store with that many objects, and the options to open it, with its owner.
struct TestStore {
    size_t objects = 0;
    ClientOptions options;

    [[nodiscard]] Client connect() const;
    // Makes the objects, in one transaction.
    void fill() const;
    void destroy() const;
};

std::string object_name(size_t i);
std::vector<std::byte> content_of(size_t bytes, size_t seed);

// How often each runs in a round.
struct Times {
    size_t primitive;
    size_t store;
    size_t stock;
    size_t command;
};

// Puts and gets of 100 bytes, and the primitives. The stores must outlive the sides. `stock_objects`: how many the probe has.
Sides small_sides(std::span<const TestStore> stores, const TestStore& of_commands, size_t stock_objects,
                  const std::string& festore, const Times& times);
// Large contents (the store must outlive the sides): `bytes` in the store and bare, `stock_bytes` the stock way.
Sides bulk_sides(const TestStore& store, const std::string& store_cipher, size_t bytes, size_t stock_bytes, size_t stock_objects,
                 const std::string& festore);

// Makes stock objects number `from` to `to` - 1; removes all of them.
void fill_stock(size_t from, size_t to);
void remove_stock(size_t objects);

// Runs the command and waits for it. `output`: the file for its standard output. Throws Failed unless it ends with 0.
void run_command(const std::vector<std::string>& arguments, const std::string& output);

}  // namespace festore::bench
