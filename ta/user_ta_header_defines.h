/* SPDX-License-Identifier: BSD-2-Clause
 * The TA's header for OP-TEE's loader. The host build reads it too.
 */
#ifndef USER_TA_HEADER_DEFINES_H
#define USER_TA_HEADER_DEFINES_H

/* protocol::kTaUuid: ta/host/image.cpp asserts that they agree. */
#define TA_UUID { 0xb7e89fc1, 0x5044, 0x431e, { 0xb4, 0xc5, 0x9f, 0xb6, 0xae, 0x25, 0x64, 0x23 } }

/* One instance for all sessions: two would conflict over the same objects. Not kept alive: an upgraded TA file takes
 * effect when the last session ends (docs/decisions/0002-instance-not-kept-alive.md). */
#define TA_FLAGS (TA_FLAG_SINGLE_INSTANCE | TA_FLAG_MULTI_SESSION)

#define TA_STACK_SIZE (16 * 1024)  /* limits::kTaStackBytes */
#define TA_DATA_SIZE (1536 * 1024) /* limits::kTaHeapBytes */

#define TA_VERSION "0.1.0"
#define TA_DESCRIPTION "festore: secure storage of files"

#endif
