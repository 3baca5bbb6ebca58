/* SPDX-License-Identifier: BSD-2-Clause
 * The part of OP-TEE's system pseudo-TA that the simulated TEE models.
 */
#pragma once
#define PTA_SYSTEM_UUID { 0x3a2f8978, 0x5dc0, 0x11e8, { 0x9c, 0x2d, 0xfa, 0x7a, 0xe0, 0x1b, 0xbe, 0xbc } }
/* [in] memref: extra data; [out] memref: a key of 16 to 32 bytes, in the TA's own memory */
#define PTA_SYSTEM_DERIVE_TA_UNIQUE_KEY 1
#define TA_DERIVED_KEY_MIN_SIZE 16
#define TA_DERIVED_KEY_MAX_SIZE 32
#define TA_DERIVED_EXTRA_DATA_MAX_SIZE 1024
