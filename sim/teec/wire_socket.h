// SPDX-License-Identifier: BSD-2-Clause
// Packets of sim/teec/wire.h over the Unix socket DIR/socket. Functions return false or an invalid
// descriptor on failure, and errno says why. Only what the caller shares is shared between threads.
#pragma once
#include "base/fields.h"

#include <array>
#include <filesystem>
#include <sys/types.h>
#include <utility>

namespace festore::sim {

class UniqueFd {
public:
    UniqueFd() = default;
    explicit UniqueFd(int fd) : fd_(fd) {}
    UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    UniqueFd& operator=(UniqueFd&& other) noexcept {
        std::swap(fd_, other.fd_);
        return *this;
    }
    ~UniqueFd() { reset(); }
    void reset();
    [[nodiscard]] int get() const { return fd_; }
    explicit operator bool() const { return fd_ >= 0; }

private:
    int fd_ = -1;
};

inline constexpr const char* kSocketName = "socket";

// Binds or connects to `name` in `directory`, even if the directory's path is long (a socket's address has room for only
// 107 bytes).
bool bind_in(int socket, const std::filesystem::path& directory, const char* name);
bool connect_in(int socket, const std::filesystem::path& directory, const char* name);

// Sends one packet, with the file descriptor `memory` if it is valid (-1: none).
bool send_packet(int socket, Bytes packet, int memory = -1);
// Receives one packet into `buffer`. A descriptor that came with it goes to `memory`; if more than one came, none does. False
// also at the end of the connection.
bool receive_packet(int socket, MutableBytes buffer, size_t& size, UniqueFd& memory);

// Send and receive a whole message; M is one of the types of sim/teec/wire.h.
inline constexpr size_t kPacketBytesMax = 512;
template <class M>
bool send_message(int socket, const M& message, int memory = -1) {
    std::array<std::byte, kPacketBytesMax> packet{};
    Writer out(packet);
    write_fields(message, out);
    return out.ok() && send_packet(socket, out.written(), memory);
}
template <class M>
bool receive_message(int socket, M& message, UniqueFd& memory) {
    std::array<std::byte, kPacketBytesMax> packet{};
    size_t size = 0;
    if (!receive_packet(socket, packet, size, memory)) return false;
    const Outcome<M> received = read_all_fields<M>(Bytes(packet).first(size));
    if (received) message = *received;
    return received.has_value();
}

}  // namespace festore::sim
