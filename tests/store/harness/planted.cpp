// SPDX-License-Identifier: BSD-2-Clause
#include "tests/store/harness/planted.h"

#include <csignal>
#include <cstdio>
#include <fstream>
#include <sched.h>
#include <sstream>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

namespace festore::store_test {
namespace {

using std::filesystem::path;

const char* timed = "";

bool is_root() { return geteuid() == 0; }

bool make_socket(const path& at) {
    // A socket's path has a short limit, so it is made from within the folder.
    const path before = std::filesystem::current_path();
    std::filesystem::current_path(at.parent_path());
    const int made = socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string name = at.filename().string();
    name.copy(address.sun_path, sizeof address.sun_path - 1);
    const bool done = bind(made, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    close(made);
    std::filesystem::current_path(before);
    return done;
}

// Mounts the same kind of thing from outside over what is there.
bool mount_over(const path& at, const Outside& outside) {
    if (!std::filesystem::exists(at)) write_file(at, "");
    const path source = std::filesystem::is_directory(at) ? outside.folder() : outside.file();
    return mount(source.c_str(), at.c_str(), nullptr, MS_BIND, nullptr) == 0;
}

// Mounts are made in the program's own mount namespace, so nothing stays mounted after it.
bool can_mount() {
    static const bool can = is_root() && unshare(CLONE_NEWNS) == 0 && mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
    return can;
}

bool can_make_devices() {
    const path probe = std::filesystem::temp_directory_path() / ("festore-device-" + std::to_string(getpid()));
    const bool made = mknod(probe.c_str(), S_IFCHR | 0600, makedev(1, 3)) == 0;
    std::filesystem::remove(probe);
    return made;
}

// For plants that need an empty place.
template <class F>
auto in_place(F&& make) {
    return [make](const path& at, const Outside& outside) {
        std::filesystem::remove_all(at);
        return make(at, outside);
    };
}

}  // namespace

void Outside::restore() {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    chmod(folder_.c_str(), 0700);
    for (const char* name : {"precious", "pages", "festore.store", "lock"}) {
        write_file(folder_ / name, std::string("not the store's: ") + name);
        chmod((folder_ / name).c_str(), 0600);
    }
    // Names that the collector would remove in the store's own folder.
    write_file(folder_ / std::string(32, 'c'), "not the store's payload");
    write_file(folder_ / (std::string(32, 'd') + ".new"), "not the store's upload");
}

Outside::State Outside::state() const {
    State state;
    const auto add = [&](const path& at) {
        struct stat s = {};
        if (lstat(at.c_str(), &s) != 0) return;
        const std::string name = at.lexically_relative(folder_.parent_path()).string();
        state[name] = {S_ISREG(s.st_mode) ? read_file(at) : "", s.st_mode, s.st_gid};
    };
    add(folder_);
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_)) add(entry.path());
    return state;
}

std::vector<Plant> plants() {
    std::vector<Plant> all;
    all.push_back({"a link to a file", in_place([](const path& at, const Outside& o) {
                       return symlink(o.file().c_str(), at.c_str()) == 0;
                   })});
    all.push_back({"a link to a folder", in_place([](const path& at, const Outside& o) {
                       return symlink(o.folder().c_str(), at.c_str()) == 0;
                   })});
    all.push_back({"a link to nothing", in_place([](const path& at, const Outside& o) {
                       return symlink((o.folder() / "none").c_str(), at.c_str()) == 0;
                   })});
    all.push_back({"a FIFO", in_place([](const path& at, const Outside&) { return mkfifo(at.c_str(), 0600) == 0; })});
    all.push_back({"a socket", in_place([](const path& at, const Outside&) { return make_socket(at); })});
    all.push_back({"a folder", in_place([](const path& at, const Outside&) { return mkdir(at.c_str(), 0700) == 0; })});
    all.back().is_folder = true;
    all.push_back({"a hard link", in_place([](const path& at, const Outside& o) { return ::link(o.file().c_str(), at.c_str()) == 0; })});
    all.back().is_hard_link = true;
    all.push_back({"a device", in_place([](const path& at, const Outside&) {
                       return mknod(at.c_str(), S_IFCHR | 0600, makedev(1, 3)) == 0;
                   })});
    all.back().is_possible = can_make_devices();
    all.back().why_not = "no devices can be made here";
    all.push_back({"a mount point", mount_over});
    all.back().is_possible = can_mount();
    all.back().why_not = "nothing can be mounted here";
    return all;
}

void remove_planted(const path& at) {
    while (is_root() && umount2(at.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW) == 0) {}
    std::filesystem::remove_all(at);
}

Timer::Timer(const char* what) {
    timed = what;
    std::signal(SIGALRM, [](int) {
        (void)!write(STDERR_FILENO, timed, std::char_traits<char>::length(timed));
        (void)!write(STDERR_FILENO, ": hangs\n", 8);
        std::abort();
    });
    alarm(60);
}
Timer::~Timer() { alarm(0); }

path only_file_of(const path& folder) {
    for (const auto& entry : std::filesystem::directory_iterator(folder)) return entry.path();
    return folder / "none";
}

unsigned group_of(const path& at) {
    struct stat s = {};
    return lstat(at.c_str(), &s) == 0 ? s.st_gid : 0;
}

void write_file(const path& at, const std::string& content) { std::ofstream(at, std::ios::binary) << content; }

std::string read_file(const path& at) {
    std::ostringstream content;
    content << std::ifstream(at, std::ios::binary).rdbuf();
    return content.str();
}

}  // namespace festore::store_test
