// SPDX-License-Identifier: BSD-2-Clause
// The exact cost of operations, by the simulator's counters: calls into the TA, and calls of the TA into TEE storage.
#include "base/limits.h"
#include "tests/engine/rounds.h"
#include "tests/store/harness/device.h"

#include <algorithm>

namespace festore::store_test {
namespace {

class Counts : public testing::Test {
protected:
    // The cost of `work`.
    template <class F>
    sim::Counters cost_of(F&& work) {
        const sim::Counters before = device_.tee().counters();
        EXPECT_TRUE(work());
        sim::Counters cost = device_.tee().counters();
        cost.ta_open_session -= before.ta_open_session;
        cost.ta_invoke -= before.ta_invoke;
        cost.storage_open -= before.storage_open;
        cost.storage_create -= before.storage_create;
        cost.storage_read -= before.storage_read;
        cost.storage_write -= before.storage_write;
        cost.storage_truncate -= before.storage_truncate;
        cost.storage_rename -= before.storage_rename;
        cost.storage_delete -= before.storage_delete;
        cost.storage_enumerate -= before.storage_enumerate;
        return cost;
    }
    static void expect_one_write(const sim::Counters& cost, const std::string& what) {
        EXPECT_EQ(cost.storage_write, 1U) << what;
        EXPECT_EQ(cost.storage_create, 0U) << what;
        EXPECT_EQ(cost.storage_calls(), 1U) << what << ": a warm session reads nothing";
    }
    static std::string name_of(size_t i) {
        const std::string digits = std::to_string(1000000 + i);
        return "object " + digits;
    }
    // Objects `from` to `to`, in transactions that are well within their limits.
    static void load(Client& client, size_t from, size_t to) {
        constexpr size_t kChunk = 10000;
        while (from < to) {
            Result<Transaction> transaction = client.store()->begin();
            ASSERT_TRUE(transaction) << transaction.error().message;
            for (const size_t end = std::min(to, from + kChunk); from < end; ++from) {
                const auto put = transaction->put(name_of(from), content_of(16));
                ASSERT_TRUE(put) << put.error().message;
            }
            ASSERT_TRUE(transaction->commit());
        }
    }

