// SPDX-License-Identifier: BSD-2-Clause
// festore's TA compiled for the host, as the simulated TEE loads it.
#pragma once
#include "sim/tee.h"

namespace festore::ta {
const sim::TaImage& host_image();
}
