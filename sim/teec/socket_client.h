// SPDX-License-Identifier: BSD-2-Clause
// A connection to the simulated TEE's server, and memory shared with it. The owner holds `lock` during every member
// function except connect(). A broken connection stays broken: every call then gives TEEC_ERROR_COMMUNICATION.
// It belongs to the process that made it: in a forked child its calls give that error too, and do not touch the parent's connection.
#pragma once
#include "base/tee_client_api.h"
#include "sim/teec/wire.h"
#include "sim/teec/wire_socket.h"

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

    // Connects to the server of server_directory(), and starts it if needed. After an error the reason is on standard error.
    TEEC_Result connect();
    // Sends one request and receives its answer. False if the connection has broken; the answer then says communication error.
    bool ask(const wire::Request& request, int memory_fd, wire::Answer& answer);
    // At least one byte, at most wire::kSharedBytesMax.
    TEEC_Result share(size_t size, SharedBuffer& buffer);
    void release(SharedBuffer& buffer);
    // A buffer of at least that size for copies; the next call uses the same buffer again.
    TEEC_Result scratch(size_t size, SharedBuffer*& buffer);

    std::mutex lock;

private:
    UniqueFd socket_;
    pid_t owner_ = 0;
    SharedBuffer scratch_;
};

}  // namespace festore::sim
