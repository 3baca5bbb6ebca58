// SPDX-License-Identifier: BSD-2-Clause
// Makes requests for all commands of the store, which are right unless the input says otherwise, and keeps what an attacker
// learns from the answers, to make the next requests right. Beyond its end an input reads as zero, and zero is right: an empty
// input gives a request that an honest client could make.
#pragma once
#include "fuzz/world.h"
#include "protocol/store_rebuild.h"
#include "protocol/store_reseal.h"

namespace festore::fuzz {

// Like a row of the TA's table of commands (ta/dispatch.cpp); the test that replays the corpora compares the two tables.
struct StoreCommandRow {
    protocol::Command command;
    uint32_t content;  // type of the third parameter
    bool has_area;
};
std::span<const StoreCommandRow> store_commands();
const StoreCommandRow* find_store_command(uint32_t command);  // null: there is none

// The stores whose pages an attacker has: its own, a copy of the victim's, and one that it has made.
struct KnownStores {
    static constexpr size_t kOwn = 0, kVictims = 1, kMade = 2, kCount = 3;
    UserStore stores[kCount];
    std::map<protocol::Id, Content> sealed;  // segments of payloads
};

// What an attacker has learnt in one session.
struct StoreKnowledge {
    size_t store = KnownStores::kOwn;
    protocol::StoreHeader made;
    protocol::Id transaction{}, payload{}, upload{};
    uint64_t generation = 0, next = 0;
    uint64_t payload_bytes = 0;
    uint32_t payload_segment_bytes = UserStore::kSegmentBytes;
    bool batch_runs = false;
    uint32_t segment_bytes = UserStore::kSegmentBytes, segments = 0;  // of the upload; how many segments have been sealed
    uint64_t uploaded = 0;
    bool upload_complete = false;
    Content upload_sealed;
};

class StoreRequests {
public:
    StoreRequests(Input& input, KnownStores& known, StoreKnowledge& session) : in_(input), known_(known), session_(session) {}

    // Makes `request`, `content_type`, `content`, and, for a command with a page area, `memory`.
    void make(const StoreCommandRow& row);
    // To be called after a success.
    void learn(protocol::Command command, Bytes answer, Bytes content, size_t content_bytes, Bytes memory);

    Content request, content, memory;
    uint32_t content_type = kNone;

private:
    void fill_area();
    Content encoded(protocol::Command command);
    Content encoded_care(protocol::Command command);
    Content put();
    Content seal_segments();
    Content read_segments();
    Content reseal_segments();
    Bytes name();
    Bytes name_or_none() { return in_.one_in(2) ? name() : Bytes{}; }
    uint8_t flags_of_change();
    UserStore& some_store();
    protocol::OwnerClaim owner();
    protocol::StoreClaim claim();
    Bytes name_of(const protocol::StoreHeader& header);
    void learn_of_uploads(protocol::Command command, Bytes answer, Bytes content);
    void repair_is_committed();

    Input& in_;
    KnownStores& known_;
    StoreKnowledge& session_;
    protocol::PageArea area_;
    uint32_t sealed_bytes_ = 0;
    bool sealed_last_ = false;  // by seal_segments or reseal_segments
};

}  // namespace festore::fuzz
