// SPDX-License-Identifier: BSD-2-Clause
// Malformed commands: random and structured garbage for every command, in types, sizes, requests, and in memory that
// changes while the TA reads it. The TA always answers with an error of the contract or does its work; it never dies,
// leaks, or harms another session. Run under the sanitizers too.
#include "tests/ta/harness/storage_harness.h"

#include <atomic>
#include <random>
#include <thread>

namespace festore::ta {
namespace {

constexpr int kRounds = 20000;

bool in_contract(uint32_t result) {
    for (const Code code :
         {Code::success, Code::corrupt_object, Code::storage_not_available, Code::access_denied, Code::access_conflict,
          Code::bad_format, Code::bad_parameters, Code::bad_state, Code::item_not_found, Code::not_supported,
          Code::out_of_memory, Code::busy, Code::short_buffer, Code::storage_no_space, Code::version_conflict,
          Code::write_once, Code::no_identity, Code::limit_exceeded})
        if (result == number(code)) return true;
    return false;
}

class Garbage : public StorageTest {
protected:
    void SetUp() override {
        witness_ = session_of(7);
        ASSERT_EQ(put(witness_, "witness", filled(300, 9)), 0U);
        victim_ = session_of(1000);
        everyone_ = public_session();
        heap_ = tee_.ta_heap_bytes_in_use(protocol::kTaUuid);
    }
    // The others' objects are unchanged, nothing is left open or allocated, and every stored object matches its id.
    void check_that_others_are_unharmed() {
        Content content(300);
        ASSERT_EQ(get(witness_, "witness", content).result, 0U);
        ASSERT_EQ(content, filled(300, 9));
        ASSERT_EQ(tee_.ta_handles_open(protocol::kTaUuid), 0U);
        ASSERT_EQ(tee_.ta_heap_bytes_in_use(protocol::kTaUuid), heap_);
        for (const uint32_t session : {witness_, victim_, everyone_}) ASSERT_EQ(list(session).damaged, 0U);
        storage_ = protocol::Storage::rpmb;
        for (const uint32_t session : {witness_, victim_, everyone_}) ASSERT_EQ(list(session).damaged, 0U);
        storage_ = protocol::Storage::ree;
    }
    uint32_t attacked() { return pick(2) == 0 ? victim_ : everyone_; }
    uint32_t pick(uint32_t below) { return static_cast<uint32_t>(random_()) % below; }
    void scribble(MutableBytes b) {
        for (std::byte& x : b) x = static_cast<std::byte>(random_());
    }
    // A valid request, for the mutations to start from.
    size_t valid_request(uint32_t command, MutableBytes buffer) {
        Writer out(buffer);
        const Bytes name = bytes_of(kNames[pick(kNames.size())]);
        const auto storage = pick(4) == 0 ? protocol::Storage::rpmb : protocol::Storage::ree;
        switch (static_cast<protocol::Command>(command)) {
        case protocol::Command::write_object: out.bytes(name); break;
        case protocol::Command::hello: encode(protocol::HelloRequest{1, 0, protocol::Login::user, 1000}, out); break;
        case protocol::Command::put: {
            protocol::PutRequest put;
            put.storage = storage;
            put.flags = static_cast<uint8_t>(pick(4));
            put.content_size = 100;
            put.name = name;
            encode(put, out);
            break;
        }
        case protocol::Command::list: encode(protocol::ListRequest{storage, {}, {}}, out); break;
        default: encode(protocol::NameRequest{storage, name}, out); break;
        }
        return out.size();
    }
    uint32_t valid_types(uint32_t command) {
        switch (static_cast<protocol::Command>(command)) {
        case protocol::Command::write_object: return types(kIn, kIn, kNone, kNone);
        case protocol::Command::put: return types(kIn, kOut, kIn, kNone);
        case protocol::Command::get:
        case protocol::Command::list: return types(kIn, kOut, kOut, kNone);
        default: return types(kIn, kOut, kNone, kNone);
        }
    }

