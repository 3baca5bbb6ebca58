// SPDX-License-Identifier: BSD-2-Clause
// For tests that change the cipher of an existing store and call the TA's commands directly.
#pragma once
#include "protocol/store_rebuild.h"
#include "protocol/store_reseal.h"
#include "tests/ta/harness/repairing_commands.h"

namespace festore::ta {

inline constexpr size_t kServedSegment = limits::kSegmentBytesServed;
inline constexpr auto kAes = stored::Cipher::aes_256_gcm;
inline constexpr auto kChaCha = stored::Cipher::chacha20_poly1305;

inline size_t sealed_bytes(size_t bytes) {
    return bytes + std::max<size_t>(1, (bytes + kServedSegment - 1) / kServedSegment) * engine::kTagBytes;
}
inline Content content_of(size_t size, uint32_t seed) {
    Content content(size);
    for (size_t i = 0; i < size; ++i) content[i] = static_cast<std::byte>((i * 2654435761U + seed * 97) >> 13);
    return content;
}

class ResealingCommands : public RepairingCommands {
protected:
    void SetUp() override {
        session_ = session_of(1000);
        make_store(session_, disk_);
        put("large", kLarge);
        put("other", kOther);
        put("kept", kKept, protocol::kStoreWriteOnce | protocol::kStoreKept);
        ASSERT_EQ(store_put(session_, disk_, "small", filled(100, 4)), 0U);
    }
    protocol::Id begin_upload(uint32_t segment_bytes = kServedSegment) {
        const Called called = store(session_, Command::store_begin_upload, protocol::BeginUploadRequest{segment_bytes});
        const auto answer = protocol::decode<protocol::BeginUploadAnswer>(called.answer);
        EXPECT_TRUE(called.result == 0 && answer);
        return answer ? answer->payload : protocol::Id{};
    }
    uint32_t seal(const protocol::Id& id, uint32_t segment, bool last, const Content& content, Content& sealed) {
        sealed.assign(sealed_bytes(content.size()), std::byte{});
        copy_bytes(content, MutableBytes(sealed).last(content.size()));
        const protocol::SegmentsRequest request{id, segment, last, static_cast<uint32_t>(content.size())};
        return store(session_, Command::store_seal_segments, request, {&sealed, kInOut}).result;
    }
    uint32_t put_upload(const std::string& name, const protocol::Id& id, uint64_t size, uint8_t flags = 0) {
        protocol::StorePutRequest put;
        put.flags = static_cast<uint8_t>(flags | protocol::kStoreSingle);
        put.inlined = false;
        put.payload = id;
        put.size = size;
        put.name = bytes_of(name);
        return committed(paged(session_, disk_, Command::store_put, put));
    }
    uint32_t committed(const Called& called) {
        const auto answer = protocol::decode<protocol::ChangeAnswer>(called.answer);
        return called.result != 0 || !answer ? called.result : commit(session_, {answer->transaction, answer->generation});
    }
    void put(const std::string& name, const Content& content, uint8_t flags = 0) {
        const protocol::Id id = begin_upload();
        for (size_t at = 0; at < content.size(); at += protocol::kResealBytesMax) {
            const Bytes part = Bytes(content).subspan(at, std::min<size_t>(content.size() - at, protocol::kResealBytesMax));
            const bool last = at + part.size() == content.size();
            Content sealed;
            ASSERT_EQ(seal(id, static_cast<uint32_t>(at / kServedSegment), last, {part.begin(), part.end()}, sealed), 0U);
            files_[id].insert(files_[id].end(), sealed.begin(), sealed.end());
        }
        ASSERT_EQ(put_upload(name, id, content.size(), flags), 0U);
    }
    protocol::StoreMetadata look(const std::string& name) {
        Content content(limits::kIndexEntryBytesMax);
        const auto answer = protocol::decode<protocol::GetAnswer>(store_get(session_, disk_, name, content).answer);
        EXPECT_TRUE(answer) << name;
        return answer ? answer->metadata : protocol::StoreMetadata{};
    }
    bool is_other(const std::string& name) { return (look(name).flags & protocol::kStoredOtherCipher) != 0; }
    uint32_t read(const protocol::StoreMetadata& m, Content& content) {
        content = files_[m.payload];
        const auto size = static_cast<uint32_t>(m.size);
        const protocol::SegmentsRequest request{m.payload, 0, true, size};
        const Called called = store(session_, Command::store_read_segments, request, {&content, kInOut});
        content.resize(std::min(content.size(), called.content_size));
        return called.result;
    }
    Content read(const std::string& name) {
        Content content;
        EXPECT_EQ(read(look(name), content), 0U) << name;
        return content;
    }
    uint32_t begin_recipher(stored::Cipher cipher) {
        return paged(session_, disk_, Command::store_recipher_begin, protocol::RecipherRequest{{}, cipher}).result;
    }
    uint32_t finish_rebuild() {
        for (int i = 0; i < 100; ++i) {
            const Called called = paged(session_, disk_, Command::store_rebuild_step, protocol::RebuildStepRequest{});
            const auto answer = protocol::decode<protocol::RebuildStepAnswer>(called.answer);
            if (called.result != 0 || !answer) return called.result;
            if (!answer->step.complete) continue;
            const protocol::TransactionRequest request{answer->step.transaction, answer->step.generation};
            const uint32_t done = store(session_, Command::store_rebuild_commit, request).result;
            if (done == 0) take_new_pages(disk_);
            return done;
        }
        return number(Code::generic);
    }
    uint32_t recipher(stored::Cipher cipher) {
        const uint32_t begun = begin_recipher(cipher);
        return begun != 0 ? begun : finish_rebuild();
    }
    uint32_t rebuild() {
        const uint32_t begun = paged(session_, disk_, Command::store_rebuild_begin, protocol::RebuildRequest{}).result;
        return begun != 0 ? begun : finish_rebuild();
    }
    protocol::StoreStatus status() {
        const Called called = store(session_, Command::store_find, protocol::FindRequest{Anchor::ree, {}});
        const auto status = protocol::decode<protocol::StoreStatus>(called.answer);
        EXPECT_TRUE(status);
        return status.value_or(protocol::StoreStatus{});
    }
    bool has_two_ciphers() { return (status().flags & stored::kRootTwoCiphers) != 0; }

