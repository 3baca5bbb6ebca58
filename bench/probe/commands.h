/* SPDX-License-Identifier: BSD-2-Clause
 * The probe's commands, grouped by file. Parameters as in probe.h; their types are already checked.
 */
#ifndef BENCH_COMMANDS_H
#define BENCH_COMMANDS_H

#include <tee_internal_api.h>

/* The state of a session. */
struct session {
    TEE_ObjectHandle held;
};

TEE_Result probe_put(TEE_Param params[4]);
TEE_Result probe_get(TEE_Param params[4]);
TEE_Result probe_remove(TEE_Param params[4]);
TEE_Result probe_hold(struct session *session, TEE_Param params[4]);
TEE_Result probe_write(struct session *session, TEE_Param params[4]);
TEE_Result probe_seal(TEE_Param params[4]);
TEE_Result probe_open(TEE_Param params[4]);
/* Forgets the keys that sealing keeps from one call to the next. */
void forget_keys(void);

#endif
