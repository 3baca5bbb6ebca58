// SPDX-License-Identifier: BSD-2-Clause
// The destination of a FILE to be written: never another user's pipe or device, nor through their links.
#include "base/host/destination.h"

#include "tests/files/folder.h"

#include <sys/sysmacros.h>
#include <sys/wait.h>

namespace festore {
namespace {

namespace fs = std::filesystem;

class Destinations : public FolderTest {
protected:
    // "FOLDER/NAME" of the file to create, "stream", or the error's code and message.
    std::string found(const std::string& name) const {
        alarm(20);  // fails the test if it hangs
        const auto destination = find_destination(name.starts_with('/') ? name : path(name));
        alarm(0);
        if (!destination) return std::to_string(static_cast<int>(destination.error().code)) + " " + destination.error().message;
        if (destination->stream) return "stream";
        const fs::path folder = fs::read_symlink("/proc/self/fd/" + std::to_string(destination->folder.get()));
        return folder.lexically_relative(folder_) / destination->name;
    }
    std::string refusal(const std::string& name, const std::string& why) const { return "5 cannot write '" + path(name) + "': " + why; }
    void link(const std::string& target, const std::string& name) const { fs::create_symlink(target, path(name)); }
    void allow(const std::string& folder, mode_t mode) const { ASSERT_EQ(chmod(path(folder).c_str(), mode), 0); }
};

TEST_F(Destinations, AFileIsMadeOrReplacedWhereItsNameSays) {
    fs::create_directory(path("sub"));
    put("sub/file", "");
    EXPECT_EQ(found("new"), "./new");
    EXPECT_EQ(found("sub/new"), "sub/new");
    EXPECT_EQ(found("sub/../sub//./file"), "sub/file");
    EXPECT_NE(found("sub").find("Is a directory"), std::string::npos);
    EXPECT_NE(found("sub/..").find("Is a directory"), std::string::npos);
    EXPECT_NE(found("sub/").find("Is a directory"), std::string::npos);
    EXPECT_NE(found("none/new").find("No such file"), std::string::npos);
    EXPECT_NE(found("new/").find("No such file"), std::string::npos);
    EXPECT_NE(found("sub/file/new").find("Not a directory"), std::string::npos);
}

TEST_F(Destinations, OnesOwnLinksAreFollowed) {
    fs::create_directory(path("sub"));
    put("sub/file", "");
    link("sub/file", "to_file");
    link(path("sub"), "to_folder");
    link("to_file", "to_link");
    link("nowhere", "dangling");
    link("loop", "loop");
    EXPECT_EQ(found("to_file"), "sub/file");
    EXPECT_EQ(found("to_link"), "sub/file");
    EXPECT_EQ(found("to_folder/new"), "sub/new");
    EXPECT_NE(found("dangling").find("No such file"), std::string::npos);
    EXPECT_NE(found("loop").find("Too many levels"), std::string::npos);
}

TEST_F(Destinations, AnotherUsersLinkIsNotFollowed) {
    if (geteuid() != 0) GTEST_SKIP() << "needs root, to make files of another user";
    put("victim", "");
    link("victim", "link");
    fs::create_directory(path("sub"));
    link("sub", "to_folder");
    give_away("link");
    give_away("to_folder");
    EXPECT_EQ(found("link"), refusal("link", "'link' is a link of another user"));
    EXPECT_EQ(found("to_folder/new"), refusal("to_folder/new", "'to_folder' is a link of another user"));
}

// Others could have moved it there, even into a sticky folder, from a folder that they may write.
TEST_F(Destinations, ALinkInAFolderThatOthersCanWriteIsNotFollowed) {
    fs::create_directory(path("sub"));
    put("victim", "");
    link("../victim", "sub/link");
    const std::string refused =
        refusal("sub/link", "'link' is a link that other users may have put there; name the place that it leads to");
    for (const mode_t mode : {0770U, 0707U, 0777U, 01777U}) {
        allow("sub", mode);
        EXPECT_EQ(found("sub/link"), refused) << std::oct << mode;
    }
    for (const mode_t mode : {0700U, 0755U}) {
        allow("sub", mode);
        EXPECT_EQ(found("sub/link"), "./victim") << std::oct << mode;
    }
    if (geteuid() != 0) return;
    give_away("sub");
    EXPECT_EQ(found("sub/link"), refused) << "the folder's owner could have put it there";
}

// Others could have given the caller's folder another name, in a parent folder that they may write.
TEST_F(Destinations, WhatIsBehindAFolderThatOthersCanMoveIsNotFollowed) {
    fs::create_directories(path("shared/old"));
    link("../../victim", "shared/old/link");
    ASSERT_EQ(mkfifo(path("shared/old/pipe").c_str(), 0644), 0);
    put("victim", "");
    allow("shared/old", 0755);
    const int reader = open(path("shared/old/pipe").c_str(), O_RDONLY | O_NONBLOCK);
    for (const mode_t mode : {0755U, 01777U}) {
        allow("shared", mode);
        EXPECT_EQ(found("shared/old/link"), "./victim") << std::oct << mode;
        EXPECT_EQ(found("shared/old/pipe"), "stream") << std::oct << mode;
    }
    for (const mode_t mode : {0775U, 02775U, 0777U}) {
        allow("shared", mode);
        EXPECT_NE(found("shared/old/link").find("other users may have put there"), std::string::npos) << std::oct << mode;
        EXPECT_NE(found("shared/old/pipe").find("may have put there"), std::string::npos) << std::oct << mode;
        EXPECT_EQ(found("shared/old/new"), "shared/old/new") << "a new file is readable by its owner only";
    }
    close(reader);
}

TEST_F(Destinations, AnotherUsersPipeOrDeviceIsNotOpened) {
    if (geteuid() != 0) GTEST_SKIP() << "needs root, to make files of another user";
    ASSERT_EQ(mkfifo(path("pipe").c_str(), 0666), 0);
    give_away("pipe");
    EXPECT_EQ(found("pipe"), refusal("pipe", "'pipe' is a pipe of another user"));
    const int reader = open(path("pipe").c_str(), O_RDONLY | O_NONBLOCK);
    EXPECT_EQ(found("pipe"), refusal("pipe", "'pipe' is a pipe of another user"));
    close(reader);
    if (mknod(path("device").c_str(), S_IFCHR | 0666, makedev(1, 3)) != 0) return;
    EXPECT_EQ(found("device"), "stream") << "it belongs to root";
    give_away("device");
    EXPECT_EQ(found("device"), refusal("device", "'device' is a device of another user"));
}

// Others could have moved a pipe there that has another purpose.
TEST_F(Destinations, APipeThatOthersReadIsNotOpenedWhereTheyMayHavePutIt) {
    fs::create_directory(path("sub"));
    ASSERT_EQ(mkfifo(path("sub/pipe").c_str(), 0600), 0);
    const int reader = open(path("sub/pipe").c_str(), O_RDONLY | O_NONBLOCK);
    const std::string refused =
        refusal("sub/pipe", "'pipe' is a pipe that others can read, and may have put there; make one anew with mkfifo -m 600, or choose a "
                            "folder of your own");
    for (const mode_t mode : {0770U, 0707U, 0777U, 01777U}) {
        allow("sub", mode);
        for (const mode_t pipe : {0644U, 0640U, 0660U, 0602U}) {
            allow("sub/pipe", pipe);
            EXPECT_EQ(found("sub/pipe"), refused) << std::oct << mode << " " << pipe;
        }
        allow("sub/pipe", 0600);
        EXPECT_EQ(found("sub/pipe"), "stream") << std::oct << mode << ": nobody else can read it";
    }
    allow("sub/pipe", 0644);
    for (const mode_t mode : {0700U, 0755U}) {
        allow("sub", mode);
        EXPECT_EQ(found("sub/pipe"), "stream") << std::oct << mode;
    }
    if (geteuid() == 0) {
        give_away("sub");
        EXPECT_EQ(found("sub/pipe"), refused) << "the folder's owner could have put it there";
    }
    close(reader);
}

TEST_F(Destinations, OnesOwnPipeIsWaitedForUntilSomebodyReadsIt) {
    ASSERT_EQ(mkfifo(path("pipe").c_str(), 0600), 0);
    const pid_t child = fork();
    if (child == 0) {
        usleep(300'000);
        const int reader = open(path("pipe").c_str(), O_RDONLY);
        usleep(300'000);
        _exit(reader < 0);
    }
    const auto destination = find_destination(path("pipe"));
    ASSERT_TRUE(destination && destination->stream);
    // The writer waits for the reader with poll(2), so a signal ends the wait.
    EXPECT_NE(fcntl(destination->stream->get(), F_GETFL) & O_NONBLOCK, 0);
    EXPECT_FALSE(destination->stream_is_shared);
    EXPECT_EQ(waitpid(child, nullptr, 0), child);
}

// While the command waits for a reader, others may replace the pipe, or its owner may make it readable for others.
TEST_F(Destinations, APipeIsLookedAtOnceMoreWhenItIsOpen) {
    fs::create_directory(path("sub"));
    allow("sub", 0770);
    for (const bool replaced : {false, true}) {
        ASSERT_EQ(mkfifo(path("sub/pipe").c_str(), 0600), 0);
        const pid_t child = fork();
        if (child == 0) {
            usleep(200'000);
            if (replaced) {
                unlink(path("sub/pipe").c_str());
                umask(0);
                if (mkfifo(path("sub/pipe").c_str(), 0622) != 0) _exit(1);
            } else {
                allow("sub/pipe", 0644);
            }
            const int reader = open(path("sub/pipe").c_str(), O_RDONLY | O_NONBLOCK);
            usleep(300'000);
            _exit(reader < 0);
        }
        const auto destination = find_destination(path("sub/pipe"));
        ASSERT_FALSE(destination) << replaced;
        EXPECT_NE(destination.error().message.find(replaced ? "was replaced meanwhile" : "others can read"), std::string::npos)
            << destination.error().message;
        EXPECT_EQ(waitpid(child, nullptr, 0), child);
        fs::remove(path("sub/pipe"));
    }
}

// Some systems let users make hard links to others' files.
TEST_F(Destinations, ALinkOrPipeWithOtherNamesIsNotUsed) {
    std::filesystem::create_symlink("elsewhere", path("link"));
    ASSERT_EQ(linkat(AT_FDCWD, path("link").c_str(), AT_FDCWD, path("planted").c_str(), 0), 0);
    EXPECT_NE(found("planted").find("'planted' is a link that has other names as well"), std::string::npos) << found("planted");
    ASSERT_EQ(mkfifo(path("pipe").c_str(), 0600), 0);
    ASSERT_EQ(::link(path("pipe").c_str(), path("planted pipe").c_str()), 0);
    EXPECT_NE(found("planted pipe").find("is a pipe that has other names as well"), std::string::npos) << found("planted pipe");
}

TEST_F(Destinations, AFolderToMakeFilesInIsOnesOwnOrRoots) {
    if (geteuid() != 0) GTEST_SKIP() << "needs root, to make a folder of another user";
    std::filesystem::create_directory(path("mine"));
    std::filesystem::create_directory(path("theirs"));
    std::filesystem::create_directory_symlink("mine", path("link"));
    ASSERT_EQ(chown(path("theirs").c_str(), 4321, 4321), 0);
    EXPECT_TRUE(make_folder(path("mine")));
    EXPECT_TRUE(make_folder(path("link")));
    EXPECT_TRUE(make_folder(path("link/new/")));
    EXPECT_TRUE(fs::is_directory(path("mine/new")));
    EXPECT_FALSE(make_folder(path("none/new")));
    ASSERT_EQ(mkfifo(path("pipe").c_str(), 0600), 0);
    EXPECT_FALSE(make_folder(path("pipe"))) << "without waiting";
    EXPECT_FALSE(make_folder("/dev/fd/0"));
    const auto theirs = make_folder(path("theirs"));
    ASSERT_FALSE(theirs);
    EXPECT_EQ(theirs.error().code, ErrorCode::not_permitted);
    ASSERT_EQ(lchown(path("link").c_str(), 4321, 4321), 0);
    EXPECT_FALSE(make_folder(path("link")));
}

TEST_F(Destinations, WhatTheProcessHasOpenIsWrittenInPlace) {
    EXPECT_EQ(found("/dev/stdout"), "stream");
    EXPECT_EQ(found("/dev/fd/1"), "stream");
    EXPECT_EQ(found("/proc/self/fd/1"), "stream");
    EXPECT_EQ(found("/dev/null"), "stream");
    EXPECT_NE(found("/dev/fd/987").find("Bad file descriptor"), std::string::npos);
    EXPECT_NE(found("/proc/self/cwd/new").find("'cwd' is a link of a process"), std::string::npos) << found("/proc/self/cwd/new");
}

TEST_F(Destinations, RootsLinksAreFollowedByOthers) {
    if (geteuid() != 0) GTEST_SKIP() << "needs root, to become another user";
    put("file", "");
    link("file", "link");
    allow(".", 0755);
    const pid_t child = fork();
    if (child == 0) _exit(seteuid(kOther) != 0 || found("link") != "./file" ? 1 : 0);
    int status = -1;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace festore