    static constexpr std::array<std::string_view, 4> kNames = {"a", "b", "c/d", "a name that is longer than the others"};
    std::mt19937 random_{4711};
    uint32_t witness_ = 0;
    uint32_t victim_ = 0;
    uint32_t everyone_ = 0;
    size_t heap_ = 0;
};

TEST_F(Garbage, RandomParameters) {
    std::array<Content, 4> buffers;
    for (int round = 0; round < kRounds; ++round) {
        sim::Params params;
        uint32_t all_types = 0;
        for (uint32_t i = 0; i < 4; ++i) {
            const uint32_t kinds[] = {kNone, kValueIn, kValueOut, kValueInOut, kIn, kOut, kInOut};
            all_types |= kinds[pick(7)] << (4 * i);
            buffers[i].resize(pick(4) == 0 ? pick(70000) : pick(400));
            if (buffers[i].size() < 2000) scribble(buffers[i]);
            params.values[i] = {buffers[i].data(), buffers[i].size(), static_cast<uint32_t>(random_()),
                                static_cast<uint32_t>(random_())};
        }
        const uint32_t command = pick(16) == 0 ? static_cast<uint32_t>(random_()) : pick(protocol::kBasicCommandCount + 1);
        params.types = pick(3) == 0 ? all_types : valid_types(command);
        uint32_t origin = 0;
        const uint32_t result = tee_.invoke(attacked(), command, params, &origin);
        ASSERT_TRUE(in_contract(result)) << "round " << round << " command " << command << ": " << std::hex << result;
    }
    check_that_others_are_unharmed();
}

TEST_F(Garbage, MutatedRequests) {
    std::array<std::byte, 512> request{};
    Content payload(4096);
    Content answer(protocol::kAnswerBytesMax);
    for (int round = 0; round < kRounds; ++round) {
        const uint32_t command = pick(protocol::kBasicCommandCount);
        size_t size = valid_request(command, request);
        for (uint32_t flips = pick(4); flips > 0; --flips) request[pick(64)] ^= static_cast<std::byte>(1 << pick(8));
        if (pick(4) == 0) size = pick(512);
        sim::Params params;
        params.types = valid_types(command);
        params.values[0] = {request.data(), size, 0, 0};
        params.values[1] = {answer.data(), pick(8) == 0 ? pick(200) : answer.size(), 0, 0};
        if (params.values[1].size > answer.size()) params.values[1].size = answer.size();
        params.values[2] = {payload.data(), pick(2) == 0 ? 100 : pick(4096), 0, 0};
        uint32_t origin = 0;
        const uint32_t result = tee_.invoke(attacked(), command, params, &origin);
        ASSERT_TRUE(in_contract(result)) << "round " << round << " command " << command << ": " << std::hex << result;
    }
    check_that_others_are_unharmed();
}

TEST_F(Garbage, SessionsOpenedWithOddParameters) {
    std::array<Content, 4> buffers;
    int opened = 0;
    for (int round = 0; round < kRounds; ++round) {
        sim::Params params;
        for (uint32_t i = 0; i < 4; ++i) {
            const uint32_t kinds[] = {kNone, kNone, kNone, kValueIn, kValueOut, kValueInOut, kIn, kOut, kInOut};
            params.types |= kinds[pick(9)] << (4 * i);
            buffers[i].resize(pick(400));
            scribble(buffers[i]);
            params.values[i] = {buffers[i].data(), buffers[i].size(), static_cast<uint32_t>(random_()),
                                static_cast<uint32_t>(random_())};
        }
        const sim::Identity callers[] = {the_public(), user(1000), user(4), group(4), {pick(9), {}}};
        uint32_t session = 0;
        uint32_t origin = 0;
        const uint32_t result = tee_.open_session(protocol::kTaUuid, callers[pick(5)], params, &session, &origin);
        ASSERT_TRUE(in_contract(result)) << "round " << round << ": " << std::hex << result;
        if (params.types != 0) {
            ASSERT_NE(result, 0U) << "round " << round;
        }
        if (result != 0) continue;
        ++opened;
        tee_.close_session(session);
    }
    EXPECT_GT(opened, 10);
    check_that_others_are_unharmed();
}

// Another processor of the normal world writes to the shared memory during all calls.
TEST_F(Garbage, MemoryThatChangesWhileTheTaReadsIt) {
    std::array<std::byte, 512> request{};
    Content payload(4096);
    Content answer(protocol::kAnswerBytesMax);
    std::atomic<bool> stop = false;
    std::thread attacker([&] {
        std::mt19937 random(1);
        while (!stop) {
            const auto at = random() % 64;
            auto* byte = reinterpret_cast<volatile unsigned char*>(&request[at]);
            *byte = static_cast<unsigned char>(random());
            auto* content = reinterpret_cast<volatile unsigned char*>(&payload[random() % payload.size()]);
            *content = static_cast<unsigned char>(random());
        }
    });
    for (int round = 0; round < kRounds / 4; ++round) {
        const uint32_t command = pick(protocol::kBasicCommandCount);
        sim::Params params;
        params.types = valid_types(command);
        params.values[0] = {request.data(), valid_request(command, request), 0, 0};
        params.values[1] = {answer.data(), answer.size(), 0, 0};
        params.values[2] = {payload.data(), pick(2) == 0 ? 100 : payload.size(), 0, 0};
        uint32_t origin = 0;
        const uint32_t result = tee_.invoke(attacked(), command, params, &origin);
        EXPECT_TRUE(in_contract(result)) << "round " << round << " command " << command << ": " << std::hex << result;
    }
    stop = true;
    attacker.join();
    check_that_others_are_unharmed();
}

TEST_F(Garbage, TheNthAllocationFails) {
    for (uint64_t n = 1; n < 12; ++n) {
        sim::Faults faults;
        faults.allocation = n;
        tee_.set_faults(faults);
        Content content(300);
        Content page(4096);
        (void)put(victim_, "fails", filled(100, 1));
        (void)get(victim_, "fails", content);
        (void)call(victim_, protocol::Command::list, protocol::ListRequest{}, &page, kOut);
        uint32_t session = 0;
        if (open(user(1001), &session) == 0) tee_.close_session(session);
        tee_.set_faults({});
        check_that_others_are_unharmed();
        ASSERT_EQ(put(victim_, "fails", filled(100, 2)), 0U) << "works as before, n = " << n;
    }
}

TEST_F(Garbage, TheNthStorageCallFails) {
    for (const Code code : {Code::storage_no_space, Code::out_of_memory, Code::storage_not_available}) {
        for (uint64_t n = 1; n < 10; ++n) {
            ASSERT_EQ(put(victim_, "kept", filled(100, 1)), 0U);
            sim::Faults faults;
            faults.storage = n;
            faults.storage_code = number(code);
            tee_.set_faults(faults);
            const uint32_t replaced = put(victim_, "kept", filled(200, 2));
            tee_.set_faults({});
            Content content(200);
            const Answer answer = get(victim_, "kept", content);
            ASSERT_EQ(answer.result, 0U);
            content.resize(answer.payload_size);
            EXPECT_EQ(content, replaced == 0 ? filled(200, 2) : filled(100, 1)) << "old or new, n = " << n;
            check_that_others_are_unharmed();
        }
    }
}

// The TEE closes the handle of an object that it finds damaged; closing it again would panic the TA.
TEST_F(Garbage, DamageFoundWhileReadingCostsOnlyThatObject) {
    int found = 0;
    for (uint64_t n = 1; n < 6; ++n) {
        ASSERT_EQ(put(victim_, "damaged", filled(100, 1)), 0U);
        sim::Faults faults;
        faults.storage = n;
        faults.storage_code = number(Code::corrupt_object);
        tee_.set_faults(faults);
        Content content(100);
        const uint32_t result = get(victim_, "damaged", content).result;
        tee_.set_faults({});
        if (result != 0) {
            EXPECT_EQ(result, number(Code::corrupt_object)) << "n = " << n;
            ++found;
        }
        check_that_others_are_unharmed();
    }
    EXPECT_GE(found, 2) << "at opening, and at reading";
}

}  // namespace
}  // namespace festore::ta
