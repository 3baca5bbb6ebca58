// SPDX-License-Identifier: BSD-2-Clause
// The simulated disk itself: what a power cut can lose, and what it cannot.
#include "tests/store/harness/simulated_files.h"

#include <algorithm>
#include <cerrno>
#include <gtest/gtest.h>

namespace festore::store_test {
namespace {

using Open = Files::Open;

class Disk : public testing::Test {
protected:
    Files::Handle open(const std::string& path, Open how) {
        Files::Handle handle = Files::kNoHandle;
        EXPECT_EQ(files_.open(path, how, 0600, handle), 0) << path;
        return handle;
    }
    Content read(const std::string& path) {
        Content content(10000);
        size_t count = 0;
        const Files::Handle handle = open(path, Open::read);
        EXPECT_EQ(files_.read(handle, 0, content, count), 0);
        files_.close(handle);
        content.resize(count);
        return content;
    }
    bool exists(const std::string& path) {
        Files::Information information;
        return files_.information(path, information) == 0;
    }
    // How often `happens` is true in 200 power cuts after `work` on a disk with the file /kept.
    template <class W, class H>
    int count_of(W&& work, H&& happens) {
        int count = 0;
        for (int i = 0; i < 200; ++i) {
            files_.restore({{"/"}, {{"/kept", old_}}});
            work();
            files_.cut_power(random_);
            count += happens() ? 1 : 0;
        }
        return count;
    }

