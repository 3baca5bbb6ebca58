// SPDX-License-Identifier: BSD-2-Clause
#include "client/files/lock_holder.h"

#include "client/errors.h"

#include <fstream>
#include <sstream>

namespace festore {
namespace {

// "MAJOR:MINOR:INODE", the first two hexadecimal.
bool is_of(const std::string& text, const Files::Information& file) {
    std::istringstream in(text);
    uint64_t major = 0;
    uint64_t minor = 0;
    uint64_t inode = 0;
    char first = 0;
    char second = 0;
    in >> std::hex >> major >> first >> minor >> second >> std::dec >> inode;
    return in && in.eof() && first == ':' && second == ':' && (major << 32 | minor) == file.device && inode == file.inode;
}

}  // namespace

// "1: FLOCK  ADVISORY  WRITE 123 fe:00:4711 0 EOF"; "1: -> FLOCK ..." is a process that waits.
std::optional<long> lock_holder_in(std::istream& locks, const Files::Information& file) {
    for (std::string line; std::getline(locks, line);) {
        std::istringstream in(line);
        std::string number, kind, advisory, access, place;
        long process = 0;
        if (!(in >> number >> kind >> advisory >> access >> process >> place) || kind != "FLOCK" || !is_of(place, file)) continue;
        if (process > 0) return process;
    }
    return std::nullopt;
}

std::string lock_holder_text(const Files::Information& file) {
    std::ifstream locks("/proc/locks");
    const std::optional<long> process = lock_holder_in(locks, file);
    if (!process) return {};
    std::ifstream named("/proc/" + std::to_string(*process) + "/comm");
    std::string name;
    std::getline(named, name);
    return "process " + std::to_string(*process) + (name.empty() ? "" : ", " + quote(name));
}

}  // namespace festore
