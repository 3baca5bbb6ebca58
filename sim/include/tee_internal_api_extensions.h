/* SPDX-License-Identifier: BSD-2-Clause
 * OP-TEE's extensions to the Internal Core API: none that festore's TA uses but the header itself.
 */
#pragma once
#include "tee_internal_api.h"
