// SPDX-License-Identifier: BSD-2-Clause
// A connection to the simulated TEE's server, and memory shared with it. Its owner holds `lock` around every member
// function but connect_and_start().
#pragma once
#include "sim/wire.h"

#include <mutex>

namespace festore::sim {

struct SharedBuffer {
    uint32_t number = 0;  // by which the server knows it
    void* memory = nullptr;
    size_t size = 0;
    void* shadow_of = nullptr;  // the caller's own buffer that this one stands for, if any
};

class SocketClient {
public:
    SocketClient() = default;
    ~SocketClient();
    SocketClient(const SocketClient&) = delete;
    SocketClient& operator=(const SocketClient&) = delete;

    // Connects to the server, and starts one where none listens. False: neither works; why is on stderr.
    bool connect_and_start();
    // One request and its answer. False, and the answer says communication error, when the connection has broken.
    bool ask(const wire::Request& request, int memory_fd, wire::Answer& answer);
    bool share(size_t size, SharedBuffer& buffer);
    void release(SharedBuffer& buffer);
    // A buffer of at least that size for what is copied; the same one again at the next call.
    bool scratch(size_t size, SharedBuffer*& buffer);

    std::mutex lock;

private:
    int socket_ = -1;
    SharedBuffer scratch_;
};

}  // namespace festore::sim
