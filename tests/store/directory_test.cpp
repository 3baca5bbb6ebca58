// SPDX-License-Identifier: BSD-2-Clause
// A store's directory alone, which somebody changes between two system calls of one operation (rules 24 and 29).
#include "client/store/disk/directory.h"
#include "protocol/store_care.h"
#include "tests/store/harness/meddling_files.h"
#include "tests/store/harness/planted.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace festore::store_test {
namespace {

using std::filesystem::path;

constexpr std::chrono::milliseconds kNow{0};
const std::array<std::byte, 16> kId{};

class Directory : public testing::Test {
protected:
    Directory() : root_(make_root()), outside_(root_ / "outside") {}
    ~Directory() override {
        remove_planted(store() / "pages");
        remove_planted(store() / "payloads");
        std::filesystem::remove_all(root_);
    }
    static path make_root() {
        std::string name = testing::TempDir() + "/festore-directory.XXXXXX";
        return mkdtemp(name.data());
    }
    [[nodiscard]] path store() const { return root_ / "store"; }
    std::unique_ptr<StoreDirectory> open(std::optional<uint32_t> group = std::nullopt) {
        return std::make_unique<StoreDirectory>(files_, store().string(), group);
    }
    std::unique_ptr<StoreDirectory> made() {
        auto directory = open();
        EXPECT_TRUE(directory->make_files());
        return directory;
    }
    // True if another program can get the lock.
    [[nodiscard]] bool can_lock() const {
        StoreDirectory other(system_files(), store().string(), std::nullopt);
        return other.lock(LockKind::exclusive, kNow).has_value();
    }
    template <class T>
    static void expect_damaged(const Result<T>& result, const path& named, const char* what) {
        ASSERT_FALSE(result) << what;
        EXPECT_EQ(result.error().code, ErrorCode::damaged) << what << ": " << result.error().message;
        EXPECT_NE(result.error().message.find(named.string()), std::string::npos) << result.error().message;
    }

