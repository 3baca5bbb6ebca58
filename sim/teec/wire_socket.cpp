// SPDX-License-Identifier: BSD-2-Clause
#include "sim/teec/wire_socket.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <string>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace festore::sim {
namespace {

// Room for more descriptors than a peer may send: the kernel closes those that do not fit, and this code those that do.
constexpr size_t kDescriptorsMax = 8;

template <class Call>
bool with_address(const std::filesystem::path& directory, const char* name, Call call) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::string path = (directory / name).string();
    UniqueFd opened;
    if (path.size() >= sizeof address.sun_path) {
        opened = UniqueFd(open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
        if (!opened) return false;
        path = "/proc/self/fd/" + std::to_string(opened.get()) + "/" + name;
    }
    std::memcpy(address.sun_path, path.c_str(), path.size());
    return call(reinterpret_cast<const sockaddr*>(&address), socklen_t{sizeof address}) == 0;
}

}  // namespace

void UniqueFd::reset() {
    if (fd_ >= 0) close(fd_);
    fd_ = -1;
}

bool bind_in(int socket, const std::filesystem::path& directory, const char* name) {
    return with_address(directory, name, [&](const sockaddr* a, socklen_t size) { return bind(socket, a, size); });
}

bool connect_in(int socket, const std::filesystem::path& directory, const char* name) {
    return with_address(directory, name, [&](const sockaddr* a, socklen_t size) { return connect(socket, a, size); });
}

bool send_packet(int socket, Bytes packet, int memory) {
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
    iovec part{const_cast<std::byte*>(packet.data()), packet.size()};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    if (memory >= 0) {
        message.msg_control = control.data();
        message.msg_controllen = control.size();
        cmsghdr* header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int));
        std::memcpy(CMSG_DATA(header), &memory, sizeof(int));
    }
    ssize_t sent = -1;
    do {
        sent = sendmsg(socket, &message, MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    return sent == static_cast<ssize_t>(packet.size());
}

bool receive_packet(int socket, MutableBytes buffer, size_t& size, UniqueFd& memory) {
    alignas(cmsghdr) std::array<char, CMSG_SPACE(kDescriptorsMax * sizeof(int))> control{};
    iovec part{buffer.data(), buffer.size()};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    ssize_t received = -1;
    do {
        received = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    } while (received < 0 && errno == EINTR);
    if (received < 0) return false;
    size_t descriptors = 0;
    UniqueFd first;
    for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
        for (size_t at = CMSG_LEN(0); at + sizeof(int) <= header->cmsg_len; at += sizeof(int)) {
            int fd = -1;
            std::memcpy(&fd, reinterpret_cast<const char*>(header) + at, sizeof fd);
            UniqueFd owned(fd);
            if (descriptors++ == 0) first = std::move(owned);
        }
    }
    if (descriptors == 1) memory = std::move(first);
    size = static_cast<size_t>(received);
    if (received == 0) errno = ECONNRESET;
    return received > 0 && (message.msg_flags & MSG_TRUNC) == 0;
}

}  // namespace festore::sim