    Device device_;
};

TEST_F(Counts, Rule03ACommitIsOneWriteHoweverManyChangesItCarries) {
    Client client = device_.connect();
    load(client, 0, 200);
    const auto one = [&](const char* what, const std::function<bool()>& change) { expect_one_write(cost_of(change), what); };
    one("put", [&] { return client.put("a", content_of(10)).has_value(); });
    one("replace", [&] { return client.put("a", content_of(20)).has_value(); });
    one("put with payload", [&] { return client.put("p", content_of(100000)).has_value(); });
    one("rename", [&] { return client.store()->rename("a", "b").has_value(); });
    one("remove", [&] { return client.remove("b").has_value(); });
    for (const size_t changes : {1U, 30U, 2000U}) {
        Result<Transaction> transaction = client.store()->begin();
        ASSERT_TRUE(transaction);
        const sim::Counters cost = cost_of([&] {
            for (size_t i = 0; i < changes; ++i)
                if (!transaction->put(name_of(i * 2), content_of(100))) return false;
            return transaction->remove(name_of(1)).has_value() && transaction->put(name_of(1), content_of(5)).has_value() &&
                   transaction->commit().has_value();
        });
        expect_one_write(cost, "a batch of " + std::to_string(changes));
    }
}

TEST_F(Counts, WarmSmallObjects) {
    Client client = device_.connect();
    load(client, 0, 200);
    ASSERT_EQ(client.store()->status()->height, 2U);
    ASSERT_TRUE(client.get(name_of(77)));
    for (const char* what : {"the same", "once more"}) {
        const sim::Counters get = cost_of([&] { return client.get(name_of(77)).has_value(); });
        EXPECT_EQ(get.ta_invoke, 1U) << what;
        EXPECT_EQ(get.ta_open_session, 0U) << what;
        EXPECT_EQ(get.storage_calls(), 0U) << what;
    }
    const sim::Counters stat = cost_of([&] { return client.stat(name_of(77)).has_value(); });
    EXPECT_EQ(stat.ta_invoke, 1U);
    ASSERT_TRUE(client.put(name_of(77), content_of(30)));
    for (const unsigned seed : {1U, 2U}) {
        const sim::Counters put = cost_of([&] { return client.put(name_of(77), content_of(30, seed)).has_value(); });
        EXPECT_EQ(put.ta_invoke, 2U) << "change, commit";
        expect_one_write(put, "put");
        const sim::Counters get = cost_of([&] { return client.get(name_of(77)) == content_of(30, seed); });
        EXPECT_EQ(get.ta_invoke, 1U) << "what was written is in the TA's memory";
    }
    // Another client of the same TEE finds the pages warm: hello, open, get.
    Client other = device_.connect();
    const sim::Counters get = cost_of([&] { return other.get(name_of(77)).has_value(); });
    EXPECT_LE(get.ta_invoke, 3U);
    EXPECT_EQ(get.storage_calls(), 0U) << "the table was read for the first session";
}

TEST_F(Counts, PayloadsTakeACallFor8Segments) {
    Client client = device_.connect();
    for (const size_t size : {1000U, 32768U, 32769U, 262144U, 262145U, 2000000U}) {
        const size_t parts = (size + 262143) / 262144;
        const sim::Counters put = cost_of([&] { return client.put("p", content_of(size)).has_value(); });
        if (size != 1000U) {  // that one made the store
            EXPECT_EQ(put.ta_invoke, 3 + parts) << size << ": begin, segments, change, commit";
            expect_one_write(put, "put");
        }
        const sim::Counters get = cost_of([&] { return client.get("p") == content_of(size); });
        EXPECT_EQ(get.ta_invoke, 1 + parts) << size;
        EXPECT_EQ(get.storage_calls(), 0U) << size;
    }
}

// There are more objects than the TA's page cache can hold: the client brings at once what the same object needed before.
TEST_F(Counts, WhatWasLookedUpBeforeIsBroughtAtOnce) {
    Client client = device_.connect();
    load(client, 0, 5000);
    const auto all = [&] {
        bool good = true;
        for (size_t i = 0; i < 5000; i += 50) good = good && client.get(name_of(i)) == content_of(16);
        return good;
    };
    const sim::Counters first = cost_of(all);
    EXPECT_GT(first.ta_invoke, 100U) << "otherwise this shows nothing";
    const sim::Counters second = cost_of(all);
    EXPECT_EQ(second.ta_invoke, 100U);
    ASSERT_TRUE(client.put(name_of(0), content_of(17)));
    EXPECT_EQ(client.get(name_of(0)), content_of(17));
    // Another client moves pages; what this one remembers is then useless but harmless.
    Client other = device_.connect();
    load(other, 0, 5000);
    EXPECT_TRUE(all());
}

// Cold: a newly loaded TA, and a client that knows nothing.
TEST_F(Counts, CallsGrowByNoMoreThanTheHeight) {
    uint64_t get_first = 0;
    uint64_t put_first = 0;
    uint32_t height_first = 0;
    size_t there = 0;
    for (const size_t objects : {10U, 1000U, 10000U, 100000U}) {
        if (objects == 100000U && engine::kSlow > 1) continue;  // takes sanitizers too long
        uint32_t height = 0;
        {
            Client client = device_.connect();
            load(client, there, objects);
            const auto status = client.store()->status();
            ASSERT_TRUE(status);
            EXPECT_EQ(status->objects, objects);
            height = status->height;
            there = objects;
        }
        uint64_t get = 0;
        uint64_t put = 0;
        for (const size_t part : {0U, 3U, 5U, 9U}) {
            const std::string name = name_of(objects * part / 10);
            const auto cold = [&](const std::function<bool(Client&)>& work, uint64_t& most) {
                device_.restore_tee(device_.tee_objects());
                Client client = device_.connect();
                const sim::Counters cost = cost_of([&] { return work(client); });
                most = std::max(most, cost.ta_invoke);
                return cost;
            };
            const sim::Counters read = cold([&](Client& c) { return c.get(name) == content_of(16); }, get);
            EXPECT_EQ(read.storage_write, 0U) << "rule 5";
            EXPECT_EQ(read.storage_calls(), 3U) << "opening and reading the table, and looking for one in the RPMB";
            const sim::Counters written = cold([&](Client& c) { return c.put(name, content_of(16)).has_value(); }, put);
            EXPECT_EQ(written.storage_write, 1U);
            EXPECT_LE(written.storage_calls(), 4U);
        }
        std::printf("%6zu objects, height %u: %lu calls for a cold get, %lu for a cold put\n", objects, height, get, put);
        if (height_first == 0) height_first = height, get_first = get, put_first = put;
        EXPECT_LE(get, get_first + height - height_first) << objects;
        EXPECT_LE(put, put_first + height - height_first) << objects;
        EXPECT_LE(get, 2U + height) << "open, and a call for each level: " << objects;
    }
}

}  // namespace
}  // namespace festore::store_test
