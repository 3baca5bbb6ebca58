// SPDX-License-Identifier: BSD-2-Clause
// Whether somebody serves the TEE's requests in the normal world: without tee-supplicant OP-TEE waits for ever. Looks in /proc only.
// `root` stands before every path: "" for the running system. Thread safety: any thread.
#pragma once
#include <optional>
#include <string>

namespace festore {

enum class SupplicantSeen {
    runs,
    missing,  // no process has that name, nor, as far as the caller may see it, the device open through which one serves
    unknown,  // other users' processes are hidden from here
};
SupplicantSeen look_for_supplicant(const std::string& root = "");

inline constexpr const char* kSupplicantName = "tee-supplicant";

// Of a process, by its folder in /proc.
bool is_dead_process(const std::string& process);  // a zombie, or ending
// Nothing where that may not be seen.
std::optional<bool> has_supplicants_device_open(const std::string& process);
// By a PID namespace of our own, or by /proc's option hidepid.
bool processes_are_hidden(const std::string& root, bool privileged);

}  // namespace festore
