// SPDX-License-Identifier: BSD-2-Clause
#include "sim/server/server.h"

#include "base/tee_client_api.h"
#include "sim/server/connection.h"
#include "sim/teec/socket_start.h"

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <list>
#include <poll.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

namespace festore::sim {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr int kTickMs = 100;
constexpr auto kLockWait = std::chrono::seconds(10);
constexpr auto kEndWait = std::chrono::seconds(5);
constexpr timeval kAnswerLimit{5, 0};  // how long to wait for a client that does not take its answers
constexpr int kBacklog = 128;

std::atomic<bool> told_to_end = false;
void on_signal(int) { told_to_end = true; }

int complain(const fs::path& what, const char* failed) {
    std::fprintf(stderr, "festore-sim-teed: cannot %s %s: %s\n", failed, what.c_str(), std::strerror(errno));
    return 1;
}

// The connected clients, each with its thread. Used by one thread, except `done`.
class Clients {
public:
    explicit Clients(Tee& tee) : tee_(tee) {}

    // Welcomes the client, or refuses it if there are too many.
    void add(UniqueFd socket) {
        const std::optional<Credentials> peer = peer_of(socket.get());
        if (!peer) return;
        setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &kAnswerLimit, sizeof kAnswerLimit);
        wire::Welcome welcome;
        if (clients_.size() >= kConnectionsMax || connections_of(peer->uid) >= kConnectionsPerUserMax)
            welcome.result = TEEC_ERROR_BUSY;
        if (!send_message(socket.get(), welcome) || welcome.result != TEEC_SUCCESS) return;
        Client& client = clients_.emplace_back(std::move(socket), peer->uid);
        try {
            client.thread = std::thread([this, &client, peer = *peer] { serve(client, peer); });
        } catch (const std::system_error&) {  // no more threads: hang up
            clients_.pop_back();
        }
    }

    void forget_those_gone() {
        clients_.remove_if([](Client& client) {
            const bool gone = client.done;
            if (gone) client.thread.join();
            return gone;
        });
    }

    [[nodiscard]] bool empty() const { return clients_.empty(); }

    // Hangs up on all clients. False if a thread does not end, because a TA does not return.
    bool end_all(Clock::duration limit) {
        for (Client& client : clients_) shutdown(client.socket.get(), SHUT_RDWR);
        const auto deadline = Clock::now() + limit;
        while (!clients_.empty() && Clock::now() < deadline) {
            forget_those_gone();
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
        return clients_.empty();
    }

private:
    struct Client {
        Client(UniqueFd s, uid_t u) : socket(std::move(s)), uid(u) {}
        UniqueFd socket;
        uid_t uid;
        std::thread thread;
        std::atomic<bool> done = false;
    };

    void serve(Client& client, const Credentials& peer) const {
        try {
            Connection(tee_, client.socket.get(), peer).serve();
        } catch (const std::exception& e) {  // out of memory: only this client loses its connection
            std::fprintf(stderr, "festore-sim-teed: lost a connection of uid %u: %s\n", peer.uid, e.what());
        }
        shutdown(client.socket.get(), SHUT_RDWR);
        client.done = true;
    }
    [[nodiscard]] size_t connections_of(uid_t uid) const {
        size_t count = 0;
        for (const Client& client : clients_) count += client.uid == uid ? 1 : 0;
        return count;
    }

    Tee& tee_;
    std::list<Client> clients_;
};

// The server's socket in the directory. It is bound under another name and renamed, to have its final name only when it listens.
class Listener {
public:
    explicit Listener(const fs::path& directory) : directory_(directory) {}
    ~Listener() {
        if (is_ours()) unlink((directory_ / kSocketName).c_str());
    }
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

