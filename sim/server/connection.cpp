// SPDX-License-Identifier: BSD-2-Clause
#include "sim/server/connection.h"

#include "base/tee_client_api.h"
#include "sim/identity.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace festore::sim {
namespace {

constexpr uint32_t kMemrefBit = 4;  // set in the types of memory references

std::vector<gid_t> peer_groups(int socket) {
    std::vector<gid_t> groups(64);
    for (int attempt = 0; attempt < 2; ++attempt) {
        auto size = static_cast<socklen_t>(groups.size() * sizeof(gid_t));
        const int result = getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &size);
        groups.resize(size / sizeof(gid_t));
        if (result == 0) return groups;
        if (errno != ERANGE) break;
    }
    return {};
}

}  // namespace

Connection::Connection(Tee& tee, int socket) : tee_(tee), socket_(socket) {
    ucred peer{};
    socklen_t size = sizeof peer;
    if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return;
    uid_ = peer.uid;
    gid_ = peer.gid;
    groups_ = peer_groups(socket);
}

Connection::~Connection() {
    for (const uint32_t session : sessions_) tee_.close_session(session);
    for (const auto& [number, mapping] : memory_) munmap(mapping.address, mapping.size);
    close(socket_);
}

void Connection::serve() {
    while (true) {
        wire::Request request;
        int memory_fd = -1;
        if (!receive(request, memory_fd)) return;
        wire::Answer reply;
        const bool kept_the_rules = handle(request, memory_fd, reply);
        if (memory_fd >= 0) close(memory_fd);
        if (!kept_the_rules || !answer(reply)) return;
    }
}

bool Connection::receive(wire::Request& request, int& memory_fd) {
    std::array<std::byte, wire::kPacketBytesMax> packet{};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
    iovec part{packet.data(), packet.size()};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const ssize_t size = recvmsg(socket_, &message, MSG_CMSG_CLOEXEC);
    if (size <= 0) return false;
    const cmsghdr* header = CMSG_FIRSTHDR(&message);
    if (header != nullptr && header->cmsg_type == SCM_RIGHTS && header->cmsg_len == CMSG_LEN(sizeof(int)))
        std::memcpy(&memory_fd, CMSG_DATA(header), sizeof(int));
    if (wire::decode(Bytes(packet).first(static_cast<size_t>(size)), request)) return true;
    if (memory_fd >= 0) close(memory_fd);
    return false;
}

bool Connection::answer(const wire::Answer& reply) {
    std::array<std::byte, wire::kPacketBytesMax> packet{};
    Writer out(packet);
    encode(reply, out);
    return out.ok() && send(socket_, packet.data(), out.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(out.size());
}

bool Connection::handle(const wire::Request& request, int memory_fd, wire::Answer& reply) {
    switch (request.kind) {
    case wire::Kind::ping: return true;
    case wire::Kind::open_session: open(request, reply); return true;
    case wire::Kind::invoke: invoke(request, reply); return true;
    case wire::Kind::close_session:
        if (sessions_.erase(request.number) != 0) tee_.close_session(request.number);
        return true;
    case wire::Kind::share: return share(request, memory_fd, reply);
    case wire::Kind::release:
        if (const auto found = memory_.find(request.number); found != memory_.end()) {
            munmap(found->second.address, found->second.size);
            memory_.erase(found);
        }
        return true;
    case wire::Kind::counters: count(reply); return true;
    }
    return false;
}

// A client that could shrink the memory would end this process with a SIGBUS: only sealed memory is mapped.
bool Connection::share(const wire::Request& request, int memory_fd, wire::Answer& reply) {
    struct stat info {};
    const int seals = memory_fd >= 0 ? fcntl(memory_fd, F_GET_SEALS) : -1;
    const bool acceptable = seals >= 0 && (seals & F_SEAL_SHRINK) != 0 && fstat(memory_fd, &info) == 0 &&
                            request.size > 0 && request.size <= wire::kSharedBytesMax &&
                            static_cast<uint64_t>(info.st_size) >= request.size &&
                            memory_.size() < wire::kBuffersMax;
    if (!acceptable) {
        reply.result = TEEC_ERROR_OUT_OF_MEMORY;
        reply.origin = TEEC_ORIGIN_COMMS;
        return true;
    }
    void* address = mmap(nullptr, request.size, PROT_READ | PROT_WRITE, MAP_SHARED, memory_fd, 0);
    if (address == MAP_FAILED) return false;
    reply.number = next_memory_++;
    memory_[reply.number] = {address, request.size};
    return true;
}

bool Connection::identity_for(const wire::Request& request, Identity& identity) const {
    identity.login = request.login;
    switch (request.login) {
    case TEEC_LOGIN_PUBLIC: return true;
    case TEEC_LOGIN_USER: identity.uuid = uuid_of_user(uid_); return true;
    case TEEC_LOGIN_GROUP:
        identity.uuid = uuid_of_group(request.gid);
        return request.gid == gid_ || std::find(groups_.begin(), groups_.end(), request.gid) != groups_.end();
    default: return false;
    }
}

bool Connection::to_params(const wire::Request& request, Params& params) const {
    params.types = request.types;
    for (size_t i = 0; i < request.params.size(); ++i) {
        const wire::WireParam& from = request.params[i];
        Param& to = params.values[i];
        to.a = from.a;
        to.b = from.b;
        if ((request.types >> (4 * i) & kMemrefBit) == 0 || from.buffer == 0) continue;
        const auto found = memory_.find(from.buffer);
        if (found == memory_.end() || from.offset > found->second.size ||
            from.size > found->second.size - from.offset)
            return false;
        to.buffer = static_cast<std::byte*>(found->second.address) + from.offset;
        to.size = from.size;
    }
    return true;
}

void Connection::open(const wire::Request& request, wire::Answer& reply) {
    Identity identity;
    Params params;
    reply.origin = TEEC_ORIGIN_COMMS;
    if (!identity_for(request, identity)) {
        reply.result = TEEC_ERROR_ACCESS_DENIED;
    } else if (!to_params(request, params)) {
        reply.result = TEEC_ERROR_BAD_PARAMETERS;
    } else {
        reply.result = tee_.open_session(request.ta, identity, params, &reply.number, &reply.origin);
        if (reply.result == TEEC_SUCCESS) sessions_.insert(reply.number);
    }
}

void Connection::invoke(const wire::Request& request, wire::Answer& reply) {
    Params params;
    reply.origin = TEEC_ORIGIN_COMMS;
    if (!sessions_.contains(request.number) || !to_params(request, params)) {
        reply.result = TEEC_ERROR_BAD_PARAMETERS;
        return;
    }
    reply.result = tee_.invoke(request.number, request.command, params, &reply.origin);
    for (size_t i = 0; i < reply.params.size(); ++i) {
        reply.params[i].a = params.values[i].a;
        reply.params[i].b = params.values[i].b;
        reply.params[i].size = params.values[i].size;
    }
}

void Connection::count(wire::Answer& reply) const {
    const Counters c = tee_.counters();
    reply.counters = {c.ta_open_session, c.ta_invoke,        c.storage_open,     c.storage_create,
                      c.storage_read,    c.storage_write,    c.storage_seek,     c.storage_truncate,
                      c.storage_rename,  c.storage_delete,   c.storage_enumerate};
}

}  // namespace festore::sim
