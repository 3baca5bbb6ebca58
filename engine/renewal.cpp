// SPDX-License-Identifier: BSD-2-Clause
#include "engine/renewal.h"

namespace festore::engine {
namespace {

constexpr std::string_view kEpochLabel = "festore epoch 1";

}  // namespace

Result<RootRecord> renew_store(Crypto& crypto, Bytes device_key, const RootRecord& old) {
    SecretBytes<32> random;
    FESTORE_CHECK(crypto.random(random.fill()));
    std::array<std::byte, 16> seen{};
    Writer out(seen);
    out.u64(old.epoch);
    out.u64(old.generation);
    Mac mac{};
    FESTORE_CHECK(crypto.hmac(device_key, {bytes_of(kEpochLabel), old.store_id, seen, random.expose()}, mac));
    RootRecord record = old;
    // Another jump each time: two repairs may begin with the same copy.
    const uint64_t jump = kChangesOfRepair * (1 + std::to_integer<uint64_t>(mac[8]));
    if (old.changes > kChangesMax - jump) return fail(Code::limit_exceeded);
    record.changes = old.changes + jump;
    record.flags |= kRootOfAnotherTable;
    record.epoch = Reader(mac).u64();
    if (record.epoch == old.epoch) return fail(Code::generic);
    record.index = {};
    record.free_list = {};
    record.page_count = kFirstPage;
    record.height = 0;
    record.objects = 0;
    record.content_bytes = 0;
    record.pages_sealed = 0;
    record.free_pages = 0;
    record.flags |= kRootFreshnessLost;
    record.freshness_lost_generation = old.generation;
    if (record.freshness_lost_count < UINT32_MAX) ++record.freshness_lost_count;
    return record;
}

}  // namespace festore::engine
