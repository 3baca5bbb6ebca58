// SPDX-License-Identifier: BSD-2-Clause
#include "sim/socket_client.h"

#include "base/tee_client_api.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <fcntl.h>
#include <sstream>
#include <string>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace festore::sim {
namespace {

constexpr int kStartWaitMs = 10000;
constexpr int kAttempts = 5;

std::string environment(const char* name) {
    const char* value = std::getenv(name);
    return value != nullptr ? value : "";
}

std::string server_directory() {
    if (const std::string named = environment("FESTORE_SIM_DIR"); !named.empty()) return named;
    if (const std::string runtime = environment("XDG_RUNTIME_DIR"); !runtime.empty()) return runtime + "/festore-sim";
    return "/tmp/festore-sim-" + std::to_string(geteuid());
}

std::string server_program() {
    if (const std::string named = environment("FESTORE_SIM_TEED"); !named.empty()) return named;
    Dl_info info{};
    if (dladdr(reinterpret_cast<void*>(&server_directory), &info) == 0 || info.dli_fname == nullptr) return "";
    std::string path = info.dli_fname;
    for (int up = 0; up < 2; ++up) path.erase(std::min(path.rfind('/'), path.size()));
    return path + "/bin/festore-sim-teed";
}

int connect_to(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    std::memcpy(address.sun_path, path.c_str(), path.size());
    const int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return fd;
    const int why = errno;
    if (fd >= 0) close(fd);
    errno = why;
    return -1;
}

// In a process of its own, which no terminal and no parent ends. Another that is already there makes it end at once.
void start_server(const std::string& program, const std::string& directory) {
    std::vector<std::string> words = {program, "--dir", directory};
    std::istringstream options(environment("FESTORE_SIM_OPTIONS"));
    for (std::string word; options >> word;) words.push_back(word);
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    const pid_t child = fork();
    if (child == 0) {
        setsid();
        if (fork() != 0) _exit(0);
        const int nothing = open("/dev/null", O_RDWR);
        dup2(nothing, 0);
        dup2(nothing, 1);
        dup2(nothing, 2);
        for (int fd = 3; fd < 256; ++fd) close(fd);  // a test that waits for the end of a pipe must not wait for us
        if (chdir("/") != 0) _exit(1);
        execv(program.c_str(), arguments.data());
        _exit(127);
    }
    if (child > 0) waitpid(child, nullptr, 0);
}

}  // namespace

SocketClient::~SocketClient() {
    if (scratch_.memory != nullptr) munmap(scratch_.memory, scratch_.size);
    if (socket_ >= 0) close(socket_);
}

bool SocketClient::connect_and_start() {
    const std::string directory = server_directory();
    const std::string path = directory + "/socket";
    const std::string program = server_program();
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
        socket_ = connect_to(path);
        if (socket_ < 0 && errno != ENOENT && errno != ECONNREFUSED) break;
        if (socket_ < 0) {
            if (access(program.c_str(), X_OK) != 0) {
                std::fprintf(stderr, "festore: the simulated TEE's server %s is not there\n", program.c_str());
                return false;
            }
            start_server(program, directory);
            for (int waited = 0; socket_ < 0 && waited < kStartWaitMs; waited += 10) {
                usleep(10000);
                socket_ = connect_to(path);
                // A server that was ending held the lock when ours looked: start another.
                if (socket_ < 0 && waited % 500 == 490) start_server(program, directory);
            }
        }
        wire::Answer answer;
        if (socket_ >= 0 && ask(wire::Request{}, -1, answer)) return true;  // one that goes idle breaks the connection
        if (socket_ >= 0) close(socket_);
        socket_ = -1;
    }
    std::fprintf(stderr, "festore: cannot reach the simulated TEE at %s: %s\n", path.c_str(), std::strerror(errno));
    return false;
}

bool SocketClient::ask(const wire::Request& request, int memory_fd, wire::Answer& answer) {
    std::array<std::byte, wire::kPacketBytesMax> packet{};
    Writer out(packet);
    encode(request, out);
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
    iovec part{packet.data(), out.size()};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    if (memory_fd >= 0) {
        message.msg_control = control.data();
        message.msg_controllen = control.size();
        cmsghdr* header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int));
        std::memcpy(CMSG_DATA(header), &memory_fd, sizeof(int));
    }
    answer = {};
    answer.result = TEEC_ERROR_COMMUNICATION;
    answer.origin = TEEC_ORIGIN_COMMS;
    if (sendmsg(socket_, &message, MSG_NOSIGNAL) != static_cast<ssize_t>(out.size())) return false;
    ssize_t size = -1;
    do {
        size = recv(socket_, packet.data(), packet.size(), 0);
    } while (size < 0 && errno == EINTR);
    wire::Answer received;
    if (size <= 0 || !wire::decode(Bytes(packet).first(static_cast<size_t>(size)), received)) return false;
    answer = received;
    return true;
}

bool SocketClient::share(size_t size, SharedBuffer& buffer) {
    const int fd = memfd_create("festore-sim", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0) return false;
    void* memory = MAP_FAILED;
    if (ftruncate(fd, static_cast<off_t>(size)) == 0 && fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW) == 0)
        memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    wire::Request request;
    request.kind = wire::Kind::share;
    request.size = size;
    wire::Answer answer;
    const bool shared = memory != MAP_FAILED && ask(request, fd, answer) && answer.result == TEEC_SUCCESS;
    close(fd);
    if (!shared) {
        if (memory != MAP_FAILED) munmap(memory, size);
        return false;
    }
    buffer = {answer.number, memory, size, nullptr};
    return true;
}

void SocketClient::release(SharedBuffer& buffer) {
    wire::Request request;
    request.kind = wire::Kind::release;
    request.number = buffer.number;
    wire::Answer answer;
    ask(request, -1, answer);
    munmap(buffer.memory, buffer.size);
    buffer.memory = nullptr;
}

bool SocketClient::scratch(size_t size, SharedBuffer*& buffer) {
    if (scratch_.memory == nullptr || scratch_.size < size) {
        if (scratch_.memory != nullptr) release(scratch_);
        if (!share(std::max<size_t>(size, 64 * 1024), scratch_)) return false;
    }
    buffer = &scratch_;
    return true;
}

}  // namespace festore::sim
