// SPDX-License-Identifier: BSD-2-Clause
// The simulated TEE as one process that serves all users of a machine through a socket. It tells users apart by the
// socket's peer credentials, as the kernel does for a real TEE, and maps their shared memory, so that a client really can
// change it under the TA. A client that breaks the rules loses its connection; others notice nothing.
#pragma once
#include "sim/tee.h"

#include <chrono>
#include <span>

namespace festore::sim {

struct ServerConfig {
    std::filesystem::path directory;  // socket, lock and storage/ are in here
    std::chrono::seconds idle{10};    // without a connection for so long, it ends; 0: never
    Config tee;                       // its directory is set to <directory>/storage
};

// Serves until idle or told to end by SIGTERM or SIGINT. 0: served, or another process serves this directory already.
int run_server(const ServerConfig& config, std::span<const TaImage> images);

// The program: options, then run_server().
int sim_teed_main(int argc, char** argv, std::span<const TaImage> images);

}  // namespace festore::sim
