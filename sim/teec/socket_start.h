// SPDX-License-Identifier: BSD-2-Clause
// Where the simulated TEE's server is, and how it is started on demand.
//
// Directory: $FESTORE_SIM_DIR, else $XDG_RUNTIME_DIR/festore-sim, else /tmp/festore-sim-UID. Other users of the machine
// can reach a server in the first and, if they know its name, in the last; a runtime directory is closed to them. A user who starts
// a server must be able to write there: for users who cannot, start it beforehand (festore-sim-teed --detach --idle 0).
// Program: $FESTORE_SIM_TEED, else ../bin/festore-sim-teed relative to the directory of the library that this code is linked into;
// $FESTORE_SIM_OPTIONS are more options for it, separated by blanks.
//
// Thread safety: all functions may be called from several threads and processes at once; the result is one server.
#pragma once
#include "sim/teec/wire.h"
#include "sim/teec/wire_socket.h"

#include <filesystem>
#include <string>

namespace festore::sim {

std::filesystem::path server_directory();

enum class Reached { yes, absent, busy, failed };
// Connects to the server of that directory and waits for its welcome. absent: no server listens, or it is just ending.
// failed: `why` says what is wrong.
Reached connect_to_server(const std::filesystem::path& directory, UniqueFd& socket, std::string& why);

// The same for server_directory(), but starts the server if there is none. Never `absent`.
Reached connect_or_start(UniqueFd& socket, std::string& why);

}  // namespace festore::sim
