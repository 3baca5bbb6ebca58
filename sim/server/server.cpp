// SPDX-License-Identifier: BSD-2-Clause
#include "sim/server/server.h"

#include "sim/server/connection.h"

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <thread>
#include <unistd.h>

namespace festore::sim {
namespace {

constexpr int kConnectionsMax = 256;
std::atomic<bool> told_to_end = false;

void on_signal(int) { told_to_end = true; }

int complain(const std::filesystem::path& what, const char* failed) {
    std::fprintf(stderr, "festore-sim-teed: cannot %s %s: %s\n", failed, what.c_str(), std::strerror(errno));
    return 1;
}

// A socket under its final name only when it listens: bound beside and renamed.
int listen_at(const std::filesystem::path& path) {
    const int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    const std::string beside = path.string() + ".new";
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (beside.size() >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        close(fd);
        return -1;
    }
    std::memcpy(address.sun_path, beside.c_str(), beside.size());
    unlink(beside.c_str());
    const bool listening = bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
                           chmod(beside.c_str(), 0666) == 0 && listen(fd, 64) == 0 &&
                           rename(beside.c_str(), path.c_str()) == 0;
    if (listening) return fd;
    close(fd);
    return -1;
}

}  // namespace

int run_server(const ServerConfig& config, std::span<const TaImage> images) {
    const std::filesystem::path& directory = config.directory;
    if (mkdir(directory.c_str(), 0711) != 0 && errno != EEXIST) return complain(directory, "make");
    const int lock = open((directory / "lock").c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
    if (lock < 0) return complain(directory / "lock", "open");
    if (flock(lock, LOCK_EX | LOCK_NB) != 0) return errno == EWOULDBLOCK ? 0 : complain(directory / "lock", "lock");

    Config tee_config = config.tee;
    tee_config.directory = directory / "storage";
    Tee tee(tee_config);
    for (const TaImage& image : images) tee.install(image);
    const int listener = listen_at(directory / "socket");
    if (listener < 0) return complain(directory / "socket", "listen at");
    struct sigaction action {};
    action.sa_handler = on_signal;
    sigaction(SIGTERM, &action, nullptr);
    sigaction(SIGINT, &action, nullptr);

    std::atomic<int> connections = 0;
    auto last_busy = std::chrono::steady_clock::now();
    while (!told_to_end) {
        pollfd waiting{listener, POLLIN, 0};
        if (poll(&waiting, 1, 200) > 0) {
            const int fd = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
            if (fd >= 0 && connections >= kConnectionsMax) {
                close(fd);
            } else if (fd >= 0) {
                ++connections;
                std::thread([&tee, &connections, fd] {
                    Connection(tee, fd).serve();
                    --connections;
                }).detach();
            }
        }
        const auto now = std::chrono::steady_clock::now();
        if (connections > 0) last_busy = now;
        if (config.idle.count() > 0 && now - last_busy >= config.idle) break;
    }
    unlink((directory / "socket").c_str());
    close(listener);  // whoever is in the queue sees the connection break, and starts the next server
    // Threads that still serve hold the TEE: end the process under them rather than wait for a client.
    std::fflush(nullptr);
    _exit(0);
}

int sim_teed_main(int argc, char** argv, std::span<const TaImage> images) {
    ServerConfig config;
    const auto usage = [](FILE* where) {
        std::fputs("usage: festore-sim-teed --dir DIR [--idle SECONDS] [--no-rpmb] [--no-system-pta]\n"
                   "                        [--storage-bytes-max N]\n"
                   "Serves festore's trusted application in a simulated TEE at DIR/socket, to all users of this machine.\n"
                   "It protects nothing: for development and tests. Started on demand by libteec-festore-sim.so.\n"
                   "  --idle SECONDS         end after so long without a client (default 10; 0: never)\n"
                   "  --no-rpmb              a TEE without RPMB storage\n"
                   "  --no-system-pta        a TEE without OP-TEE's system pseudo-TA\n"
                   "  --storage-bytes-max N  size of each trusted storage\n",
                   where);
    };
    for (int i = 1; i < argc; ++i) {
        const std::string_view option = argv[i];
        const char* value = i + 1 < argc ? argv[i + 1] : nullptr;
        if (option == "--help") return usage(stdout), 0;
        if (option == "--no-rpmb") config.tee.has_rpmb = false;
        else if (option == "--no-system-pta") config.tee.has_system_pta = false;
        else if (option == "--dir" && value != nullptr) config.directory = argv[++i];
        else if (option == "--idle" && value != nullptr) config.idle = std::chrono::seconds(std::atoi(argv[++i]));
        else if (option == "--storage-bytes-max" && value != nullptr)
            config.tee.storage_bytes_max = std::strtoull(argv[++i], nullptr, 10);
        else return usage(stderr), 2;
    }
    if (config.directory.empty()) return usage(stderr), 2;
    return run_server(config, images);
}

}  // namespace festore::sim
