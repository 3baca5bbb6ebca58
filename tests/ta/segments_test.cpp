// SPDX-License-Identifier: BSD-2-Clause
// Segments of one call, as a hostile client sends them: wrong sizes, wrong order, memory that changes.
#include "protocol/store_files.h"
#include "protocol/store_messages.h"
#include "tests/ta/harness/harness.h"

namespace festore::ta {
namespace {

using protocol::SegmentsRequest;
using protocol::Command;

constexpr size_t kSegment = limits::kSegmentBytesServed;
constexpr size_t kTag = 16;

class Segments : public TaTest {
protected:
    void SetUp() override {
        session_ = session_of(1000);
        Content header(protocol::kStoreHeaderBytes);
        ASSERT_EQ(store_call(Command::store_make, protocol::MakeRequest{.without_asking_rpmb = true}, &header, kOut), 0U);
        const auto decoded = protocol::decode_store_header(header);
        ASSERT_TRUE(decoded);
        ASSERT_EQ(store_call(Command::store_create, protocol::TransactionRequest{decoded->store_id, 0}), 0U);
        begin();
    }
    template <class M>
    uint32_t store_call(Command command, const M& message, Content* memory = nullptr, uint32_t type = kNone) {
        std::array<std::byte, protocol::kStoreRequestBytesMax> request{};
        Writer out(request);
        encode(message, out);
        answer_.assign(protocol::kStoreAnswerBytesMax, std::byte{});
        sim::Params params;
        params.types = types(kIn, kOut, type, kNone);
        params.values[0] = {request.data(), out.size(), 0, 0};
        params.values[1] = {answer_.data(), answer_.size(), 0, 0};
        if (memory != nullptr) params.values[2] = {memory->data(), memory->size(), 0, 0};
        uint32_t origin = 0;
        const uint32_t result = tee_.invoke(session_, static_cast<uint32_t>(command), params, &origin);
        answer_.resize(std::min(params.values[1].size, answer_.size()));
        if (memory != nullptr) given_ = params.values[2].size;
        return result;
    }
    void begin() {
        ASSERT_EQ(store_call(Command::store_begin_upload, protocol::BeginUploadRequest{kSegment}), 0U);
        const auto answer = protocol::decode<protocol::BeginUploadAnswer>(answer_);
        ASSERT_TRUE(answer);
        payload_ = answer->payload;
    }
    // Seals `bytes` of content, which are at the end of a memory of `memory_bytes`.
    uint32_t seal(uint32_t number, bool last, size_t bytes, size_t memory_bytes) {
        memory_.assign(memory_bytes, std::byte{0xEE});
        for (size_t i = 0; i < std::min(bytes, memory_bytes); ++i)
            memory_[memory_bytes - 1 - i] = static_cast<std::byte>((bytes - 1 - i) * 7);
        return store_call(Command::store_seal_segments, SegmentsRequest{payload_, number, last, static_cast<uint32_t>(bytes)},
                          &memory_, kInOut);
    }
    static size_t sealed_bytes(size_t bytes) { return bytes + std::max<size_t>(1, (bytes + kSegment - 1) / kSegment) * kTag; }

    uint32_t session_ = 0;
    protocol::Id payload_{};
    Content answer_, memory_;
    size_t given_ = 0;
};

TEST_F(Segments, SeveralInOneCallAndTheRest) {
    EXPECT_EQ(seal(0, false, 8 * kSegment, sealed_bytes(8 * kSegment)), 0U);
    EXPECT_EQ(given_, sealed_bytes(8 * kSegment));
    EXPECT_EQ(seal(8, false, kSegment, sealed_bytes(kSegment)), 0U);
    EXPECT_EQ(seal(9, true, 2 * kSegment + 5, sealed_bytes(2 * kSegment + 5)), 0U);
    EXPECT_EQ(given_, sealed_bytes(2 * kSegment + 5));
    EXPECT_EQ(seal(12, true, 5, sealed_bytes(5)), number(Code::bad_state)) << "the content is complete";
}

TEST_F(Segments, AnEmptyContentIsOneSegment) {
    EXPECT_EQ(seal(0, true, 0, kTag), 0U);
    EXPECT_EQ(given_, kTag);
}

TEST_F(Segments, WhatDoesNotFitEndsTheUpload) {
    struct Case {
        const char* what;
        uint32_t segment;
        bool last;
        size_t bytes, memory_bytes;
    };
    const size_t two = 2 * kSegment;
    for (const Case& c : {Case{"no room for the tags", 0, false, two, two}, Case{"room for one tag only", 0, false, two, two + kTag},
                          Case{"a byte too much", 0, false, two, sealed_bytes(two) + 1}, Case{"no memory", 0, true, 5, 0},
                          Case{"a partial segment that is not the last", 0, false, two + 5, sealed_bytes(two + 5)},
                          Case{"not from the first segment on", 1, false, two, sealed_bytes(two)},
                          Case{"empty and not the last", 0, false, 0, kTag},
                          Case{"segment numbers that overflow", UINT32_MAX, false, two, sealed_bytes(two)}}) {
        EXPECT_EQ(seal(c.segment, c.last, c.bytes, c.memory_bytes), number(Code::bad_parameters)) << c.what;
        EXPECT_EQ(seal(0, true, 5, sealed_bytes(5)), number(Code::bad_state)) << c.what;
        begin();
    }
    const size_t most = protocol::kCallContentBytesMax;
    EXPECT_EQ(seal(0, false, most + kSegment, sealed_bytes(most + kSegment)), number(Code::bad_format)) << "more than a call takes";
    EXPECT_EQ(seal(0, true, 5, sealed_bytes(5)), 0U) << "the refused call had no effect";
}

TEST_F(Segments, MemoryThatChangesIsSealedAllTheSame) {
    ASSERT_EQ(seal(0, false, 3 * kSegment, sealed_bytes(3 * kSegment)), 0U);
    sim::Faults faults;
    faults.scribbles_over_inputs = true;
    tee_.set_faults(faults);
    EXPECT_EQ(seal(3, true, 3 * kSegment, sealed_bytes(3 * kSegment)), 0U) << "other content, but whole segments";
    EXPECT_EQ(given_, sealed_bytes(3 * kSegment));
}

TEST_F(Segments, NothingIsReadThatWasNotLookedUp) {
    memory_.assign(sealed_bytes(kSegment), std::byte{});
    EXPECT_EQ(store_call(Command::store_read_segments, SegmentsRequest{payload_, 0, true, kSegment}, &memory_, kInOut),
              number(Code::bad_state));
}

}  // namespace
}  // namespace festore::ta
