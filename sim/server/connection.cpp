// SPDX-License-Identifier: BSD-2-Clause
#include "sim/server/connection.h"

#include "base/tee_client_api.h"
#include "sim/server/counters.h"

#include <cerrno>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

namespace festore::sim {
namespace {

constexpr uint32_t kMemref = 4;  // set in the types of memory references

void give_back(const Params& params, wire::Answer& answer) {
    for (size_t i = 0; i < answer.params.size(); ++i) {
        const Param& p = params.values[i];
        answer.params[i] = {p.a, p.b, 0, 0, p.size};
    }
}

// Whether all pages of the memory, once mapped, stay readable whatever its owner does. That holds for a sealed memfd of ordinary
// pages. Huge pages may be unavailable when they are touched, and the process that touches them then dies of SIGBUS.
bool stays_readable(int memory, uint64_t size) {
    constexpr int kSeals = F_SEAL_SHRINK | F_SEAL_GROW;
    struct stat info {};
    struct statfs system {};
    const int seals = fcntl(memory, F_GET_SEALS);
    return seals >= 0 && (seals & kSeals) == kSeals && fstat(memory, &info) == 0 &&
           static_cast<uint64_t>(info.st_size) >= size && fstatfs(memory, &system) == 0 && system.f_type == TMPFS_MAGIC;
}

}  // namespace

std::optional<Credentials> peer_of(int socket) {
    ucred peer{};
    socklen_t size = sizeof peer;
    if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return std::nullopt;
    Credentials c{peer.uid, peer.gid, std::vector<gid_t>(64)};
    while (true) {
        size = static_cast<socklen_t>(c.groups.size() * sizeof(gid_t));
        const bool known = getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, c.groups.data(), &size) == 0;
        const int why = errno;
        const size_t count = size / sizeof(gid_t);
        if (!known && (why != ERANGE || count <= c.groups.size())) return std::nullopt;
        c.groups.resize(count);
        if (known) return c;
    }
}

Connection::Connection(Tee& tee, int socket, Credentials peer) : tee_(tee), socket_(socket), peer_(std::move(peer)) {}

Connection::~Connection() {
    for (const uint32_t session : sessions_) tee_.close_session(session);
    for (const auto& [number, mapping] : memory_) munmap(mapping.address, mapping.size);
}

void Connection::serve() {
    while (true) {
        wire::Request request;
        wire::Answer answer;
        UniqueFd memory;
        if (!receive_message(socket_, request, memory)) return;
        handle(request, memory.get(), answer);
        if (!send_message(socket_, answer)) return;
    }
}

void Connection::handle(const wire::Request& request, int memory, wire::Answer& answer) {
    switch (request.kind) {
    case wire::Kind::open_session: return open(request, answer);
    case wire::Kind::invoke: return invoke(request, answer);
    case wire::Kind::close_session:
        if (sessions_.erase(request.number) != 0) tee_.close_session(request.number);
        return;
    case wire::Kind::share: return share(request, memory, answer);
    case wire::Kind::release: return release(request.number);
    case wire::Kind::counters: return count(answer);
    }
}

void Connection::share(const wire::Request& request, int memory, wire::Answer& answer) {
    answer.origin = TEEC_ORIGIN_COMMS;
    answer.result = TEEC_ERROR_BAD_PARAMETERS;
    if (memory < 0 || request.size == 0 || !stays_readable(memory, request.size)) return;
    answer.result = TEEC_ERROR_OUT_OF_MEMORY;
    if (request.size > wire::kSharedBytesMax || memory_.size() >= wire::kBuffersMax) return;
    void* address = mmap(nullptr, request.size, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
    if (address == MAP_FAILED) return;
    answer.result = TEEC_SUCCESS;
    answer.number = next_memory_;
    memory_[next_memory_] = {static_cast<std::byte*>(address), request.size};
    do {
        ++next_memory_;
    } while (next_memory_ == 0 || memory_.contains(next_memory_));
}

void Connection::release(uint32_t number) {
    const auto found = memory_.find(number);
    if (found == memory_.end()) return;
    munmap(found->second.address, found->second.size);
    memory_.erase(found);
}

bool Connection::params_of(const wire::Request& request, Params& params) const {
    params.types = request.types;
    for (size_t i = 0; i < request.params.size(); ++i) {
        const wire::WireParam& from = request.params[i];
        Param& to = params.values[i];
        if ((request.types >> (4 * i) & kMemref) == 0) {
            to.a = from.a;
            to.b = from.b;
        } else if (from.buffer != 0) {
            const auto found = memory_.find(from.buffer);
            if (found == memory_.end()) return false;
            const Mapping& mapping = found->second;
            if (from.offset > mapping.size || from.size > mapping.size - from.offset) return false;
            to.buffer = mapping.address + from.offset;
            to.size = from.size;
        } else if (from.size != 0) {
            return false;  // a null reference must have no size
        }
    }
    return true;
}

void Connection::open(const wire::Request& request, wire::Answer& answer) {
    const std::optional<gid_t> group = request.has_group != 0 ? std::optional<gid_t>(request.group) : std::nullopt;
    const std::optional<Identity> identity = identity_of_login(request.login, group, peer_);
    Params params;
    answer.origin = TEEC_ORIGIN_COMMS;
    if (!identity) {
        answer.result = TEEC_ERROR_ACCESS_DENIED;
    } else if (!params_of(request, params)) {
        answer.result = TEEC_ERROR_BAD_PARAMETERS;
    } else {
        answer.result = tee_.open_session(request.ta, *identity, params, &answer.number, &answer.origin);
        if (answer.result == TEEC_SUCCESS) sessions_.insert(answer.number);
        give_back(params, answer);
    }
}

void Connection::invoke(const wire::Request& request, wire::Answer& answer) {
    Params params;
    answer.origin = TEEC_ORIGIN_COMMS;
    if (!sessions_.contains(request.number) || !params_of(request, params)) {
        answer.result = TEEC_ERROR_BAD_PARAMETERS;
        return;
    }
    answer.result = tee_.invoke(request.number, request.command, params, &answer.origin);
    give_back(params, answer);
}

void Connection::count(wire::Answer& answer) const {
    answer.number = static_cast<uint32_t>(getpid());
    answer.counters = to_wire(tee_.counters());
}

}  // namespace festore::sim
