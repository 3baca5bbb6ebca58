// SPDX-License-Identifier: BSD-2-Clause
// Changing the cipher of an existing store, by a client that keeps no rules: an object never gets another content, and no content
// leaves the TA as plaintext.
#include "tests/ta/harness/resealing_commands.h"

namespace festore::ta {
namespace {

constexpr size_t kSegment = kServedSegment;

class StoreReseal : public ResealingCommands {};

TEST_F(StoreReseal, AStoreChangesItsCipher) {
    EXPECT_FALSE(has_two_ciphers());
    const auto before = look("large");
    ASSERT_EQ(recipher(kChaCha), 0U);
    EXPECT_EQ(status().cipher, kChaCha);
    EXPECT_TRUE(has_two_ciphers());
    for (const auto& [name, content] : {std::pair{"large", &kLarge}, {"other", &kOther}}) {
        EXPECT_TRUE(is_other(name));
        EXPECT_EQ(read(name), *content);
    }
    EXPECT_FALSE(is_other("small"));
    ASSERT_EQ(rebuild(), 0U);
    EXPECT_TRUE(has_two_ciphers()) << "two ciphers are in use";
    ASSERT_EQ(reseal("large"), 0U);
    const auto after = look("large");
    EXPECT_NE(after.payload, before.payload);
    EXPECT_EQ(after.flags, before.flags);
    EXPECT_EQ(after.version, before.version);
    EXPECT_EQ(after.created, before.created);
    EXPECT_EQ(after.modified, before.modified);
    EXPECT_EQ(read("large"), kLarge);
    ASSERT_EQ(reseal("other"), 0U);
    ASSERT_EQ(rebuild(), 0U);
    EXPECT_TRUE(has_two_ciphers()) << "one object still has the old cipher";
    // More segments than one call takes.
    const auto kept = look("kept");
    const protocol::Id to = begin_upload();
    const auto part = [&](size_t number, size_t segments) {
        const auto begin = files_[kept.payload].begin() + static_cast<ptrdiff_t>(number * (kSegment + engine::kTagBytes));
        return Content(begin, begin + static_cast<ptrdiff_t>(sealed_bytes(segments * kSegment)));
    };
    Content first = part(0, 4), second = part(4, 4), rest = part(8, 1);
    ASSERT_EQ(reseal_segments(kept.payload, to, 0, 4 * kSegment, first), 0U);
    ASSERT_EQ(store_stat(session_, disk_, "large"), 0U);
    (void)look("large");  // another object in between changes nothing
    ASSERT_EQ(reseal_segments(kept.payload, to, 4, 4 * kSegment, second), 0U);
    ASSERT_EQ(reseal_segments(kept.payload, to, 8, kSegment, rest), 0U);
    files_[to].clear();
    for (const Content* sealed : {&first, &second, &rest}) files_[to].insert(files_[to].end(), sealed->begin(), sealed->end());
    ASSERT_EQ(reseal_entry("kept", to), 0U);
    const auto counted = status();
    ASSERT_EQ(rebuild(), 0U);
    EXPECT_FALSE(has_two_ciphers());
    EXPECT_EQ(status().objects, counted.objects);
    EXPECT_EQ(status().content_bytes, counted.content_bytes);
    EXPECT_EQ(look("kept").flags, protocol::kStoredWriteOnce | protocol::kStoredKept);
    const protocol::StoreNameRequest of_kept{{}, protocol::kStoreSingle, bytes_of("kept")};
    EXPECT_EQ(paged(session_, disk_, Command::store_remove, of_kept).result,
              number(Code::write_once));
    session_ = session_of(1000);
    ASSERT_EQ(open_store(session_, disk_), 0U);
    EXPECT_EQ(look("kept").size, kKept.size());
}

TEST_F(StoreReseal, BackAgainNothingIsLeftToDo) {
    ASSERT_EQ(recipher(kChaCha), 0U);
    ASSERT_EQ(reseal("large"), 0U);
    ASSERT_EQ(recipher(kAes), 0U);
    EXPECT_TRUE(is_other("large"));
    EXPECT_FALSE(is_other("other")) << "it has that cipher already";
    EXPECT_EQ(read("large"), kLarge);
    EXPECT_EQ(read("other"), kOther);
    ASSERT_EQ(reseal("large"), 0U);
    ASSERT_EQ(recipher(kAes), 0U) << "the cipher that it has: like any rebuild";
    EXPECT_FALSE(has_two_ciphers());
    EXPECT_EQ(read("large"), kLarge);
    EXPECT_EQ(begin_recipher(stored::Cipher{3}), number(Code::bad_format));
}

// A wrong segment ends the upload: it cannot become the payload of any object.
TEST_F(StoreReseal, SegmentsThatAreNotThoseOfThePayloadAreRefused) {
    ASSERT_EQ(recipher(kChaCha), 0U);
    const auto other = look("other");
    const auto large = look("large");
    const auto bytes = static_cast<uint32_t>(large.size);
    const auto expect = [&](const char* what, Code code, const std::function<uint32_t(const protocol::Id&)>& make) {
        (void)look("large");
        const protocol::Id to = begin_upload();
        EXPECT_EQ(make(to), number(code)) << what;
        files_[to] = files_[large.payload];
        EXPECT_NE(reseal_entry("large", to), 0U) << what;
        EXPECT_EQ(reseal_segments(large.payload, to, 0, bytes, files_[to]), number(Code::bad_state)) << what << ": the upload has ended";
    };
    const auto with = [&](Content memory, uint32_t segment, uint32_t size) {
        return [=, this](const protocol::Id& to) mutable { return reseal_segments(large.payload, to, segment, size, memory); };
    };
    Content file = files_[large.payload];
    expect("segments of another object", Code::corrupt_object, with(files_[other.payload], 0, bytes));
    expect("not the open payload", Code::bad_state,
           [&](const protocol::Id& to) { return reseal_segments(other.payload, to, 0, bytes, file); });
    Content altered = files_[large.payload];
    altered[kSegment + 20] ^= std::byte{1};
    expect("an altered segment", Code::corrupt_object, with(altered, 0, bytes));
    Content swapped = altered;
    copy_bytes(Bytes(files_[large.payload]).subspan(kSegment + 16, kSegment + 16), swapped);
    copy_bytes(Bytes(files_[large.payload]).first(kSegment + 16), MutableBytes(swapped).subspan(kSegment + 16));
    expect("in another order", Code::corrupt_object, with(swapped, 0, bytes));
    expect("a wrong size", Code::bad_parameters, with(Content(sealed_bytes(bytes - 1)), 0, bytes - 1));
    expect("more segments than it has", Code::bad_state, with(Content(sealed_bytes(4 * kSegment)), 0, 4 * kSegment));
    expect("after its end", Code::bad_state, with(Content(sealed_bytes(5)), 3, 5));
    expect("a number that wraps", Code::bad_state, with(Content(sealed_bytes(kSegment)), UINT32_MAX, kSegment));
    expect("memory that is too small", Code::bad_parameters, with(Content(files_[large.payload].size() - 1), 0, bytes));
    Content second(Bytes(files_[large.payload]).subspan(kSegment + 16).begin(), Bytes(files_[large.payload]).end());
    expect("not from the first segment on", Code::bad_parameters, with(second, 1, bytes - uint32_t{kSegment}));
    EXPECT_EQ(reseal("large"), 0U);
    EXPECT_EQ(read("large"), kLarge);
    EXPECT_EQ(read("other"), kOther);
}

TEST_F(StoreReseal, NothingElseGetsIntoItsUpload) {
    ASSERT_EQ(recipher(kChaCha), 0U);
    const auto large = look("large");
    Content sealed;
    // The client's own content first, then the payload's.
    protocol::Id to = begin_upload();
    ASSERT_EQ(seal(to, 0, false, content_of(kSegment, 9), sealed), 0U);
    Content second(Bytes(files_[large.payload]).subspan(kSegment + 16).begin(), Bytes(files_[large.payload]).end());
    EXPECT_EQ(reseal_segments(large.payload, to, 1, static_cast<uint32_t>(kLarge.size() - kSegment), second), number(Code::bad_state));
    // The other way round.
    to = begin_upload();
    (void)look("large");
    Content first(files_[large.payload].begin(), files_[large.payload].begin() + static_cast<ptrdiff_t>(sealed_bytes(2 * kSegment)));
    ASSERT_EQ(reseal_segments(large.payload, to, 0, 2 * kSegment, first), 0U);
    EXPECT_EQ(reseal_entry("large", to), number(Code::bad_state)) << "it is not complete";
    EXPECT_EQ(seal(to, 2, true, content_of(700, 9), sealed), number(Code::bad_state));
    EXPECT_EQ(reseal_entry("large", to), number(Code::bad_state));
    // The id of another payload in the middle.
    to = begin_upload();
    (void)look("large");
    first.assign(files_[large.payload].begin(), files_[large.payload].begin() + static_cast<ptrdiff_t>(sealed_bytes(2 * kSegment)));
    ASSERT_EQ(reseal_segments(large.payload, to, 0, 2 * kSegment, first), 0U);
    Content third(Bytes(files_[large.payload]).subspan(2 * (kSegment + 16)).begin(), Bytes(files_[large.payload]).end());
    EXPECT_EQ(reseal_segments(look("other").payload, to, 2, 700, third), number(Code::bad_state));
    // An ordinary upload.
    to = begin_upload();
    ASSERT_EQ(seal(to, 0, true, kOther, sealed), 0U);
    EXPECT_EQ(reseal_entry("large", to), number(Code::bad_state)) << "a content from outside";
    // A content that was read from one object, for another object.
    to = begin_upload();
    const auto other = look("other");
    ASSERT_EQ(reseal_all(other, to), 0U);
    EXPECT_EQ(reseal_entry("large", to), number(Code::version_conflict));
    EXPECT_EQ(reseal_entry("small", to), number(Code::version_conflict));
    EXPECT_EQ(reseal_entry("none", to), number(Code::item_not_found));
    EXPECT_EQ(put_upload("copy", to, kOther.size()), number(Code::bad_state)) << "it is for that object only";
    EXPECT_EQ(reseal_entry("other", to), 0U);
    EXPECT_EQ(reseal_entry("other", to), number(Code::bad_state)) << "only once";
    EXPECT_EQ(read("large"), kLarge);
    EXPECT_EQ(read("other"), kOther);
}

TEST_F(StoreReseal, WhatHasTheStoresCipherIsNotSealedAnew) {
    put("tiny", content_of(2000, 5));
    const auto large = look("large");
    protocol::Id to = begin_upload();
    EXPECT_EQ(reseal_all(large, to), number(Code::bad_parameters));
    ASSERT_EQ(recipher(kChaCha), 0U);
    (void)look("large");
    to = begin_upload(kSegment / 2);
    EXPECT_EQ(reseal_all(large, to), number(Code::bad_parameters)) << "segments of another size";
    to = begin_upload(kSegment / 2);
    EXPECT_EQ(reseal_all(look("tiny"), to), number(Code::bad_parameters)) << "also if one segment is enough";
    (void)look("large");
    to = begin_upload();
    EXPECT_EQ(reseal_all(large, begin_upload()), 0U);
    EXPECT_EQ(reseal_entry("large", to), number(Code::bad_state)) << "an upload that has ended";
}

// The object was replaced, or resealed by another session, after it was read.
TEST_F(StoreReseal, AnObjectThatHasChangedSinceKeepsWhatItHas) {
    ASSERT_EQ(recipher(kChaCha), 0U);
    protocol::Id to = begin_upload();
    ASSERT_EQ(reseal_all(look("large"), to), 0U);
    const uint32_t first = session_;
    session_ = session_of(1000);
    ASSERT_EQ(open_store(session_, disk_), 0U);
    put("large", kOther);
    EXPECT_FALSE(is_other("large"));
    session_ = first;
    EXPECT_EQ(reseal_entry("large", to), number(Code::version_conflict));
    EXPECT_EQ(read("large"), kOther);
    // The store has got its old cipher back meanwhile.
    to = begin_upload();
    ASSERT_EQ(reseal_all(look("other"), to), 0U);
    session_ = session_of(1000);
    ASSERT_EQ(open_store(session_, disk_), 0U);
    ASSERT_EQ(recipher(kAes), 0U);
    session_ = first;
    EXPECT_EQ(reseal_entry("other", to), number(Code::bad_state));
    EXPECT_EQ(read("other"), kOther);
    EXPECT_FALSE(is_other("other"));
}

TEST_F(StoreReseal, AnUploadThatBeganUnderTheOtherCipherIsRemembered) {
    const protocol::Id id = begin_upload();
    ASSERT_EQ(seal(id, 0, true, kOther, files_[id]), 0U);
    const uint32_t first = session_;
    session_ = session_of(1000);
    ASSERT_EQ(open_store(session_, disk_), 0U);
    ASSERT_EQ(recipher(kChaCha), 0U);
    for (const char* name : {"large", "other", "kept"}) {
        const auto m = look(name);
        if (m.size <= 8 * kSegment) {
            ASSERT_EQ(reseal(name), 0U);
        }
    }
    session_ = first;
    ASSERT_EQ(put_upload("late", id, kOther.size()), 0U);
    EXPECT_TRUE(is_other("late"));
    EXPECT_TRUE(has_two_ciphers());
    EXPECT_EQ(read("late"), kOther);
    ASSERT_EQ(reseal("late"), 0U);
    EXPECT_EQ(read("late"), kOther);
}

// The session that opened the object keeps reading it, whatever the store's cipher is by then.
TEST_F(StoreReseal, AReaderGoesOn) {
    const auto large = look("large");
    const uint32_t first = session_;
    session_ = session_of(1000);
    ASSERT_EQ(open_store(session_, disk_), 0U);
    ASSERT_EQ(recipher(kChaCha), 0U);
    ASSERT_EQ(reseal("large"), 0U);
    session_ = first;
    Content content;
    EXPECT_EQ(read(large, content), 0U);
    EXPECT_EQ(content, kLarge);
}

TEST_F(StoreReseal, NoContentComesBackInClear) {
    ASSERT_EQ(recipher(kChaCha), 0U);
    const auto large = look("large");
    const protocol::Id to = begin_upload();
    ASSERT_EQ(reseal_all(large, to), 0U);
    const std::string_view sealed = text_of(files_[to]);
    const std::string_view old = text_of(files_[large.payload]);
    for (size_t at = 0; at + 16 <= kLarge.size(); at += 16)
        ASSERT_EQ(sealed.find(text_of(Bytes(kLarge).subspan(at, 16))), std::string_view::npos) << at;
    for (size_t at = 0; at + 16 <= old.size(); at += 16) ASSERT_EQ(sealed.find(old.substr(at, 16)), std::string_view::npos) << at;
    // The second upload has another key, so its bytes differ.
    (void)look("large");
    const protocol::Id again = begin_upload();
    ASSERT_EQ(reseal_all(large, again), 0U);
    EXPECT_NE(files_[again], files_[to]);
}

TEST_F(StoreReseal, MemoryThatChangesIsSealedAsItWasOpened) {
    ASSERT_EQ(recipher(kChaCha), 0U);
    const auto large = look("large");
    const protocol::Id to = begin_upload();
    sim::Faults faults;
    faults.scribbles_over_inputs = true;
    tee_.set_faults(faults);
    const uint32_t result = reseal_all(large, to);
    tee_.set_faults({});
    if (result != 0) {
        EXPECT_EQ(result, number(Code::corrupt_object));
        return;
    }
    ASSERT_EQ(reseal_entry("large", to), 0U);
    EXPECT_EQ(read("large"), kLarge);
}

TEST_F(StoreReseal, Rule19ARepairKeepsBothCiphers) {
    ASSERT_EQ(recipher(kChaCha), 0U);
    ASSERT_EQ(reseal("large"), 0U);
    disk_.header.cipher = kChaCha;
    lose(kTable);
    session_ = session_of(1000);
    ASSERT_EQ(repair_all(session_, disk_), 0U);
    EXPECT_EQ(status().cipher, kChaCha);
    EXPECT_TRUE(has_two_ciphers());
    EXPECT_FALSE(is_other("large"));
    EXPECT_EQ(read("large"), kLarge);
    EXPECT_TRUE(is_other("other"));
    EXPECT_EQ(read("other"), kOther);
    ASSERT_EQ(reseal("other"), 0U);
    EXPECT_EQ(read("other"), kOther);
}

// As a lying client does it: it undoes a drop after the store has changed its cipher.
TEST_F(StoreReseal, Rule30AnUndoKeepsCiphersApart) {
    const auto run = [&](protocol::RebuildKind kind, std::string_view left_out) -> uint32_t {
        const protocol::RebuildRequest begin{{}, kind, protocol::RebuildAnchor::same};
        if (const uint32_t begun = paged(session_, disk_, Command::store_rebuild_begin, begin).result; begun != 0) return begun;
        while (true) {
            protocol::RebuildStepRequest request;
            request.left_out = bytes_of(left_out);
            const Called called = paged(session_, disk_, Command::store_rebuild_step, request);
            const auto answer = protocol::decode<protocol::RebuildStepAnswer>(called.answer);
            if (called.result != 0 || !answer) return called.result;
            if (answer->left_out) left_out = {};
            if (!answer->step.complete) continue;
            const protocol::TransactionRequest end{answer->step.transaction, answer->step.generation};
            return store(session_, Command::store_rebuild_commit, end).result;
        }
    };
    const auto old_pages = disk_.pages;
    ASSERT_EQ(run(protocol::RebuildKind::without_damage, "large"), 0U);
    take_new_pages(disk_);
    EXPECT_EQ(store_stat(session_, disk_, "large"), number(Code::name_lost));
    ASSERT_EQ(recipher(kChaCha), 0U);
    for (const auto& [page, bytes] : old_pages) disk_.pages[page | protocol::kOldPage] = bytes;
    ASSERT_EQ(run(protocol::RebuildKind::undo, {}), 0U);
    EXPECT_TRUE(is_other("large"));
    EXPECT_EQ(read("large"), kLarge);
    EXPECT_EQ(read("other"), kOther);
}

}  // namespace
}  // namespace festore::ta
