/* SPDX-License-Identifier: BSD-2-Clause
 * The probe's properties for OP-TEE's loader.
 */
#ifndef USER_TA_HEADER_DEFINES_H
#define USER_TA_HEADER_DEFINES_H

#include "probe.h"

#define TA_UUID PROBE_UUID
#define TA_FLAGS (TA_FLAG_SINGLE_INSTANCE | TA_FLAG_MULTI_SESSION)
#define TA_STACK_SIZE (16 * 1024)
/* One content, and two segments. */
#define TA_DATA_SIZE (PROBE_CONTENT_BYTES_MAX + 256 * 1024)
#define TA_VERSION "0"
#define TA_DESCRIPTION "festore's probe for measuring; it protects nothing"

#endif
