// SPDX-License-Identifier: BSD-2-Clause
// More than one loss of a store: no loss opens what another one has closed, and no undo restores what was removed since. (rule 30)
#include "tests/store/harness/rebuilding.h"

namespace festore::store_test {
namespace {

class Losses : public Rebuilding {
protected:
    static constexpr const char* kKept = "payload 0k";

    void put_kept(const std::string& name, size_t size = 9) {
        PutOptions kept;
        kept.write_once = true;
        ASSERT_TRUE(device_.connect().put(name, content_of(size), kept));
    }
    std::string last_readable() {
        std::string last;
        for (const auto& [name, content] : truth_)
            if (device_.connect().get(name)) last = name;
        return last;
    }
    void expect_closed(const std::string& name) {
        EXPECT_EQ(code(device_.connect().get(name)), kDamaged) << name;
        EXPECT_EQ(code(device_.connect().put(name, content_of(10))), kDamaged) << name;
    }
};

// Both ranges have no end, or the same end.
TEST_P(Losses, ASecondOneAtTheEndOpensNothingOfTheFirst) {
    for (const bool acknowledges : {false, true}) {
        device_.restore(good_);
        put_kept(kKept);
        flip_page(page_of(kKept));
        ASSERT_TRUE(drop());
        expect_closed(kKept);
        if (acknowledges) {
            ASSERT_TRUE(device_.connect().store()->acknowledge_lost(kKept));
        }
        const size_t page = page_of(last_readable());
        flip_page(page);
        ASSERT_TRUE(drop());
        EXPECT_EQ(device_.connect().store()->lost_ranges()->size(), 2U);
        flip_page(page, kOldPages);
        const auto undone = device_.connect().store()->undo_drop();
        ASSERT_TRUE(undone) << message(undone);
        if (!acknowledges) expect_closed(kKept);
        EXPECT_FALSE(device_.connect().put(kKept, content_of(10))) << "it was kept for good";
    }
}

TEST_P(Losses, NamesThatDifferOnlyWhereABoundHasNoRoomStayClosed) {
    const std::string stem(253, 'p');
    for (const char* end : {"aa", "bb"}) ASSERT_TRUE(device_.connect().put(stem + end, content_of(kPayload)));
    put_kept(stem + "cc", kPayload);
    flip(file_of(stem + "cc"), 70);
    ASSERT_TRUE(drop());
    expect_closed(stem + "cc");
    const std::string file = file_of(stem + "aa");
    flip(file, 70);
    ASSERT_TRUE(drop());
    expect_closed(stem + "cc");
    expect_closed(stem + "aa");
    EXPECT_EQ(*device_.connect().get(stem + "bb"), content_of(kPayload)) << "it was not lost";
    flip(file, 70);
    ASSERT_TRUE(device_.connect().remove(stem + "bb"));
    const auto undone = device_.connect().store()->undo_drop();
    ASSERT_FALSE(undone);
    EXPECT_EQ(undone.error().reason, Reason::nothing_to_undo) << "such a range covers more than was lost";
    EXPECT_NE(code(device_.connect().stat(stem + "bb")), kDone) << "the removed object is not restored";
}

TEST_P(Losses, ARangeThatHoldsMoreThanWasLostIsNotUndone) {
    const std::string stem(253, 'p');
    for (const char* end : {"aa", "bb", "cc"}) ASSERT_TRUE(device_.connect().put(stem + end, content_of(kPayload)));
    const std::vector<std::string> files = {file_of(stem + "aa"), file_of(stem + "cc")};
    for (const std::string& file : files) flip(file, 70);
    ASSERT_TRUE(drop());
    for (const std::string& file : files) flip(file, 70);
    ASSERT_TRUE(device_.connect().remove(stem + "bb"));
    const auto undone = device_.connect().store()->undo_drop();
    EXPECT_TRUE(!undone && undone.error().reason == Reason::nothing_to_undo) << message(undone);
    EXPECT_NE(code(device_.connect().stat(stem + "bb")), kDone) << "the removed object is not restored";
    expect_closed(stem + "aa");
    ASSERT_TRUE(device_.connect().store()->acknowledge_lost(stem + "cc"));
    EXPECT_EQ(code(device_.connect().get(stem + "aa")), kNotFound);
}

// In a store that keeps objects for good, an acknowledged range stays, and a new loss can be inside of it.
TEST_P(Losses, OneInsideOfAnAcknowledgedOneIsClosed) {
    const std::string stem(253, 'p');
    put_kept("kept");
    for (const char* end : {"aa", "bb"}) ASSERT_TRUE(device_.connect().put(stem + end, content_of(kPayload)));
    const std::string file = file_of(stem + "bb");
    flip(file_of(stem + "aa"), 70);
    ASSERT_TRUE(drop());
    ASSERT_TRUE(device_.connect().store()->acknowledge_lost(stem + "aa"));
    flip(file, 70);
    ASSERT_TRUE(drop());
    expect_closed(stem + "bb");
    EXPECT_FALSE(device_.connect().store()->lost_ranges()->front().acknowledged);
}

// For any number of names in the last part.
TEST_P(Losses, AnUndoEndsWhereAPartEnds) {
    for (const unsigned objects : {1997U, 1998U, 1999U}) {
        fill(objects);
        const size_t root = root_page();
        flip_page(root);
        ASSERT_TRUE(drop());
        flip_page(root, kOldPages);
        ASSERT_TRUE(device_.connect().store()->undo_drop());
        const auto again = device_.connect().store()->undo_drop();
        ASSERT_FALSE(again);
        EXPECT_EQ(again.error().reason, Reason::nothing_to_undo) << objects << message(again);
        EXPECT_TRUE(read_all(device_, "undone") == truth_);
    }
}

// The repair moves the old pages to the next name.
TEST_P(Losses, ARepairInBetweenTakesNoUndoAway) {
    const size_t page = page_of("object 1060");
    flip_page(page);
    ASSERT_TRUE(drop());
    device_.restore({device_.snapshot().files, device_.tee_objects_but_tables()});
    ASSERT_TRUE(device_.connect().store()->repair());
    ASSERT_TRUE(device_.connect().store()->acknowledge());
    EXPECT_EQ(code(device_.connect().get("object 1060")), kDamaged);
    flip_page(page, "/data/user/store/pages.older");
    const auto undone = device_.connect().store()->undo_drop();
    ASSERT_TRUE(undone) << message(undone);
    EXPECT_TRUE(read_all(device_, "undone") == truth_);
    EXPECT_FALSE(has_file(kOldPages));
}

// The first page holds the lost ranges, and the last gap has no end: each gap keeps its own place.
TEST_P(Losses, AnUndoAfterBothEndsWereLostBringsBackNothingThatWasRemoved) {
    flip_page(page_of("object 1060"));
    ASSERT_TRUE(drop());
    const size_t last = page_of("payload 1");
    size_t first = 0;
    for (size_t page = 2; page < pages() && first == 0; ++page) {
        flip_page(page);
        if (code(device_.connect().get("object 1000")) == kDamaged && device_.connect().get("payload 1")) first = page;
        flip_page(page);
    }
    for (const size_t page : {first, last}) flip_page(page);
    ASSERT_TRUE(drop());
    const Device::Snapshot dropped = device_.snapshot();
    const size_t readable = look().objects.size();
    for (const bool removes_before : {false, true}) {
        device_.restore(dropped);
        const auto remove_all = [&] {
            for (const auto& [name, content] : truth_)
                EXPECT_TRUE(!device_.connect().stat(name) || device_.connect().remove(name));
        };
        if (removes_before) remove_all();
        const size_t lost = truth_.size() - readable;
        for (const size_t page : {first, last}) flip_page(page, kOldPages);
        ASSERT_TRUE(device_.connect().store()->undo_drop());
        EXPECT_TRUE(!removes_before || device_.connect().list()->objects.size() <= lost) << "only what this drop lost is restored";
        if (!removes_before) remove_all();
        EXPECT_FALSE(device_.connect().store()->undo_drop());
        expect_closed("object 1060");
    }
}

// Otherwise a store that no longer knows of any range would treat all names as lost.
TEST_P(Losses, TheFirstPageIsUndoneWhereNothingWasLostBefore) {
    flip_page(page_of("object 1060"));
    ASSERT_TRUE(drop());
    ASSERT_TRUE(device_.connect().store()->acknowledge_lost("object 1060"));
    size_t first = 0;
    for (size_t page = 2; page < pages() && first == 0; ++page) {
        flip_page(page);
        if (code(device_.connect().get("object 1000")) == kDamaged && device_.connect().get("payload 1")) first = page;
        flip_page(page);
    }
    flip_page(first);
    ASSERT_TRUE(drop());
    EXPECT_EQ(code(device_.connect().get("unknown")), kNotFound);
    flip_page(first, kOldPages);
    const auto undone = device_.connect().store()->undo_drop();
    ASSERT_TRUE(undone) << message(undone);
    EXPECT_EQ(*device_.connect().get("object 1000"), truth_["object 1000"]);
}

// All of them are lost, since their payload files are gone.
TEST_P(Losses, ManyObjectsInARowAreOneRange) {
    {
        Client client = device_.connect();
        Result<Transaction> transaction = client.store()->begin();
        for (unsigned i = 0; i < 600; ++i) ASSERT_TRUE(transaction->put("q" + std::to_string(1000 + i), content_of(1200)));
        ASSERT_TRUE(transaction->put("zzz", content_of(5)));
        ASSERT_TRUE(transaction->commit());
    }
    Device::Snapshot now = device_.snapshot();
    std::erase_if(now.files.files, [](const auto& file) { return file.first.starts_with(std::string(kPayloads) + "/"); });
    device_.restore(now);
    const auto dropped = drop();
    ASSERT_TRUE(dropped) << message(dropped);
    EXPECT_EQ(dropped->objects, 602U);
    EXPECT_EQ(dropped->lost.size(), 1U);
    Client client = device_.connect();
    EXPECT_EQ(code(client.get("absent")), kNotFound);
    EXPECT_TRUE(client.put("absent", content_of(5)));
    EXPECT_TRUE(client.get("zzz"));
    EXPECT_TRUE(client.store()->acknowledge_lost("q1300"));
    EXPECT_EQ(code(client.get("q1000")), kNotFound);
}

TEST_P(Losses, ALargeOneIsUndoneInParts) {
    fill(5000);
    const size_t root = root_page();
    flip_page(root);
    ASSERT_TRUE(drop());
    EXPECT_EQ(device_.connect().store()->status()->objects, 0U);
    flip_page(root, kOldPages);
    const auto undone = device_.connect().store()->undo_drop();
    ASSERT_TRUE(undone) << message(undone);
    EXPECT_EQ(undone->objects, truth_.size());
    EXPECT_TRUE(read_all(device_, "undone") == truth_);
    EXPECT_TRUE(device_.connect().store()->lost_ranges()->empty());
    EXPECT_FALSE(has_file(kOldPages));
}

TEST_P(Losses, WithoutTheOldPagesNothingIsUndone) {
    flip(payload_file(1), 70);
    ASSERT_TRUE(drop());
    ASSERT_EQ(device_.files().remove(kOldPages), 0);
    const auto undone = device_.connect().store()->undo_drop();
    EXPECT_EQ(code(undone), kDamaged);
    EXPECT_NE(message(undone).find("pages.old"), std::string::npos) << message(undone);
}

// Rule 31: what a full disk refuses is refused before anything changes.
TEST_P(Losses, Rule31AfterARebuildOrADropRemovingNeedsNoSpace) {
    fill(300);
    for (const bool drops : {false, true}) {
        device_.restore(good_);
        if (drops) flip_page(page_of("object 1150"));
        const Device::Snapshot start = device_.snapshot();
        size_t refused = 0;
        for (uint64_t more = 10; more < 90; more += 5) {
            device_.restore(start);
            device_.files().set_capacity({});
            device_.files().set_capacity(device_.files().held() + more * kPage);
            const bool done = drops ? drop().has_value() : device_.connect().store()->rebuild().has_value();
            refused += done ? 0 : 1;
            EXPECT_TRUE(done || device_.snapshot().tee == start.tee) << more;
            device_.files().set_capacity(device_.files().held());
            if (!done) continue;
            for (const auto& [name, content] : truth_)
                ASSERT_TRUE(!device_.connect().stat(name) || device_.connect().remove(name)) << more << name;
            break;
        }
        device_.files().set_capacity({});
        EXPECT_GT(refused, 0U);
    }
}

INSTANTIATE_TEST_SUITE_P(Anchors, Losses, testing::Values(Anchor::ree, Anchor::rpmb),
                         [](const auto& of) { return of.param == Anchor::ree ? "ree" : "rpmb"; });

// One program leaves a rebuild unfinished, and another one finishes it, whatever fails meanwhile, while a third has the store open and
// the TA has its pages in memory.
class Settling : public Rebuilding {};

TEST_P(Settling, FailsAtEachPointAndLosesNothing) {
    fill(30);
    const Device::Snapshot start = device_.snapshot();
    size_t cases = 0;
    bool is_over = false;
    for (uint64_t n = 1; n < 1000 && !is_over; ++n) {
        for (uint64_t m = 1; m < 100; ++m) {
            device_.restore(start);
            bool was_due = false;
            {
                Client other = device_.connect();
                ASSERT_TRUE(other.get("object 1001"));
                device_.files().fail_at(n, EIO);
                (void)device_.connect().store()->rebuild();
                is_over = device_.files().will_fail();
                device_.files().fail_at(0, EIO);
                if (is_over || !has_file(kNextPages)) break;
                ++cases;
                device_.files().fail_at(m, EIO);
                (void)device_.connect().get("object 1001");
                was_due = device_.files().will_fail();
                device_.files().fail_at(0, EIO);
                const auto got = other.get("object 1002");
                EXPECT_TRUE(got) << n << " " << m << ": " << message(got);
                EXPECT_TRUE(other.put("object 1003", truth_["object 1003"]));
            }
            EXPECT_TRUE(read_all(device_, "settled") == truth_) << n << " " << m;
            EXPECT_FALSE(has_file(kNextPages));
            if (was_due) break;
            ASSERT_FALSE(HasFailure());
        }
    }
    EXPECT_GT(cases, 20U);
}

INSTANTIATE_TEST_SUITE_P(Anchors, Settling, testing::Values(Anchor::ree, Anchor::rpmb),
                         [](const auto& of) { return of.param == Anchor::ree ? "ree" : "rpmb"; });

}  // namespace
}  // namespace festore::store_test
