// SPDX-License-Identifier: BSD-2-Clause
// The kernel's flags for the memory at an address, from /proc/self/smaps.
#pragma once
#include <cstdint>
#include <fstream>
#include <sstream>
#include <string>

namespace festore {

// The flags of the mapping, each between blanks: " dd ": not in core dumps; " lo ": locked. Empty if unknown.
inline std::string memory_flags(const void* address) {
    std::ifstream maps("/proc/self/smaps");
    bool inside = false;
    for (std::string line; std::getline(maps, line);) {
        std::istringstream words(line);
        uintptr_t begin = 0;
        uintptr_t end = 0;
        char dash = 0;
        if (words >> std::hex >> begin >> dash >> end && dash == '-')
            inside = reinterpret_cast<uintptr_t>(address) >= begin && reinterpret_cast<uintptr_t>(address) < end;
        else if (inside && line.starts_with("VmFlags:"))
            return line.substr(8) + " ";
    }
    return "";
}

inline bool is_kept_out_of_dumps(const void* address) { return memory_flags(address).find(" dd ") != std::string::npos; }
inline bool is_locked(const void* address) { return memory_flags(address).find(" lo ") != std::string::npos; }

}  // namespace festore