    SimulatedFiles files_;
    std::mt19937_64 random_{1};
    const Content old_ = Content(2048, std::byte{1});
    const Content new_ = Content(2048, std::byte{2});
};

TEST_F(Disk, WhatIsSyncedStaysAndWhatIsNotMayBeLostOrTorn) {
    const auto write = [&] { EXPECT_EQ(files_.write(open("/kept", Open::read_write), 0, new_), 0); };
    const int whole = count_of(write, [&] { return read("/kept") == new_; });
    const int lost = count_of(write, [&] { return read("/kept") == old_; });
    EXPECT_GT(whole, 20);
    EXPECT_GT(lost, 20);
    const int torn = count_of(write, [&] {
        const Content now = read("/kept");
        for (size_t i = 0; i < now.size(); i += 512)
            EXPECT_EQ(std::count(now.begin() + static_cast<long>(i), now.begin() + static_cast<long>(i) + 512, now[i]), 512);
        return now != new_ && now != old_;
    });
    EXPECT_GT(torn, 20);
    const int synced = count_of(
        [&] {
            const Files::Handle handle = open("/kept", Open::read_write);
            EXPECT_EQ(files_.write(handle, 0, new_), 0);
            EXPECT_EQ(files_.sync(handle), 0);
        },
        [&] { return read("/kept") == new_; });
    EXPECT_EQ(synced, 200);
}

TEST_F(Disk, ASyncThatFailedIsNotMadeGoodByTheNext) {
    const int kept = count_of(
        [&] {
            const Files::Handle handle = open("/kept", Open::read_write);
            EXPECT_EQ(files_.write(handle, 0, new_), 0);
            files_.fail_at(1, EIO);
            EXPECT_EQ(files_.sync(handle), EIO);
            EXPECT_EQ(files_.sync(handle), 0);
            EXPECT_EQ(read("/kept"), new_) << "it looks intact";
        },
        [&] { return read("/kept") == new_; });
    EXPECT_GT(kept, 10);
    EXPECT_LT(kept, 190);
}

TEST_F(Disk, NamesCountOnceTheirFolderIsSynced) {
    const auto make = [&] { EXPECT_EQ(files_.sync(open("/new", Open::create_new)), 0); };
    const int made = count_of(make, [&] { return exists("/new"); });
    EXPECT_GT(made, 50);
    EXPECT_LT(made, 150);
    const auto sync = [&] { EXPECT_EQ(files_.sync_folder("/"), 0); };
    EXPECT_EQ(count_of([&] { make(), sync(); }, [&] { return exists("/new"); }), 200);
    const auto rename = [&] { EXPECT_EQ(files_.rename("/kept", "/moved"), 0); };
    const int moved = count_of(rename, [&] {
        EXPECT_NE(exists("/kept"), exists("/moved")) << "a rename is one step";
        return exists("/moved");
    });
    EXPECT_GT(moved, 50);
    EXPECT_LT(moved, 150);
    EXPECT_EQ(count_of([&] { rename(), sync(); }, [&] { return exists("/moved"); }), 200);
    const auto remove = [&] { EXPECT_EQ(files_.remove("/kept"), 0); };
    const int removed = count_of(remove, [&] { return !exists("/kept"); });
    EXPECT_GT(removed, 50);
    EXPECT_LT(removed, 150);
    EXPECT_EQ(count_of([&] { remove(), sync(); }, [&] { return !exists("/kept"); }), 200);
    const auto make_inside = [&] {
        EXPECT_EQ(files_.make_folder("/folder", 0700), 0);
        open("/folder/file", Open::create_new);
        EXPECT_EQ(files_.sync_folder("/folder"), 0);
    };
    const int inside = count_of(make_inside, [&] {
        EXPECT_EQ(exists("/folder"), exists("/folder/file"));
        return exists("/folder/file");
    });
    EXPECT_GT(inside, 50) << "a file is gone with its folder";
    EXPECT_LT(inside, 150);
}

TEST_F(Disk, LocksAreOfHandles) {
    open("/lock", Open::create);
    const Files::Handle a = open("/lock", Open::read);
    const Files::Handle b = open("/lock", Open::read);
    EXPECT_EQ(files_.lock(a, false), 0);
    EXPECT_EQ(files_.lock(b, false), 0);
    EXPECT_EQ(files_.lock(b, true), EWOULDBLOCK);
    files_.close(a);
    EXPECT_EQ(files_.lock(b, true), 0);
    const Files::Handle c = open("/lock", Open::read);
    EXPECT_EQ(files_.lock(c, false), EWOULDBLOCK);
    files_.cut_power(random_);
    EXPECT_EQ(files_.lock(c, false), EBADF) << "handles are dead after a power cut";
    Files::Handle missing = 0;
    EXPECT_EQ(files_.open("/lock/x", Open::read, 0, missing), ENOTDIR);
    EXPECT_EQ(files_.open("/none/x", Open::create, 0, missing), ENOENT);
}

TEST_F(Disk, EventsFailuresAndLostPower) {
    int events = 0;
    files_.on_event = [&] { ++events; };
    const Files::Handle handle = open("/a", Open::create);
    open("/a", Open::create);
    EXPECT_EQ(files_.write(handle, 0, new_), 0);
    EXPECT_EQ(files_.sync(handle), 0);
    EXPECT_EQ(files_.rename("/a", "/b"), 0);
    EXPECT_EQ(files_.sync_folder("/"), 0);
    EXPECT_EQ(files_.make_folder("/f", 0700), 0);
    EXPECT_EQ(files_.remove("/b"), 0);
    EXPECT_EQ(events, 7) << "opening an existing file is not an event";
    files_.fail_at(2, ENOSPC);
    EXPECT_EQ(files_.write(handle, 0, old_), 0);
    EXPECT_EQ(files_.write(handle, 2048, old_), ENOSPC);
    Files::Information information;
    EXPECT_EQ(files_.information(handle, information), 0);
    EXPECT_EQ(information.bytes, 3072U) << "half of it was written";
    const auto before = files_.snapshot();
    files_.on_event = [&] { files_.lose_power(); };
    EXPECT_EQ(files_.make_folder("/g", 0700), EIO);
    EXPECT_EQ(files_.write(handle, 0, new_), EIO);
    files_.on_event = nullptr;
    files_.end_program();
    EXPECT_EQ(files_.snapshot(), before);
}

}  // namespace
}  // namespace festore::store_test
