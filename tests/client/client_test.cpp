// SPDX-License-Identifier: BSD-2-Clause
// The library against a TEE that lies, dies, or does not answer.
#include "tests/client/fake_tee.h"
#include "tests/client/memory_flags.h"

namespace festore {
namespace {

TEST_F(HostileTee, AnHonestAnswerIsTaken) {
    Client client = connect();
    serve = [](Command, TEEC_Operation& o) { return give(o, "hello", 5, 5); };
    const auto got = client.get("x");
    ASSERT_TRUE(got) << got.error().message;
    EXPECT_EQ(got->size(), 5U);
}

// It holds plaintext while the TEE works.
TEST_F(HostileTee, TheMemorySharedWithTheTeeIsInNoCoreDumpUntilItIsGivenBack) {
    if (memory_flags(&serve).empty()) GTEST_SKIP() << "this kernel does not report memory flags";
    Client client = connect();
    const void* shared = nullptr;
    serve = [&](Command, TEEC_Operation& o) {
        shared = static_cast<std::byte*>(o.params[2].memref.parent->buffer) + o.params[2].memref.offset;
        EXPECT_TRUE(is_kept_out_of_dumps(shared));
        return give(o, "hello", 5, 5);
    };
    ASSERT_TRUE(client.get("x"));
    ASSERT_NE(shared, nullptr);
}

TEST_F(HostileTee, SizesThatLieAreRefused) {
    Client client = connect();
    serve = [](Command, TEEC_Operation& o) { return give(o, "hello", 4, 5); };
    EXPECT_FALSE(client.get("x")) << "the sizes differ";
    serve = [](Command, TEEC_Operation& o) { return give(o, "hello", 1 << 30, 1 << 30); };
    EXPECT_FALSE(client.get("x")) << "more than the buffer holds";
    serve = [](Command, TEEC_Operation& o) {
        answer_size(o) = 1 << 30;
        return TEEC_SUCCESS;
    };
    EXPECT_FALSE(client.stat("x")) << "an answer longer than its buffer";
    serve = [](Command, TEEC_Operation& o) {
        answer_size(o) = 0;
        return TEEC_SUCCESS;
    };
    EXPECT_FALSE(client.stat("x"));
    EXPECT_FALSE(client.put("x", {}));
}

TEST_F(HostileTee, ABufferGrowsAsFarAsIsTold) {
    Client client = connect();
    int calls = 0;
    serve = [&](Command, TEEC_Operation& o) -> TEEC_Result {
        ++calls;
        if (o.params[2].memref.size >= 200000) return give(o, "big", 200000, 200000);
        o.params[2].memref.size = 200000;
        return TEEC_ERROR_SHORT_BUFFER;
    };
    const auto got = client.get("x");
    ASSERT_TRUE(got) << got.error().message;
    EXPECT_EQ(got->size(), 200000U);
    EXPECT_EQ(calls, 2);
}

TEST_F(HostileTee, ABufferThatIsNeverLargeEnoughEnds) {
    Client client = connect();
    int calls = 0;
    serve = [&](Command, TEEC_Operation& o) -> TEEC_Result {
        ++calls;
        o.params[2].memref.size += 1;
        return TEEC_ERROR_SHORT_BUFFER;
    };
    const auto got = client.get("x");
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().code, ErrorCode::busy);
    EXPECT_LE(calls, 8);
    serve = [](Command, TEEC_Operation& o) -> TEEC_Result {
        o.params[2].memref.size = 1;
        return TEEC_ERROR_SHORT_BUFFER;
    };
    EXPECT_FALSE(client.get("x")) << "short, but with room";
}

TEST_F(HostileTee, AListingThatDoesNotMoveOnEnds) {
    Client client = connect();
    int pages = 0;
    serve = [&](Command, TEEC_Operation& o) -> TEEC_Result {
        ++pages;
        protocol::ListAnswer list;
        list.more = true;
        list.cursor = bytes_of("same");
        answer(o, list);
        o.params[2].memref.size = 0;
        return TEEC_SUCCESS;
    };
    EXPECT_FALSE(client.list());
    EXPECT_EQ(pages, 2);
}

TEST_F(HostileTee, EntriesThatAreNotThereAreRefused) {
    Client client = connect();
    serve = [](Command, TEEC_Operation& o) -> TEEC_Result {
        protocol::ListAnswer list;
        list.entries = 1000;
        answer(o, list);
        o.params[2].memref.size = 10;
        return TEEC_SUCCESS;
    };
    EXPECT_FALSE(client.list());
}

// A TEE that answers every request with a listing of one entry with that name.
Serve listing_of(std::string name, uint8_t flags = 0) {
    return [name = std::move(name), flags](Command, TEEC_Operation& o) -> TEEC_Result {
        protocol::ListEntry entry;
        entry.metadata.flags = flags;
        entry.name = bytes_of(name);
        const auto& memory = o.params[2].memref;
        Writer writer({static_cast<std::byte*>(memory.parent->buffer) + memory.offset, memory.size});
        encode(entry, writer);
        o.params[2].memref.size = writer.size();
        protocol::ListAnswer list;
        list.entries = 1;
        answer(o, list);
        return TEEC_SUCCESS;
    };
}

TEST_F(HostileTee, NamesThatAreNoneAreRefused) {
    Client client = connect();
    serve = listing_of("a name");
    ASSERT_TRUE(client.list());
    ASSERT_TRUE(client.list("a n"));
    EXPECT_FALSE(client.list("b")) << "another prefix";
    EXPECT_FALSE(client.list("a names")) << "shorter than the prefix";
    for (const char* name : {"", "\x1b[2J", "two\nlines", "\xff", "cut \xe2\x82"}) {
        for (const uint8_t flags : {uint8_t{0}, uint8_t{protocol::kObjectLegacy}}) {
            serve = listing_of(name, flags);
            EXPECT_FALSE(client.list()) << "only public objects may have this name: " << name;
        }
    }
}

TEST_F(HostileTee, AnyBytesNameTheFirstDemosObjectsAndNoOthers) {
    options_.owner = Owner::public_();
    Client client = connect();
    for (const char* id : {"", "two\nlines", "\xff"}) {
        serve = listing_of(id, protocol::kObjectLegacy);
        const auto listing = client.list();
        ASSERT_TRUE(listing) << listing.error().message;
        EXPECT_EQ(listing->objects.front().name, id);
        serve = listing_of(id);
        EXPECT_FALSE(client.list()) << "not marked as the demo's";
    }
    serve = listing_of("\xff", protocol::kObjectLegacy);
    EXPECT_FALSE(client.list("a")) << "another prefix";
    serve = listing_of(std::string(65, '\xff'), protocol::kObjectLegacy);
    EXPECT_FALSE(client.list()) << "longer than any id";
}

TEST_F(HostileTee, ATaThatDiedIsOpenedAgainAndReadsAreRepeated) {
    Client client = connect();
    int calls = 0;
    serve = [&](Command, TEEC_Operation& o) -> TEEC_Result {
        return ++calls == 1 ? TEEC_ERROR_TARGET_DEAD : give(o, "hello", 5, 5);
    };
    EXPECT_TRUE(client.get("x"));
    EXPECT_EQ(calls, 2);
    EXPECT_EQ(sessions_opened, 2);
}

TEST_F(HostileTee, AConditionalPutIsNotRepeated) {
    Client client = connect();
    int calls = 0;
    serve = [&](Command, TEEC_Operation&) -> TEEC_Result {
        ++calls;
        return TEEC_ERROR_TARGET_DEAD;
    };
    PutOptions options;
    options.if_absent = true;
    const auto stored = client.put("x", {}, options);
    ASSERT_FALSE(stored);
    EXPECT_EQ(stored.error().code, ErrorCode::no_tee);
    EXPECT_EQ(calls, 1);
    calls = 0;
    EXPECT_FALSE(client.put("x", {}));
    EXPECT_EQ(calls, 2) << "a put without conditions is repeated, once";
}

TEST_F(HostileTee, ACallThatNeverReturnsIsGivenUp) {
    Client client = connect();
    serve = [](Command, TEEC_Operation&) -> TEEC_Result {
        std::this_thread::sleep_for(std::chrono::seconds(3));
        return TEEC_ERROR_GENERIC;
    };
    const auto begin = std::chrono::steady_clock::now();
    const auto got = client.get("x");
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().code, ErrorCode::no_tee);
    EXPECT_NE(got.error().message.find("tee-supplicant"), std::string::npos) << got.error().message;
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(3));
    std::this_thread::sleep_for(std::chrono::seconds(3));  // wait for the abandoned call while everything it uses still exists
}

