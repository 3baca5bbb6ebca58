/* SPDX-License-Identifier: BSD-2-Clause
 * The TA's trace messages. The simulated TEE prints them to stderr if the environment has FESTORE_SIM_TRACE.
 */
#ifndef FESTORE_SIM_TRACE_H
#define FESTORE_SIM_TRACE_H
#ifdef __cplusplus
extern "C" {
#endif
void festore_sim_trace(char level, const char* function, int line, const char* format, ...)
    __attribute__((format(printf, 4, 5)));
#ifdef __cplusplus
}
#endif
#define EMSG(...) festore_sim_trace('E', __func__, __LINE__, __VA_ARGS__)
#define IMSG(...) festore_sim_trace('I', __func__, __LINE__, __VA_ARGS__)
#define DMSG(...) festore_sim_trace('D', __func__, __LINE__, __VA_ARGS__)
#define FMSG(...) festore_sim_trace('F', __func__, __LINE__, __VA_ARGS__)
#endif
