// SPDX-License-Identifier: BSD-2-Clause
// A connection to the simulated TEE's server, and memory shared with it. Its owner holds `lock` around every member
// function but connect(). Once the connection has broken it stays so: every call then gives TEEC_ERROR_COMMUNICATION.
// It belongs to the process that made it: in a forked child its calls give that error too, and leave the parent's alone.
#pragma once
#include "base/tee_client_api.h"
#include "sim/wire.h"
#include "sim/wire_socket.h"

#include <mutex>

namespace festore::sim {

// Memory that this process and the server have mapped. The server keeps it until release() or the connection's end.
struct SharedBuffer {
    uint32_t number = 0;  // by which the server knows it
    std::byte* memory = nullptr;
    size_t size = 0;
};

class SocketClient {
public:
    SocketClient() = default;
    ~SocketClient();
    SocketClient(const SocketClient&) = delete;
    SocketClient& operator=(const SocketClient&) = delete;

    // To the server of server_directory(), started if need be. Otherwise the error's reason goes to standard error.
    TEEC_Result connect();
    // One request and its answer. False, and the answer says communication error, when the connection has broken.
    bool ask(const wire::Request& request, int memory_fd, wire::Answer& answer);
    // At least one byte, at most wire::kSharedBytesMax.
    TEEC_Result share(size_t size, SharedBuffer& buffer);
    void release(SharedBuffer& buffer);
    // A buffer of at least that size for what is copied; the same one again at the next call.
    TEEC_Result scratch(size_t size, SharedBuffer*& buffer);

    std::mutex lock;

private:
    UniqueFd socket_;
    pid_t owner_ = 0;
    SharedBuffer scratch_;
};

}  // namespace festore::sim
