// SPDX-License-Identifier: BSD-2-Clause
// One client of the simulated TEE's server: its sessions, its shared memory, and the loop that serves it. Lives on a thread
// of its own; what it owned is given back when it ends.
#pragma once
#include "sim/tee.h"
#include "sim/wire.h"

#include <map>
#include <set>
#include <sys/types.h>
#include <vector>

namespace festore::sim {

class Connection {
public:
    Connection(Tee& tee, int socket);  // owns the socket
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    void serve();  // until the client goes or breaks the rules

private:
    struct Mapping {
        void* address = nullptr;
        size_t size = 0;
    };
    bool receive(wire::Request& request, int& memory_fd);
    bool answer(const wire::Answer& answer);
    bool handle(const wire::Request& request, int memory_fd, wire::Answer& answer);
    bool identity_for(const wire::Request& request, Identity& identity) const;
    bool to_params(const wire::Request& request, Params& params) const;
    bool share(const wire::Request& request, int memory_fd, wire::Answer& answer);
    void open(const wire::Request& request, wire::Answer& answer);
    void invoke(const wire::Request& request, wire::Answer& answer);
    void count(wire::Answer& answer) const;

    Tee& tee_;
    int socket_;
    uid_t uid_ = 0;
    gid_t gid_ = 0;
    std::vector<gid_t> groups_;
    std::set<uint32_t> sessions_;
    std::map<uint32_t, Mapping> memory_;
    uint32_t next_memory_ = 1;
};

}  // namespace festore::sim
