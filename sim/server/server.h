// SPDX-License-Identifier: BSD-2-Clause
// The simulated TEE as one process that serves all users of a machine through a socket. It distinguishes users by the
// socket's peer credentials, as the kernel does for a real TEE, and maps their shared memory, so a client really can
// change it while the TA uses it. A client that breaks the rules loses its connection; other clients are not affected. A TA that
// panics loses its instance; a TA that crashes ends the server, and every client then gets a communication error.
//
// In its directory: `socket` (mode 0666), `lock` (held as long as it serves: one server per directory), `log` (standard
// error of a detached server), storage/ (the trusted storages). It ends when it is idle, at SIGTERM or SIGINT, and
// when its socket no longer exists and no client is connected.
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
    std::chrono::seconds idle{10};       // it ends after this time without a connection; 0: never
    Config tee;                          // its directory is set to <directory>/storage
    std::function<void()> on_listening;  // called once clients can connect
};

// Serves until the server ends. 0: served, or another process already serves this directory; 1: cannot serve, the reason is on
// standard error. Only one call at a time in a process, because it takes over SIGTERM, SIGINT and SIGPIPE.
int run_server(const ServerConfig& config, std::span<const TaImage> images);

// The program festore-sim-teed: its options, then run_server().
int sim_teed_main(int argc, char** argv, std::span<const TaImage> images);

}  // namespace festore::sim
