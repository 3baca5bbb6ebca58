// SPDX-License-Identifier: BSD-2-Clause
// One client of the simulated TEE's server: its sessions, its shared memory, and the loop that serves it. Used by one
// thread. At the end it releases all that it owns, whatever the client did; the socket belongs to the caller.
//
// What a client can do to the server is bounded: a packet that is not one request of sim/teec/wire.h ends the connection; sessions
// are looked up only among those of the connection; memory is mapped only if the client cannot shrink it afterwards.
#pragma once
#include "sim/identity.h"
#include "sim/tee.h"
#include "sim/teec/wire.h"
#include "sim/teec/wire_socket.h"

#include <map>
#include <optional>
#include <set>

namespace festore::sim {

// The credentials of the other end of a Unix socket, as they were when it connected; nothing if the kernel does not give them.
std::optional<Credentials> peer_of(int socket);

class Connection {
public:
    Connection(Tee& tee, int socket, Credentials peer);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    void serve();  // until the client disconnects or breaks the rules

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