TEST_F(HostileTee, Rule01AnIdleSessionIsClosedAndTheNextCallOpensAnother) {
    options_.idle_timeout = std::chrono::milliseconds(500);
    serve = [](Command, TEEC_Operation&) -> TEEC_Result {
        std::this_thread::sleep_for(std::chrono::milliseconds(800));  // longer than the idle timeout, but not idle
        return TEEC_ERROR_ITEM_NOT_FOUND;
    };
    Client client = connect();
    EXPECT_EQ(client.get("x").error().code, ErrorCode::not_found);
    EXPECT_EQ(sessions_opened - sessions_closed, 1);
    for (int i = 0; i < 50 && sessions_closed == 0; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(100));
    ASSERT_EQ(sessions_closed, 1);
    EXPECT_EQ(client.get("x").error().code, ErrorCode::not_found);
    EXPECT_EQ(sessions_opened, 2);
}

TEST_F(HostileTee, AnotherMajorVersionIsRefused) {
    hello.version_major = protocol::kVersionMajor + 1;
    const auto client = try_connect();
    ASSERT_FALSE(client);
    EXPECT_EQ(client.error().code, ErrorCode::no_tee);
    EXPECT_NE(client.error().message.find("protocol"), std::string::npos);
}

TEST_F(HostileTee, NothingIsAskedForABadName) {
    Client client = connect();
    serve = [](Command, TEEC_Operation&) -> TEEC_Result {
        ADD_FAILURE() << "the TEE was called";
        return TEEC_SUCCESS;
    };
    EXPECT_EQ(client.put("", {}).error().code, ErrorCode::usage);
    EXPECT_EQ(client.get(std::string(256, 'x')).error().code, ErrorCode::usage);
    EXPECT_EQ(client.stat("a\nb").error().code, ErrorCode::usage);
    EXPECT_EQ(client.remove("\xff").error().code, ErrorCode::usage);
}

// TAs up to 0.1.0 report 100 for a missing RPMB, and any number for the TEE's files.
TEST_F(HostileTee, ClaimsOfRollbackProtectionAreTakenOnlyForAnRpmbThatIsThere) {
    hello.rollback_protection_ree = 1000;
    hello.rollback_protection_rpmb = 1000;
    EXPECT_EQ(connect().status()->rollback_protection_ree, 0U);
    EXPECT_EQ(connect().status()->rollback_protection_rpmb, 0U) << "there is no RPMB";
    hello.features = protocol::kFeatureRpmb;
    EXPECT_EQ(connect().status()->rollback_protection_rpmb, 1000U);
    hello.rollback_protection_rpmb = 100;
    EXPECT_EQ(connect().status()->rollback_protection_rpmb, 0U);
}

}  // namespace
}  // namespace festore
