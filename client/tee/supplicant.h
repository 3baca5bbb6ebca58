// SPDX-License-Identifier: BSD-2-Clause
// Whether a process serves the TEE's requests in the normal world: without tee-supplicant OP-TEE waits forever. Looks in /proc only.
// `root` is the prefix of every path: "" for the running system. Thread safety: any thread.
#pragma once
#include <optional>
#include <string>

namespace festore {

enum class SupplicantSeen {
    runs,
    missing,  // no process has that name or, where the caller may see that, the supplicant's device open
    unknown,  // other users' processes are hidden from here
};
SupplicantSeen look_for_supplicant(const std::string& root = "");

inline constexpr const char* kSupplicantName = "tee-supplicant";

// Of a process, by its folder in /proc.
bool is_dead_process(const std::string& process);  // a zombie, or ending
// Nothing if the caller may not see that.
std::optional<bool> has_supplicants_device_open(const std::string& process);
// By a PID namespace other than the initial one, or by /proc's option hidepid.
bool processes_are_hidden(const std::string& root, bool privileged);

}  // namespace festore
