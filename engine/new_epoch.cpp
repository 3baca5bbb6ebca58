// SPDX-License-Identifier: BSD-2-Clause
#include "engine/new_epoch.h"

namespace festore::engine {
namespace {

constexpr std::string_view kEpochLabel = "festore epoch 1";

struct Empty {
    RootRecord record;  // the same store under another epoch, without an index
    uint8_t drawn = 0;  // another random byte
};

Outcome<Empty> make_empty(Crypto& crypto, Bytes device_key, const RootRecord& old) {
    SecretBytes<32> random;
    FESTORE_CHECK(crypto.random(random.fill()));
    std::array<std::byte, 16> seen{};
    Writer out(seen);
    out.u64(old.epoch);
    out.u64(old.generation);
    Mac mac{};
    FESTORE_CHECK(crypto.hmac(device_key, {bytes_of(kEpochLabel), old.store_id, seen, random.expose()}, mac));
    RootRecord record = old;
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
    record.flags &= ~uint32_t{kRootLostRanges | kRootTwoCiphers};  // copying the entries sets them again
    return Empty{record, std::to_integer<uint8_t>(mac[8])};
}

}  // namespace

Outcome<RootRecord> rekey_store(Crypto& crypto, Bytes device_key, const RootRecord& old) {
    return FESTORE_TRY(make_empty(crypto, device_key, old)).record;
}

Outcome<RootRecord> new_epoch(Crypto& crypto, Bytes device_key, const RootRecord& old) {
    auto [record, drawn] = FESTORE_TRY(make_empty(crypto, device_key, old));
    // A random jump, since two repairs may start from the same copy.
    const uint64_t jump = kChangesOfRepair * (uint64_t{1} + drawn);
    if (old.changes > kChangesMax - jump) return fail(Code::limit_exceeded);
    record.changes = old.changes + jump;
    record.flags |= kRootOfAnotherTable | kRootFreshnessLost;
    record.freshness_lost_generation = old.generation;
    if (record.freshness_lost_count < UINT32_MAX) ++record.freshness_lost_count;
    return record;
}

}  // namespace festore::engine
