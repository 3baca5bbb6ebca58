// SPDX-License-Identifier: BSD-2-Clause
// The command line of festore-sim-teed.
#include "sim/server/counters.h"
#include "sim/server/server.h"
#include "sim/teec/wire_socket.h"

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <optional>
#include <string_view>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace festore::sim {
namespace {

namespace fs = std::filesystem;

constexpr off_t kLogBytesMax = 1 << 20;  // a longer log of earlier servers is overwritten

constexpr const char* kUsage =
    "usage: festore-sim-teed --dir DIR [OPTION...]\n"
    "       festore-sim-teed --counters DIR\n"
    "Serves trusted applications in a simulated TEE at DIR/socket, to all users of this machine. It protects nothing:\n"
    "for development and tests. libteec-festore-sim.so starts it on demand; SIGTERM ends it.\n"
    "  --idle SECONDS         end after so long without a client (default 10; 0: never)\n"
    "  --foreground           stay in the foreground (the default)\n"
    "  --detach               go on in the background, and return once clients can connect\n"
    "  --rpmb, --no-rpmb      a TEE with (the default) or without RPMB storage\n"
    "  --no-system-pta        a TEE without OP-TEE's system pseudo-TA\n"
    "  --storage-bytes-max N  size of each trusted storage\n"
    "  --counters DIR         print what the server in DIR has counted: calls into TAs, and of TAs into storage\n"
    "  --help                 this text\n";

struct Options {
    ServerConfig server;
    fs::path counters;
    bool detach = false;
    bool help = false;
};

template <class T>
bool parse_number(std::string_view text, T& number) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc{} && end == text.data() + text.size();
}

// One option, with its value if it takes one; `i` is moved to the last word used. False: not understood.
bool parse_option(std::span<char*> words, size_t& i, Options& options) {
    const std::string_view option = words[i];
    Config& tee = options.server.tee;
    if (option == "--help") return options.help = true;
    if (option == "--detach") return options.detach = true;
    if (option == "--foreground") return options.detach = false, true;
    if (option == "--rpmb") return tee.has_rpmb = true;
    if (option == "--no-rpmb") return tee.has_rpmb = false, true;
    if (option == "--no-system-pta") return tee.has_system_pta = false, true;
    if (i + 1 == words.size() || *words[i + 1] == '\0') return false;
    const std::string_view value = words[++i];
    uint32_t seconds = 0;
    if (option == "--dir") options.server.directory = fs::absolute(value);
    else if (option == "--counters") options.counters = value;
    else if (option == "--storage-bytes-max") return parse_number(value, tee.storage_bytes_max);
    else if (option == "--idle" && parse_number(value, seconds)) options.server.idle = std::chrono::seconds(seconds);
    else return false;
    return true;
}

int print_counters(const fs::path& directory) {
    std::string why;
    const std::optional<ServerCounters> read = read_counters(directory, why);
    if (!read) {
        std::fprintf(stderr, "festore-sim-teed: %s\n", why.c_str());
        return 1;
    }
    std::printf("server_pid %u\n", read->server_pid);
    for (const NamedCounter& c : kNamedCounters)
        std::printf("%s %llu\n", c.name.data(), static_cast<unsigned long long>(read->counters.*c.counter));
    return 0;
}

// Detaches from the starter's terminal, directory and open files; errors go to DIR/log from now on.
void let_go(const fs::path& directory) {
    const fs::path path = directory / "log";
    struct stat info {};
    const int anew = stat(path.c_str(), &info) == 0 && info.st_size > kLogBytesMax ? O_TRUNC : 0;
    const UniqueFd nothing(open("/dev/null", O_RDWR | O_CLOEXEC));
    const UniqueFd log(open(path.c_str(), O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC | anew, 0600));
    dup2(nothing.get(), STDIN_FILENO);
    dup2(nothing.get(), STDOUT_FILENO);
    dup2(log ? log.get() : nothing.get(), STDERR_FILENO);
    if (chdir("/") != 0) std::fprintf(stderr, "festore-sim-teed: cannot leave the directory: %s\n", std::strerror(errno));
}

// Serves in a process of its own. Returns in the original process, once the server listens or has failed.
int serve_detached(ServerConfig config, std::span<const TaImage> images) {
    close_range(STDERR_FILENO + 1, ~0U, 0);  // a process that waits for the end of a pipe must not wait for the server
    int ends[2] = {-1, -1};
    if (pipe2(ends, O_CLOEXEC) != 0) return 1;
    UniqueFd ready(ends[0]);
    UniqueFd tell(ends[1]);
    std::fflush(nullptr);
    const pid_t server = fork();
    if (server < 0) return 1;
    if (server == 0) {
        ready.reset();
        setsid();
        config.on_listening = [&] {
            let_go(config.directory);
            const char yes = 1;
            if (write(tell.get(), &yes, 1) != 1) std::fputs("festore-sim-teed: nobody waited for this server\n", stderr);
            tell.reset();
        };
        return run_server(config, images);
    }
    tell.reset();
    char yes = 0;
    ssize_t got = -1;
    do {
        got = read(ready.get(), &yes, 1);
    } while (got < 0 && errno == EINTR);
    if (got == 1) return 0;
    int status = 0;
    return waitpid(server, &status, 0) == server && WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

}  // namespace

int sim_teed_main(int argc, char** argv, std::span<const TaImage> images) {
    const std::span<char*> words(argv, static_cast<size_t>(argc));
    Options options;
    for (size_t i = 1; i < words.size() && !options.help; ++i) {
        if (parse_option(words, i, options)) continue;
        std::fprintf(stderr, "festore-sim-teed: not understood: %s\n%s", words[i], kUsage);
        return 2;
    }
    if (options.help) return std::fputs(kUsage, stdout), 0;
    if (!options.counters.empty()) return print_counters(options.counters);
    if (options.server.directory.empty()) return std::fputs(kUsage, stderr), 2;
    return options.detach ? serve_detached(options.server, images) : run_server(options.server, images);
}

}  // namespace festore::sim
