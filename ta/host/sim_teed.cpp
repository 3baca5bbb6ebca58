// SPDX-License-Identifier: BSD-2-Clause
// The simulated TEE's server with festore's TA installed.
#include "sim/server/server.h"
#include "ta/host/image.h"

int main(int argc, char** argv) {
    return festore::sim::sim_teed_main(argc, argv, std::span(&festore::ta::host_image(), 1));
}
