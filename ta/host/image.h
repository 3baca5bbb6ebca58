// SPDX-License-Identifier: BSD-2-Clause
// festore's TA compiled for the host, in the form that the simulated TEE loads.
#pragma once
#include "sim/tee.h"

namespace festore::ta {
const sim::TaImage& host_image();
}
