/* SPDX-License-Identifier: BSD-2-Clause
 * OP-TEE's extensions to the Internal Core API: festore's TA includes this header but uses none of them.
 */
#pragma once
#include "tee_internal_api.h"