    // Reseals a payload's segments from `segment` on. `memory` returns the resealed segments.
    uint32_t reseal_segments(const protocol::Id& from, const protocol::Id& to, uint32_t segment, uint32_t bytes, Content& memory) {
        const protocol::ResealSegmentsRequest request{from, to, segment, bytes};
        return store(session_, Command::store_reseal_segments, request, {&memory, kInOut}).result;
    }
    // Reseals all segments of the object in one call. The object must be the last one that was looked at.
    uint32_t reseal_all(const protocol::StoreMetadata& m, const protocol::Id& to) {
        files_[to] = files_[m.payload];
        return reseal_segments(m.payload, to, 0, static_cast<uint32_t>(m.size), files_[to]);
    }
    Called reseal_prepared(const std::string& name, const protocol::Id& to) {
        return paged(session_, disk_, Command::store_reseal, protocol::ResealRequest{{}, to, bytes_of(name)});
    }
    uint32_t reseal_entry(const std::string& name, const protocol::Id& to) { return committed(reseal_prepared(name, to)); }
    uint32_t reseal(const std::string& name) {
        const protocol::StoreMetadata m = look(name);
        const protocol::Id to = begin_upload();
        const uint32_t sealed = reseal_all(m, to);
        return sealed != 0 ? sealed : reseal_entry(name, to);
    }

    const Content kLarge = content_of(2 * kServedSegment + 700, 1);
    const Content kOther = content_of(2 * kServedSegment + 700, 2);
    const Content kKept = content_of(9 * kServedSegment, 3);
    uint32_t session_ = 0;
    Disk disk_;
    std::map<protocol::Id, Content> files_;  // of payloads
};

}  // namespace festore::ta
