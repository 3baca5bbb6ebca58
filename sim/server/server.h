// SPDX-License-Identifier: BSD-2-Clause
// The simulated TEE as one process that serves all users of a machine through a socket. It tells users apart by the
// socket's peer credentials, as the kernel does for a real TEE, and maps their shared memory, so that a client really can
// change it under the TA. A client that breaks the rules loses its connection; others notice nothing. A TA that panics
// loses its instance; a TA that crashes takes the server with it, and every client then sees a communication error.
//
// In its directory: `socket` (mode 0666), `lock` (held as long as it serves: one server a directory), `log` (standard
// error of a detached server), storage/ (the trusted storages). It ends when idle, when told to by SIGTERM or SIGINT, and
// when its socket is not there any more and no client is left.
#pragma once
#include "sim/tee.h"

#include <chrono>
#include <functional>
#include <span>

namespace festore::sim {

inline constexpr size_t kConnectionsMax = 256;
inline constexpr size_t kConnectionsPerUserMax = 96;

struct ServerConfig {
    std::filesystem::path directory;
    std::chrono::seconds idle{10};       // without a connection for so long, it ends; 0: never
    Config tee;                          // its directory is set to <directory>/storage
    std::function<void()> on_listening;  // called once clients can connect
};

// Serves until the end. 0: served, or another process serves this directory already; 1: cannot, the reason is on standard
// error. One call at a time in a process: it takes SIGTERM, SIGINT and SIGPIPE for itself.
int run_server(const ServerConfig& config, std::span<const TaImage> images);

// The program festore-sim-teed: its options, then run_server().
int sim_teed_main(int argc, char** argv, std::span<const TaImage> images);

}  // namespace festore::sim
