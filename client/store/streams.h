// SPDX-License-Identifier: BSD-2-Clause
// A content on its way into a store or out of it, with at most a few times protocol::kCallContentBytesMax of it in memory. The
// store moves it. Plaintext in it is wiped. Thread safety: one thread at a time, with their store.
#pragma once
#include "base/host/guarded_memory.h"
#include "client/objects.h"
#include "client/store/disk/directory.h"
#include "protocol/store_messages.h"

#include <algorithm>
#include <vector>

namespace festore {

class ChangeableStore;
class ReadableStore;
class StoreClient;

// A put whose content comes in parts: kept for the index as long as it fits there, then written to a payload.
class StoreWriter final : public ObjectWriter {
public:
    // `batch`: the transaction that the put belongs to; 0: none. `store` must outlive this.
    StoreWriter(ChangeableStore& store, std::string_view name, const PutOptions& options, uint64_t batch);
    ~StoreWriter() override;  // leaves nothing behind unless it was kept

    Result<void> write(Bytes part) override;
    Result<ObjectInfo> finish() override;
    [[nodiscard]] bool needs_session() const override { return true; }  // the TA has the payload's key in this session

private:
    friend class ChangeableStore;
    friend class StoreClient;
    void reserve(size_t bytes);
    void end();
    Result<void> write_sealed();

    ChangeableStore& store_;
    const std::string name_;
    PutOptions options_;  // with a time
    const uint64_t batch_;
    bool over_ = false;   // after an error, and at the end
    uint64_t size_ = 0;   // so far
    uint32_t segment_bytes_ = limits::kSegmentBytesServed;
    GuardedBytes pending_;  // not yet sealed: at most what one call seals
    GuardedBytes sealed_;   // by the last call: written to the file while the TEE works on the next one
    std::optional<StoreDirectory::Upload> file_;
    protocol::SegmentsRequest next_;
};

class StoreReader final : public ObjectReader {
public:
    // `store` must outlive this.
    StoreReader(ReadableStore& store, ObjectInfo info, const protocol::StoreMetadata& metadata)
        : ObjectReader(std::move(info)), store_(store), metadata_(metadata) {}
    ~StoreReader() override { wipe(loaded_); }

    Result<size_t> read(MutableBytes out) override;
    // Fills `out` with what is loaded at the position, and moves the position. Returns how many bytes that was.
    size_t give(MutableBytes out);

private:
    friend class ReadableStore;
    friend class StoreClient;
    [[nodiscard]] bool is_loaded() const {
        return position_ >= loaded_from_ && position_ - loaded_from_ < loaded_.size();
    }
    void load(uint64_t from, GuardedBytes content);
    protocol::SegmentsRequest next_part(size_t wanted, bool alone);
    Result<std::vector<std::byte>> read_sealed(size_t wanted, protocol::SegmentsRequest& part);
    void read_behind(const protocol::SegmentsRequest& part);

    ReadableStore& store_;
    protocol::StoreMetadata metadata_;
    std::optional<StoreDirectory::Payload> file_;
    uint64_t loaded_from_ = 0;
    GuardedBytes loaded_;  // verified: all of a small content, or segments
    uint64_t part_bytes_max_ = protocol::kCallContentBytesMax;  // content of one call
    uint64_t ahead_ = 0;             // content to read in one call, at least
    uint64_t sealed_from_ = 0;       // offset of sealed_ in the file
    std::vector<std::byte> sealed_;  // read ahead while the TEE opened the part before it
};

}  // namespace festore
