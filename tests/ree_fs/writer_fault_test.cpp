// SPDX-License-Identifier: BSD-2-Clause
// Each change of the disk fails in turn, and the disk then works again. Afterwards the same storage and another one both find the
// state before the operation or the one after it, and both still work.
#include "tests/ree_fs/writer.h"

#include <functional>

namespace festore::ree_fs::test {
namespace {

// The n-th change fails, and does nothing.
class FailingSupplicant final : public MemorySupplicant {
public:
    void fail_at(uint64_t n) {
        changes_ = 0;
        fail_at_ = n;
    }
    [[nodiscard]] bool has_failed() const { return fail_at_ != 0 && changes_ >= fail_at_; }

protected:
    Outcome<int> do_create(const std::string& name) override {
        if (fails()) return fail(Code::storage_no_space);
        return MemorySupplicant::do_create(name);
    }
    Status do_write(int file, uint64_t offset, Bytes bytes) override {
        if (fails()) return fail(Code::storage_no_space);
        return MemorySupplicant::do_write(file, offset, bytes);
    }

private:
    bool fails() { return ++changes_ == fail_at_; }
    uint64_t changes_ = 0;
    uint64_t fail_at_ = 0;
};

using Operation = std::function<bool(Storage&, StoredObject&)>;

const std::map<std::string, Operation>& operations() {
    static const std::map<std::string, Operation> all = {
        {"create", [](Storage& s, StoredObject&) { return s.create(kSampleTa, bytes_of("new"), {pattern(9000)}, false).has_value(); }},
        {"replace", [](Storage& s, StoredObject&) { return s.create(kOtherTa, bytes_of("two"), {pattern(60)}, true).has_value(); }},
        {"write", [](Storage&, StoredObject& one) { return one.write(3000, pattern(6000, 9)).has_value(); }},
        {"append", [](Storage&, StoredObject& one) { return one.write(9000, pattern(20000, 9)).has_value(); }},
        {"resize", [](Storage&, StoredObject& one) { return one.resize(30000).has_value(); }},
        {"rename", [](Storage& s, StoredObject&) { return s.rename(kOtherTa, bytes_of("two"), bytes_of("three")).has_value(); }},
        {"remove", [](Storage& s, StoredObject&) { return s.remove(kOtherTa, bytes_of("two")).has_value(); }},
    };
    return all;
}

struct Work {
    FailingSupplicant disk;
    Huk huk = zero_huk();
    Storage storage{disk, huk};
    std::unique_ptr<StoredObject> one;  // open all the time, so dirf.db is, too

    Work() {
        one = *storage.create(kSampleTa, bytes_of("one"), {pattern(9000)}, false);
        EXPECT_TRUE(storage.create(kOtherTa, bytes_of("two"), {pattern(5000)}, false));
    }
    [[nodiscard]] Objects objects() const {
        std::string faults;
        Objects found = verified(disk.files(), faults);
        EXPECT_EQ(faults, "");
        return found;
    }
    // The objects as this storage sees them; it has kept what it has read.
    [[nodiscard]] Objects seen() {
        Objects found;
        for (const Uuid& ta : {kSampleTa, kOtherTa}) {
            const std::vector<std::string> ids = storage.ids(ta).value();
            for (const std::string& id : ids)
                if (const auto object = storage.open(ta, bytes_of(id))) found[{ta, id}] = content_of(**object);
        }
        return found;
    }
};

// Fails at the n-th change; false if the operation makes fewer.
bool fail_once(const Operation& operation, uint64_t n) {
    Work whole;
    const Objects before = whole.objects();
    EXPECT_TRUE(operation(whole.storage, *whole.one));
    const Objects after = whole.objects();

    Work work;
    work.disk.fail_at(n);
    const uint64_t length = work.one->length();
    const bool done = operation(work.storage, *work.one);
    if (!work.disk.has_failed()) return false;
    work.disk.fail_at(0);
    const Objects found = work.objects();
    EXPECT_TRUE(found == before || found == after);
    EXPECT_TRUE(!done || found == after);
    EXPECT_EQ(work.seen(), found);
    if (work.one->broken()) {
        EXPECT_EQ(work.one->length(), length) << "of the version that is in force";
        Buffer one(1);
        EXPECT_EQ(work.one->read(0, one).error().code, Code::corrupt_object);
    }
    // The storage still works, with the open object and with new ones.
    work.one = work.storage.open(kSampleTa, bytes_of("one")).value();
    EXPECT_TRUE(work.one->write(100, pattern(50, 3)));
    EXPECT_TRUE(work.storage.create(kOtherTa, bytes_of("later"), {pattern(200)}, false));
    EXPECT_EQ(work.seen(), work.objects());
    return true;
}

TEST(Fault, LeavesOldOrNewAndTheStorageGoesOn) {
    for (const auto& [name, operation] : operations()) {
        SCOPED_TRACE(name);
        uint64_t n = 1;
        while (!HasFailure() && fail_once(operation, n)) ++n;
        EXPECT_GT(n, 3U) << "places where it can fail";
    }
}

TEST(Fault, ARefusedCreationTakesNoFileNumber) {
    Work work;
    for (int i = 0; i < 3; ++i)
        EXPECT_EQ(work.storage.create(kOtherTa, bytes_of("two"), {}, false).error().code, Code::access_conflict);
    ASSERT_TRUE(work.storage.create(kOtherTa, bytes_of("next"), {pattern(10)}, false));
    EXPECT_EQ(*work.storage.file_of(kOtherTa, bytes_of("next")), "2") << "the lowest free number";
}

}  // namespace
}  // namespace festore::ree_fs::test
