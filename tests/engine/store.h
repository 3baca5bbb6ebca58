// SPDX-License-Identifier: BSD-2-Clause
// A store as the TA and the client library run it together: a root record, a page file, calls that carry pages.
#pragma once
#include "engine/records/recovery.h"
#include "engine/transaction.h"
#include "tests/engine/disk.h"
#include "tests/engine/openssl_crypto.h"

#include <algorithm>
#include <functional>
#include <gtest/gtest.h>
#include <memory>
#include <set>
#include <string>

namespace festore::engine {

// One call's pages.
class Call final : public CallPages {
public:
    bool contains(uint32_t page) override { return in.contains(page) || out.contains(page); }
    Status read(uint32_t page, PageBytes& sealed) override;
    size_t room() override { return capacity - std::min(capacity, writes.size()); }
    Status write(uint32_t page, const PageBytes& sealed) override;

    std::map<uint32_t, PageBytes> in;
    std::map<uint32_t, PageBytes> out;
    std::vector<uint32_t> writes;  // in order, with repetitions
    size_t capacity = 256;
    uint64_t* io_count = nullptr;  // counts reads and writes; the fail_at-th fails
    uint64_t fail_at = 0;

private:
    bool fails() { return io_count != nullptr && ++*io_count == fail_at; }
};

// An object, for comparisons.
struct Object {
    std::string content;
    uint64_t version = 0;
    friend bool operator==(const Object&, const Object&) = default;
};
using Model = std::map<std::string, Object>;

struct Counts {
    size_t rounds = 0;   // calls
    size_t brought = 0;  // pages that the calls needed
    size_t written = 0;  // pages
};

class TestStore {
public:
    explicit TestStore(size_t frames = 64, Cipher cipher = Cipher::aes_256_gcm, uint64_t seed = 1);

    // The three steps of a change. What commit() writes to the disk is durable before the root record is replaced.
    void begin();
    Outcome<Effect> put(std::string_view name, std::string_view content, const PutArguments& conditions = {});
    Outcome<Effect> put_entry(std::string_view name, const Entry& entry, const PutArguments& conditions = {});
    Outcome<Effect> remove(std::string_view name);
    Outcome<Effect> rename(std::string_view from, std::string_view to, bool replace = false);
    Status prepare();
    Status commit();
    void give_up();

    Outcome<Object> get(std::string_view name, bool in_transaction = false);
    // Lists all objects, `page` at a time.
    Outcome<Model> list(std::string_view prefix = {}, size_t page = 1000);

    // Forgets everything but the disk and the root record.
    void reopen();
    // Checks that every page is reachable or free, exactly once, and well-formed, and that every count is right. Returns the objects.
    Model verify();

    Outcome<ChangeProgress> run_calls(const std::function<Outcome<ChangeProgress>(Call&)>& operation);
    void apply(Call& call);

    OpenSslCrypto crypto;
    std::array<std::byte, 32> device_key{};
    RootRecord root;
    StoreKeys keys;
    Disk disk;
    std::vector<Frame> frames;
    PageBytes scratch{};
    std::unique_ptr<NumberMemory> numbers = std::make_unique<NumberMemory>();
    std::unique_ptr<Pages> pages;
    std::unique_ptr<IndexTransaction> transaction;
    Counts counts;                // of the last operation
    size_t call_capacity = 256;
    bool bring_all = false;       // calls carry all pages of the disk
    uint64_t io_count = 0;
    uint64_t io_fail_at = 0;
    std::function<void(Call&)> before_call;   // may change the pages that are brought
    std::function<void(uint32_t)> on_write;   // each page that reaches the disk
};

}  // namespace festore::engine
