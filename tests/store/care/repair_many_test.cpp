// SPDX-License-Identifier: BSD-2-Clause
// Rule 19 for stores of many objects, and if no recovery copies are made.
#include "base/limits.h"
#include "tests/store/harness/model.h"

namespace festore::store_test {
namespace {

TEST(RepairOfMany, FiveThousandObjectsWithinTheHeap) {
    Device device;
    Objects truth;
    {
        Client client = device.connect();
        Result<Transaction> transaction = client.store()->begin();
        ASSERT_TRUE(transaction);
        for (unsigned i = 0; i < 5000; ++i) {
            const std::string name = "object " + std::to_string(i);
            truth[name] = content_of(100, i);
            ASSERT_TRUE(transaction->put(name, truth[name]));
        }
        ASSERT_TRUE(transaction->commit());
    }
    device.restore({device.snapshot().files, {}});
    const auto repaired = device.connect().store()->repair();
    ASSERT_TRUE(repaired) << repaired.error().message;
    EXPECT_EQ(read_all(device, "repaired"), truth);
    std::printf("%zu bytes of the TA's heap at most\n", device.tee().ta_heap_bytes_peak(ta::host_image().uuid));
    EXPECT_LE(device.tee().ta_heap_bytes_peak(ta::host_image().uuid), limits::kTaHeapBytes);
}

TEST(RepairOfMany, AnIndexThatIsLargerThanOneTransaction) {
    Device device;
    constexpr unsigned kObjects = 24000;
    constexpr unsigned kEach = 3000;
    for (unsigned first = 0; first < kObjects; first += kEach) {
        Client client = device.connect();
        Result<Transaction> transaction = client.store()->begin();
        ASSERT_TRUE(transaction);
        for (unsigned i = first; i < first + kEach; ++i)
            ASSERT_TRUE(transaction->put("object " + std::to_string(1000000 + i), content_of(800, i)));
        ASSERT_TRUE(transaction->commit());
    }
    device.restore({device.snapshot().files, {}});
    Client client = device.connect();
    const auto repaired = client.store()->repair();
    ASSERT_TRUE(repaired) << repaired.error().message;
    EXPECT_EQ(repaired->objects, kObjects);
    const auto report = client.verify();
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_EQ(report->objects, kObjects);
    EXPECT_TRUE(report->damaged.empty());
}

TEST(RepairWithoutThePta, ThereIsNoRecoveryCopy) {
    sim::Config config;
    config.has_system_pta = false;
    Device device(config);
    Client client = device.connect();
    EXPECT_FALSE(client.put("a", content_of(5)));
    EXPECT_FALSE(client.store()->repair());
}

}  // namespace
}  // namespace festore::store_test
