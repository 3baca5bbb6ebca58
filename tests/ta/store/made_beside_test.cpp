// SPDX-License-Identifier: BSD-2-Clause
// A hostile client begins a change of one store, and makes or opens another in the same session. Whatever it goes on with names the other
// one's place: with such a recovery copy a destroyed store would come back, although the TEE has lost nothing (rules 25, 32).
#include "tests/ta/harness/rebuilding_commands.h"

namespace festore::ta {
namespace {

constexpr uid_t kOwner = 1000;

class StoreMadeBeside : public StoreRebuild {
protected:
    // A store of the same owner, in the same session.
    void make_other(uint32_t session, Anchor anchor) {
        Content header(protocol::kNamedStoreHeaderBytes);
        protocol::MakeRequest request{.anchor = anchor};
        request.claim.name = bytes_of(kOtherName);
        ASSERT_EQ(store(session, Command::store_make, request, {&header, kOut}).result, 0U);
        other_.header = protocol::decode_store_header(header).value();
        ASSERT_EQ(create(session, other_), 0U);
    }
    // Another session brings it to that generation, so that a transaction of the first store would fit it.
    void bring_other_to(uint64_t generation) {
        const uint32_t second = session_of(kOwner);
        protocol::OpenRequest open{other_.header.store_id, other_.header.anchor, other_.header.key_check};
        open.name = bytes_of(kOtherName);
        ASSERT_EQ(store(second, Command::store_open, open).result, 0U);
        for (uint64_t n = 0; n < generation; ++n) ASSERT_EQ(store_put(second, other_, "x", filled(10, 1)), 0U);
    }
    uint32_t destroy_other(uint32_t session) {
        protocol::DestroyRequest request;
        request.anchor = other_.header.anchor;
        request.store_id = other_.header.store_id;
        request.name = bytes_of(kOtherName);
        return store(session, Command::store_destroy, request).result;
    }
    uint64_t generation_of(Anchor anchor) {
        const Called found = store(session_, Command::store_find, protocol::FindRequest{anchor, {}});
        return protocol::decode<protocol::StoreStatus>(found.answer).value().generation;
    }
    void begin_anew(Anchor anchor) {
        if (anchor == Anchor::ree) return;
        ASSERT_EQ(destroy(session_, disk_), 0U);
        disk_ = {};
        make_store(session_, disk_, anchor);
        ASSERT_EQ(store_put(session_, disk_, "mmm", filled(400, 1)), 0U);
    }

    static constexpr std::string_view kOtherName = "web";
    Disk other_;
};

TEST_F(StoreMadeBeside, Rule25ARebuildDoesNotOutliveItsStoresSession) {
    for (const Anchor anchor : {Anchor::ree, Anchor::rpmb}) {
        ASSERT_EQ(begin_rebuild(session_, RebuildKind::whole), 0U);
        make_other(session_, anchor);
        EXPECT_EQ(step(session_).result, number(Code::bad_state));
        ASSERT_EQ(destroy_other(session_), 0U);
        ASSERT_EQ(open_store(session_, disk_), 0U);
    }
}

TEST_F(StoreMadeBeside, Rule25ABatchDoesNotOutliveItsStoresSession) {
    for (const Anchor anchor : {Anchor::ree, Anchor::rpmb}) {
        begin_anew(anchor);
        ASSERT_EQ(store(session_, Command::store_begin, protocol::BeginRequest{generation_of(anchor)}).result, 0U);
        make_other(session_, anchor == Anchor::ree ? Anchor::rpmb : Anchor::ree);
        // The owner destroys the first store.
        const uint64_t generation = generation_of(anchor);
        Disk forged = disk_;
        const uint32_t owner = session_of(kOwner);
        ASSERT_EQ(open_store(owner, disk_), 0U);
        ASSERT_EQ(destroy(owner, disk_), 0U);
        bring_other_to(generation);
        EXPECT_EQ(paged(session_, forged, Command::store_prepare, protocol::PrepareRequest{}).result, number(Code::bad_state));
        EXPECT_EQ(secrets_of(disk_), 0U) << "the secret of its copies is not drawn again";
        ASSERT_EQ(destroy_other(owner), 0U);
        if (anchor == Anchor::rpmb) continue;
        end_sessions();
        session_ = session_of(kOwner);
        disk_ = {};
        make_store(session_, disk_);
    }
}

// Nor are its keys kept.
TEST_F(StoreMadeBeside, Rule32ADestroyedStoreIsNotReadThroughABatch) {
    for (const Anchor anchor : {Anchor::ree, Anchor::rpmb}) {
        begin_anew(anchor);
        ASSERT_EQ(store(session_, Command::store_begin, protocol::BeginRequest{generation_of(anchor)}).result, 0U);
        make_other(session_, Anchor::ree);
        const uint32_t owner = session_of(kOwner);
        ASSERT_EQ(open_store(owner, disk_), 0U);
        ASSERT_EQ(destroy(owner, disk_), 0U);
        Content content(400);
        const protocol::StoreNameRequest request{{}, protocol::kStorePending, bytes_of(std::string_view("mmm"))};
        EXPECT_EQ(paged(session_, disk_, Command::store_get, request, &content, kOut).result, number(Code::bad_state));
        EXPECT_EQ(content, Content(400));
        ASSERT_EQ(destroy_other(owner), 0U);
        if (anchor == Anchor::rpmb) continue;
        end_sessions();
        session_ = session_of(kOwner);
        disk_ = {};
        make_store(session_, disk_);
    }
}

}  // namespace
}  // namespace festore::ta
