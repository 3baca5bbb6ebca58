// SPDX-License-Identifier: BSD-2-Clause
// One client of the simulated TEE's server: its sessions, its shared memory, and the loop that serves it. Used by one
// thread. What it owned is given back when it ends, whatever the client did; only the socket stays the owner's.
//
// What a client can do to the server is bounded: a packet is one request of sim/wire.h or ends the connection; sessions
// are looked up among the connection's own; memory is mapped only when the client cannot shrink it afterwards.
#pragma once
#include "sim/identity.h"
#include "sim/tee.h"
#include "sim/wire.h"
#include "sim/wire_socket.h"

#include <map>
#include <optional>
#include <set>

namespace festore::sim {

// The other end of a Unix socket as the kernel knows it from the moment it connected; nothing if the kernel will not say.
std::optional<Credentials> peer_of(int socket);

class Connection {
public:
    Connection(Tee& tee, int socket, Credentials peer);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    void serve();  // until the client goes or breaks the rules

private:
    struct Mapping {
        std::byte* address = nullptr;
        size_t size = 0;
    };
    void handle(const wire::Request& request, int memory, wire::Answer& answer);
    void open(const wire::Request& request, wire::Answer& answer);
    void invoke(const wire::Request& request, wire::Answer& answer);
    void share(const wire::Request& request, int memory, wire::Answer& answer);
    void release(uint32_t number);
    void count(wire::Answer& answer) const;
    bool params_of(const wire::Request& request, Params& params) const;

    Tee& tee_;
    int socket_;
    Credentials peer_;
    std::set<uint32_t> sessions_;
    std::map<uint32_t, Mapping> memory_;
    uint32_t next_memory_ = 1;
};

}  // namespace festore::sim
