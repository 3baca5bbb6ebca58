// SPDX-License-Identifier: BSD-2-Clause
// A file gets its name when it is complete; a killed process leaves nothing, or leftovers that are collected; other files are not.
#include "base/host/new_file.h"

#include "tests/files/folder.h"

#include <csignal>
#include <sys/wait.h>

namespace festore {
namespace {

class NewFiles : public FolderTest {
protected:
    // Both ways: without a name until it is complete, and for file systems that cannot do that.
    NewFile made(bool nameless, const std::string& content = "plaintext") const {
        auto file = NewFile::make(descriptor_, nameless);
        if (!file || !write_all(file->descriptor(), bytes_of(content))) throw std::runtime_error("cannot make a file");
        return std::move(*file);
    }
    // The names left after a process is killed after `work`.
    template <class F>
    Names left_by_killed(F&& work) const {
        const pid_t child = fork();
        if (child == 0) {
            const NewFile file = work();
            raise(SIGKILL);
        }
        int status = 0;
        EXPECT_EQ(waitpid(child, &status, 0), child);
        EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        return names();
    }
    static std::string hidden(const std::string& uid, const std::string& rest) { return ".festore-" + uid + "-" + rest; }
    static std::string hidden_of_mine(const std::string& rest) { return hidden(std::to_string(geteuid()), rest); }
};

TEST_F(NewFiles, HaveTheirNameWhenTheyAreWhole) {
    for (const bool nameless : {true, false}) {
        put("old", "old");
        (void)chmod(path("old").c_str(), 0666);
        {
            const mode_t before = umask(0);
            NewFile fresh = made(nameless);
            NewFile replacing = made(nameless);
            umask(before);
            EXPECT_EQ(names().size(), nameless ? 1U : 3U);
            EXPECT_EQ(content("old"), "old");
            ASSERT_TRUE(fresh.give_name("new", true));
            ASSERT_TRUE(replacing.give_name("old", true));
        }
        EXPECT_EQ(names(), (Names{"new", "old"}));
        for (const char* name : {"new", "old"}) {
            struct stat found {};
            ASSERT_EQ(stat(path(name).c_str(), &found), 0);
            EXPECT_EQ(found.st_mode & 07777, 0600U);
            EXPECT_EQ(content(name), "plaintext");
        }
        std::filesystem::remove(path("new"));
    }
}

TEST_F(NewFiles, OfAKilledProcessNothingIsLeft) {
    EXPECT_EQ(left_by_killed([&] { return made(true); }), Names());
}

TEST_F(NewFiles, WhereTheyNeedANameTheNextOneCollectsWhatAKilledProcessLeft) {
    EXPECT_EQ(left_by_killed([&] { return made(false); }).size(), 1U);
    collect_new_files(descriptor_);
    EXPECT_EQ(names(), Names());
}

// The name to replace belongs to a folder: the second of two steps fails, then the process is killed.
TEST_F(NewFiles, OfAProcessKilledBetweenTwoNamesTheNextOneCollectsWhatIsLeft) {
    std::filesystem::create_directory(path("taken"));
    const Names left = left_by_killed([&] {
        NewFile file = made(true);
        if (file.give_name("taken", true)) abort();
        return file;
    });
    ASSERT_EQ(left.size(), 2U);
    EXPECT_EQ(left[0].rfind(hidden_of_mine(""), 0), 0U) << left[0] << " names its user";
    EXPECT_EQ(content(left[0]), "plaintext");
    collect_new_files(descriptor_);
    EXPECT_EQ(names(), Names{"taken"});
}

TEST_F(NewFiles, OfALivingProcessAreNotCollected) {
    NewFile file = made(false);
    const pid_t child = fork();
    if (child == 0) {
        collect_new_files(descriptor_);
        _exit(0);
    }
    ASSERT_EQ(waitpid(child, nullptr, 0), child);
    EXPECT_EQ(names().size(), 1U);
    EXPECT_TRUE(file.give_name("new", false));
    EXPECT_EQ(names(), Names{"new"});
}

// Other files with such names are not collected, including a pipe, which would block an opening process.
TEST_F(NewFiles, NothingIsCollectedButFilesOfOnesOwnWithSuchNames) {
    put("victim", "victim");
    std::filesystem::create_symlink("victim", path(hidden_of_mine("0000000000000001")));
    ASSERT_EQ(mkfifo(path(hidden_of_mine("0000000000000002")).c_str(), 0600), 0);
    std::filesystem::create_directory(path(hidden_of_mine("0000000000000003")));
    put(hidden("123456", "0123456789abcdef"), "another user's name");
    put(hidden(geteuid() == 1 ? "2" : "1", "0123456789abcdef"), "another user's name, no longer than root's");
    put(hidden_of_mine("0123456789abcde"), "too short");
    put(hidden_of_mine("0123456789abcdeF"), "no digit");
    put(hidden_of_mine("0123456789abcdef0"), "too long");
    const Names before = names();
    put(hidden_of_mine("0123456789abcdef"), "mine");
    alarm(20);
    collect_new_files(descriptor_);
    alarm(0);
    EXPECT_EQ(names(), before);
    EXPECT_EQ(content("victim"), "victim");
}

TEST_F(NewFiles, NothingOfAnotherUserIsCollected) {
    if (geteuid() != 0) GTEST_SKIP() << "needs root, to make a file of another user";
    put(hidden_of_mine("0123456789abcdef"), "theirs");
    give_away(hidden_of_mine("0123456789abcdef"));
    collect_new_files(descriptor_);
    EXPECT_EQ(names().size(), 1U);
}

TEST_F(NewFiles, ReplaceNothingUnlessAskedTo) {
    for (const bool nameless : {true, false}) {
        put("taken", "old");
        EXPECT_FALSE(made(nameless).give_name("taken", false));
        EXPECT_EQ(errno, EEXIST);
        EXPECT_EQ(content("taken"), "old");
        ASSERT_TRUE(made(nameless).give_name("free", false));
        EXPECT_EQ(content("free"), "plaintext");
        EXPECT_EQ(names(), (Names{"free", "taken"}));
        std::filesystem::remove(path("free"));
    }
}

TEST_F(NewFiles, TakeThePlaceOfALinkAndFollowNone) {
    for (const bool nameless : {true, false}) {
        put("victim", "victim");
        std::filesystem::remove(path("link"));
        std::filesystem::create_symlink("victim", path("link"));
        ASSERT_TRUE(made(nameless).give_name("link", true));
        EXPECT_FALSE(std::filesystem::is_symlink(path("link")));
        EXPECT_EQ(content("victim"), "victim");
    }
}

}  // namespace
}  // namespace festore
