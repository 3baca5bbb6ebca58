// SPDX-License-Identifier: BSD-2-Clause
#include "sim/teec/socket_start.h"

#include "base/host/environment.h"
#include "base/tee_client_api.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <spawn.h>
#include <sstream>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace festore::sim {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr auto kStartLimit = std::chrono::seconds(15);
constexpr timeval kWelcomeLimit{10, 0};

fs::path absolute(const fs::path& path) {
    std::error_code failed;
    const fs::path result = fs::absolute(path, failed);
    return failed ? path : result;
}

fs::path fallback_directory() { return "/tmp/festore-sim-" + std::to_string(geteuid()); }

fs::path server_program() {
    if (const std::string named = environment("FESTORE_SIM_TEED"); !named.empty()) return absolute(named);
    Dl_info info{};
    if (dladdr(reinterpret_cast<void*>(&server_program), &info) == 0 || info.dli_fname == nullptr) return {};
    return absolute(info.dli_fname).parent_path().parent_path() / "bin" / "festore-sim-teed";
}

// Makes the server's directory, accessible to users who know the name of the socket. Anybody can make a directory in /tmp, so a directory
// there must belong to this user.
bool make_directory(const fs::path& directory, std::string& why) {
    if (mkdir(directory.c_str(), 0711) == 0) {
        chmod(directory.c_str(), 0711);  // mkdir() applies the umask
        return true;
    }
    if (errno != EEXIST) {
        why = "cannot make " + directory.string() + ": " + std::strerror(errno);
        return false;
    }
    struct stat info {};
    const bool ours = lstat(directory.c_str(), &info) == 0 && S_ISDIR(info.st_mode) && info.st_uid == geteuid();
    if (directory != fallback_directory() || ours) return true;
    why = directory.string() + " is not this user's directory: name another in FESTORE_SIM_DIR";
    return false;
}

// Runs the program, which returns once a server runs (its own or, in a race, another one). It inherits standard error, to show
// its errors to the caller; the server itself writes to DIR/log.
bool start_server(const fs::path& program, const fs::path& directory, std::string& why) {
    std::vector<std::string> words = {program.string(), "--detach", "--dir", directory.string()};
    std::istringstream options(environment("FESTORE_SIM_OPTIONS"));
    for (std::string word; options >> word;) words.push_back(word);
    std::vector<char*> arguments;
    arguments.reserve(words.size() + 1);
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);

    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t signals;
    sigfillset(&signals);
    posix_spawnattr_setsigdefault(&attributes, &signals);
    sigemptyset(&signals);
    posix_spawnattr_setsigmask(&attributes, &signals);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    pid_t child = -1;
    const int failed = posix_spawn(&child, program.c_str(), nullptr, &attributes, arguments.data(), environ);
    posix_spawnattr_destroy(&attributes);
    if (failed != 0) {
        why = "cannot run " + program.string() + ": " + std::strerror(failed);
        return false;
    }
    int status = 0;
    pid_t waited = -1;
    do {
        waited = waitpid(child, &status, 0);
    } while (waited < 0 && errno == EINTR);
    if (waited != child) return true;  // something else in this process has waited for the child: connecting will show if a server listens
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return true;
    why = program.string() + " did not start";
    return false;
}

}  // namespace

fs::path server_directory() {
    if (const std::string named = environment("FESTORE_SIM_DIR"); !named.empty()) return absolute(named);
    if (const std::string runtime = environment("XDG_RUNTIME_DIR"); !runtime.empty()) return fs::path(runtime) / "festore-sim";
    return fallback_directory();
}

Reached connect_to_server(const fs::path& directory, UniqueFd& socket, std::string& why) {
    UniqueFd connecting(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
    if (connecting) {
        setsockopt(connecting.get(), SOL_SOCKET, SO_RCVTIMEO, &kWelcomeLimit, sizeof kWelcomeLimit);
        setsockopt(connecting.get(), SOL_SOCKET, SO_SNDTIMEO, &kWelcomeLimit, sizeof kWelcomeLimit);
    }
    if (!connecting || !connect_in(connecting.get(), directory, kSocketName)) {
        if (errno == ENOENT || errno == ECONNREFUSED || errno == ENOTDIR) return Reached::absent;
        why = "cannot reach " + (directory / kSocketName).string() + ": " + std::strerror(errno);
        return Reached::failed;
    }
    wire::Welcome welcome;
    UniqueFd nothing;
    errno = 0;
    if (!receive_message(connecting.get(), welcome, nothing)) {
        if (errno == ECONNRESET || errno == EPIPE) return Reached::absent;
        why = "no answer at " + (directory / kSocketName).string();
        return Reached::failed;
    }
    if (welcome.version != wire::kVersion) {
        why = "the server in " + directory.string() + " is of another version of festore: end it first";
        return Reached::failed;
    }
    if (welcome.result != TEEC_SUCCESS) {
        why = "the server in " + directory.string() + " has too many connections";
        return Reached::busy;
    }
    const timeval no_limit{};  // a call into the TEE may take any time
    setsockopt(connecting.get(), SOL_SOCKET, SO_RCVTIMEO, &no_limit, sizeof no_limit);
    setsockopt(connecting.get(), SOL_SOCKET, SO_SNDTIMEO, &no_limit, sizeof no_limit);
    socket = std::move(connecting);
    return Reached::yes;
}

Reached connect_or_start(UniqueFd& socket, std::string& why) {
    const fs::path directory = server_directory();
    const auto deadline = Clock::now() + kStartLimit;
    while (true) {
        if (!make_directory(directory, why)) return Reached::failed;
        const Reached reached = connect_to_server(directory, socket, why);
        if (reached != Reached::absent) return reached;
        if (Clock::now() > deadline) {
            why = "no server came to listen in " + directory.string();
            return Reached::failed;
        }
        if (!start_server(server_program(), directory, why)) return Reached::failed;
        std::this_thread::sleep_for(std::chrono::milliseconds(2));  // pause before the next attempt: another server may be ending
    }
}

}  // namespace festore::sim