    bool listen_now() {
        constexpr const char* kBeside = "socket.new";
        const fs::path beside = directory_ / kBeside;
        const fs::path path = directory_ / kSocketName;
        socket_ = UniqueFd(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
        unlink(beside.c_str());
        struct stat info {};
        if (!socket_ || !bind_in(socket_.get(), directory_, kBeside) || chmod(beside.c_str(), 0666) != 0 ||
            listen(socket_.get(), kBacklog) != 0 || stat(beside.c_str(), &info) != 0 ||
            rename(beside.c_str(), path.c_str()) != 0)
            return false;
        inode_ = info.st_ino;
        return true;
    }
    // False if the directory was removed, or made again by somebody else.
    [[nodiscard]] bool is_ours() const {
        struct stat info {};
        return inode_ != 0 && stat((directory_ / kSocketName).c_str(), &info) == 0 && info.st_ino == inode_;
    }
    UniqueFd accept_for(int milliseconds) const {
        pollfd waiting{socket_.get(), POLLIN, 0};
        if (poll(&waiting, 1, milliseconds) <= 0) return {};
        UniqueFd accepted(accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC));
        if (!accepted) std::this_thread::sleep_for(std::chrono::milliseconds(10));  // no descriptors left: wait before the next attempt
        return accepted;
    }

private:
    fs::path directory_;
    UniqueFd socket_;
    ino_t inode_ = 0;
};

enum class Lock { ours, another_serves, failed };

// A server that is ending holds the lock for a moment after it stops listening: wait for it.
Lock take_lock(const fs::path& directory, UniqueFd& lock) {
    lock = UniqueFd(open((directory / "lock").c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600));
    if (!lock) return complain(directory / "lock", "open"), Lock::failed;
    const auto deadline = Clock::now() + kLockWait;
    while (flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK || Clock::now() > deadline) return complain(directory / "lock", "lock"), Lock::failed;
        UniqueFd other;
        std::string why;
        const Reached reached = connect_to_server(directory, other, why);
        if (reached == Reached::yes || reached == Reached::busy) return Lock::another_serves;
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return Lock::ours;
}

void take_signals() {
    told_to_end = false;
    struct sigaction action {};
    action.sa_handler = on_signal;
    sigaction(SIGTERM, &action, nullptr);
    sigaction(SIGINT, &action, nullptr);
    action.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &action, nullptr);
}

void accept_until_the_end(const Listener& listener, Clients& clients, std::chrono::seconds idle) {
    auto last_busy = Clock::now();
    while (!told_to_end) {
        if (UniqueFd accepted = listener.accept_for(kTickMs)) clients.add(std::move(accepted));
        clients.forget_those_gone();
        if (!clients.empty()) {
            last_busy = Clock::now();
            continue;
        }
        if (idle.count() > 0 && Clock::now() - last_busy >= idle) return;
        if (!listener.is_ours()) return;
    }
}

}  // namespace

int run_server(const ServerConfig& config, std::span<const TaImage> images) {
    const fs::path& directory = config.directory;
    if (mkdir(directory.c_str(), 0711) != 0 && errno != EEXIST) return complain(directory, "make");
    UniqueFd lock;
    const Lock taken = take_lock(directory, lock);
    if (taken != Lock::ours) return taken == Lock::another_serves ? 0 : 1;

    Config tee_config = config.tee;
    tee_config.directory = directory / "storage";
    if (mkdir(tee_config.directory.c_str(), 0700) != 0 && errno != EEXIST) return complain(tee_config.directory, "make");
    try {
        Tee tee(tee_config);
        for (const TaImage& image : images) tee.install(image);
        Clients clients(tee);
        {
            Listener listener(directory);
            take_signals();
            if (!listener.listen_now()) return complain(directory / kSocketName, "listen at");
            if (config.on_listening) config.on_listening();
            accept_until_the_end(listener, clients, config.idle);
        }  // clients in the queue see the connection break, and start the next server
        if (!clients.end_all(kEndWait)) {
            std::fputs("festore-sim-teed: a TA does not return: ending under it\n", stderr);
            _exit(1);
        }
    } catch (const std::exception& e) {
        std::fprintf(stderr, "festore-sim-teed: cannot serve %s: %s\n", directory.c_str(), e.what());
        return 1;
    }
    return 0;
}

}  // namespace festore::sim