    path root_;
    Outside outside_;
    MeddlingFiles files_;
};

TEST_F(Directory, Rule24AFileExchangedBetweenTheLookAndTheOpening) {
    for (const Plant& plant : plants()) {
        if (!plant.is_possible || plant.is_folder || std::string_view(plant.name) == "a socket") continue;
        const auto directory = made();
        files_.before("open", "pages", [&] { EXPECT_TRUE(plant.put(store() / "pages", outside_)); });
        const Outside::State before = outside_.state();
        const auto locked = directory->lock(LockKind::exclusive, kNow);
        const auto written = directory->write_page(2, std::vector<std::byte>(limits::kPageBytes));
        EXPECT_TRUE(files_.has_meddled());
        EXPECT_FALSE(locked && written) << plant.name;
        EXPECT_EQ(outside_.state(), before) << plant.name;
        const bool is_link = std::string_view(plant.name).find("link to") != std::string_view::npos;  // the system refuses these itself
        if (!is_link) expect_damaged(locked, store() / "pages", plant.name);
        const std::string error = locked ? "" : locked.error().message;
        EXPECT_EQ(error.find(std::strerror(ELOOP)) != std::string::npos, is_link) << plant.name << ": " << error;
        remove_planted(store() / "pages");
        std::filesystem::remove_all(store());
    }
}

TEST_F(Directory, Rule24TheFolderExchangedBetweenTheLookAndTheOpening) {
    for (const Plant& plant : plants()) {
        const bool is_tried = std::string_view(plant.name) == "a link to a folder" || std::string_view(plant.name) == "a mount point";
        if (!is_tried || !plant.is_possible) continue;
        ASSERT_TRUE(made());
        const auto directory = open();
        files_.before("open_folder", "payloads", [&] { EXPECT_TRUE(plant.put(store() / "payloads", outside_)); });
        const Outside::State before = outside_.state();
        EXPECT_FALSE(directory->create_payload(kId)) << plant.name;
        EXPECT_TRUE(files_.has_meddled());
        EXPECT_EQ(outside_.state(), before) << plant.name;
        remove_planted(store() / "payloads");
        std::filesystem::remove_all(store());
    }
}

// An aborted upload removes its own file, but not another file that has its name by then.
TEST_F(Directory, Rule24AnUploadRemovesOnlyItsOwnFile) {
    const auto directory = made();
    auto upload = std::make_unique<Result<StoreDirectory::Upload>>(directory->create_payload(kId));
    ASSERT_TRUE(*upload);
    const path file = only_file_of(store() / "payloads");
    std::filesystem::remove(file);
    write_file(file, "another's");
    upload.reset();
    EXPECT_EQ(read_file(file), "another's");
}

// The group gets a folder that this user made, or an empty one; never another user's folder, one with something in it, or one that
// the path reaches by a link.
TEST_F(Directory, Rule24OnlyAnEmptyFolderOfOnesOwnIsGivenToTheGroup) {
    if (geteuid() != 0) GTEST_SKIP() << "needs root, to give folders to a group";
    constexpr uint32_t kGroup = 4321;
    std::filesystem::create_directories(store() / "payloads");
    write_file(store() / "payloads" / "mine", "moved here by another member");
    EXPECT_TRUE(open(kGroup)->make_files());
    EXPECT_EQ(group_of(store()), 0U);
    EXPECT_EQ(group_of(store() / "payloads"), 0U);
    std::filesystem::remove_all(store());
    std::filesystem::create_directory(root_ / "empty");
    std::filesystem::create_directory_symlink(root_ / "empty", store());
    EXPECT_TRUE(open(kGroup)->make_files());
    EXPECT_EQ(group_of(root_ / "empty"), 0U);
    std::filesystem::remove_all(root_ / "empty");
    std::filesystem::remove(store());
    std::filesystem::create_directory(store());
    ASSERT_EQ(chown(store().c_str(), 1234, 0), 0);
    EXPECT_TRUE(open(kGroup)->make_files());
    EXPECT_EQ(group_of(store()), 0U);
    std::filesystem::remove_all(store());
    std::filesystem::create_directory(store());
    EXPECT_TRUE(open(kGroup)->make_files());
    EXPECT_EQ(group_of(store()), kGroup);
    EXPECT_EQ(group_of(store() / "payloads"), kGroup);
}

// Files and folders have their mode when they get their name, whatever the umask is: other group members may come at once.
TEST_F(Directory, Rule24WhatIsMadeForAGroupHasItsModeFromTheFirstMoment) {
    const mode_t before = umask(0077);
    std::filesystem::create_directory(store());
    Files::Handle folder = Files::kNoHandle;
    Files::Handle file = Files::kNoHandle;
    ASSERT_EQ(system_files().open_folder(store().string(), folder), 0);
    EXPECT_EQ(system_files().make_folder(folder, "payloads", 02770), 0);
    EXPECT_EQ(system_files().open(folder, "lock", Files::Open::create, 0660, file), 0);
    struct stat s = {};
    EXPECT_EQ(stat((store() / "payloads").c_str(), &s), 0);
    EXPECT_EQ(s.st_mode & 0777, 0770U);
    EXPECT_EQ(stat((store() / "lock").c_str(), &s), 0);
    EXPECT_EQ(s.st_mode & 0777, 0660U);
    EXPECT_EQ(umask(before), 0077U) << "the process's own umask stays";
    system_files().close(file);
    system_files().close(folder);
}

// A link in a folder where a store is about to be made: this case has once gone wrong.
TEST_F(Directory, Rule24NothingThatALinkLeadsToIsGivenToTheGroup) {
    if (geteuid() != 0) GTEST_SKIP() << "needs root, to give folders to a group";
    for (const bool is_file : {true, false}) {
        std::filesystem::create_directories(store());
        std::filesystem::create_directory(root_ / "empty");
        const path target = is_file ? outside_.file() : root_ / "empty";
        std::filesystem::create_symlink(target, store() / "payloads");
        const auto directory = open(4321);
        expect_damaged(directory->look(), store() / "payloads", "look");
        expect_damaged(directory->make_files(), store() / "payloads", "make_files");
        EXPECT_EQ(group_of(target), 0U);
        std::filesystem::remove_all(store());
    }
}

TEST_F(Directory, Rule29TheFolderExchangedBeforeItIsLocked) {
    for (const LockKind kind : {LockKind::exclusive, LockKind::shared}) {
        const auto directory = made();
        files_.before("lock", "folder", [&] {
            std::filesystem::rename(store(), root_ / "away");
            std::filesystem::copy(root_ / "away", store(), std::filesystem::copy_options::recursive);
        });
        const auto lock = directory->lock(kind, std::chrono::seconds(5));
        ASSERT_TRUE(lock) << lock.error().message;
        EXPECT_TRUE(files_.has_meddled());
        const int folder = ::open(store().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        EXPECT_NE(flock(folder, LOCK_EX | LOCK_NB), 0) << "the lock is on the folder that was moved away";
        close(folder);
        std::filesystem::remove_all(store());
        std::filesystem::remove_all(root_ / "away");
    }
}

TEST_F(Directory, Rule29ALockFileExchangedBeforeItIsLocked) {
    const auto directory = made();
    files_.before("lock", "file", [&] {
        std::filesystem::remove(store() / "lock");
        write_file(store() / "lock", "");
    });
    const auto lock = directory->lock(LockKind::exclusive, std::chrono::seconds(5));
    ASSERT_TRUE(lock) << lock.error().message;
    EXPECT_TRUE(files_.has_meddled());
    const int file = ::open((store() / "lock").c_str(), O_RDWR | O_CLOEXEC);
    EXPECT_NE(flock(file, LOCK_EX | LOCK_NB), 0) << "programs that use only the lock file are not kept out";
    close(file);
}

// A program of the first release locks only the lock file.
TEST_F(Directory, Rule06WhoHoldsTheLockFileKeepsWritersOut) {
    const auto directory = made();
    const int file = ::open((store() / "lock").c_str(), O_RDWR | O_CLOEXEC);
    ASSERT_EQ(flock(file, LOCK_EX | LOCK_NB), 0);
    EXPECT_FALSE(directory->lock(LockKind::exclusive, kNow));
    close(file);
    EXPECT_TRUE(directory->lock(LockKind::exclusive, kNow));
}

TEST_F(Directory, Rule29ANewPageFileThatWasExchangedDoesNotBecomeThePageFile) {
    const std::vector<std::byte> page(limits::kPageBytes, std::byte{7});
    for (const char* name : {"pages.new", "pages"}) {
        const auto directory = made();
        const auto lock = directory->lock(LockKind::exclusive, kNow);
        ASSERT_TRUE(lock);
        ASSERT_TRUE(directory->write_page(2, page));
        ASSERT_TRUE(directory->begin_new_pages());
        ASSERT_TRUE(directory->write_page(protocol::kNewPage | 2, page));
        std::filesystem::remove(store() / name);
        write_file(store() / name, "another repair's");
        expect_damaged(directory->finish_new_pages(), store() / name, name);
        EXPECT_EQ(read_file(store() / name), "another repair's");
        std::filesystem::remove_all(store());
    }
}

TEST_F(Directory, Rule29AnUploadExchangedBeforeItsRenameIsNotPublished) {
    const auto directory = made();
    const auto lock = directory->lock(LockKind::exclusive, kNow);
    Result<StoreDirectory::Upload> upload = directory->create_payload(kId);
    ASSERT_TRUE(upload);
    const path file = only_file_of(store() / "payloads");
    files_.before("rename", "upload", [&] {
        std::filesystem::rename(file, root_ / "away");
        write_file(file, "another's");
    });
    EXPECT_FALSE(upload->publish());
    EXPECT_TRUE(files_.has_meddled());
}

TEST_F(Directory, Rule29ACommitCountsOnlyInTheFolderThatThePathNames) {
    const auto directory = made();
    const auto lock = directory->lock(LockKind::exclusive, kNow);
    ASSERT_TRUE(lock);
    ASSERT_TRUE(directory->write_page(2, std::vector<std::byte>(limits::kPageBytes)));
    EXPECT_TRUE(directory->pages_are_named().value_or(false));
    std::filesystem::rename(store(), root_ / "away");
    EXPECT_FALSE(directory->pages_are_named().value_or(true));
    std::filesystem::copy(root_ / "away", store(), std::filesystem::copy_options::recursive);
    EXPECT_FALSE(directory->pages_are_named().value_or(true));
}

TEST_F(Directory, Rule29AFolderThatIsNoFileIsNotRemovedForOne) {
    for (const std::string& name : {std::string(".festore.store.new"), "payloads/" + std::string(32, 'a')}) {
        const auto directory = made();
        const auto lock = directory->lock(LockKind::exclusive, kNow);
        std::filesystem::create_directory(store() / name);
        const bool is_foreign = name.starts_with("payloads/");
        if (!is_foreign) expect_damaged(directory->check_removable(), store() / name, "check_removable");
        uint64_t removed = 0;
        std::vector<std::string> left;
        if (is_foreign) {
            EXPECT_TRUE(directory->check_removable());
            EXPECT_TRUE(directory->remove_files(removed, left));
            EXPECT_EQ(left, std::vector<std::string>{(store() / name).string()});
        }
        EXPECT_TRUE(std::filesystem::exists(store() / name));
        std::filesystem::remove_all(store());
    }
}

TEST_F(Directory, Rule29ARepairKeepsTheOldPagesOrFails) {
    const auto directory = made();
    const auto lock = directory->lock(LockKind::exclusive, kNow);
    ASSERT_TRUE(directory->write_page(2, std::vector<std::byte>(limits::kPageBytes)));
    std::filesystem::create_directory(store() / "pages.older");
    ASSERT_TRUE(directory->begin_new_pages());
    expect_damaged(directory->finish_new_pages(), store() / "pages.older", "finish_new_pages");
}

// Taking the directory's lock again while it is held does not wait; only the end of the first lock releases it.
TEST_F(Directory, ALockWithinALockIsTheSame) {
    const auto directory = made();
    {
        const auto lock = directory->lock(LockKind::exclusive, kNow);
        ASSERT_TRUE(lock);
        {
            const auto within = directory->lock(LockKind::shared, kNow);
            EXPECT_TRUE(within && within->held());
        }
        EXPECT_FALSE(can_lock());
    }
    EXPECT_TRUE(can_lock());
}

}  // namespace
}  // namespace festore::store_test
