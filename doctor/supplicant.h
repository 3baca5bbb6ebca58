// SPDX-License-Identifier: BSD-2-Clause
// The process that serves the TEE's requests in the normal world, its options, and the device that provides the TEE's RPMB.
// Reads only.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace festore::doctor {

// The system to check; tests make their own.
struct System {
    std::string root;         // before every path: "" for the running system
    bool card = false;        // `root` is a mounted card: it may be hostile, and its links lead nowhere outside of it
    bool privileged = false;  // may see what other users' processes have open
    std::string kernel_release;
    // statfs' type of the file system that a path (with `root`) is on.
    std::function<std::optional<uint64_t>(const std::string&)> file_system_type;

    // The place on this machine of a path of the system. On a card its links are followed; "" if there is no such file.
    [[nodiscard]] std::string path(const std::string& inside) const;

    static System running();
    static System of_card(const std::string& root);
};

struct Supplicant {
    enum class State {
        serves,   // has the TEE's private device open
        named,    // a process of that name is there; only root could see whether it serves
        missing,  // no process serves
        hidden,   // other users' processes cannot be seen from here
    };
    State state = State::missing;
    std::string name;   // of the process
    std::string idle;   // the id of a process named tee-supplicant that does not serve; else ""
    std::string storage;                  // where it keeps the TEE's files, by its options; "" for its built-in folder
    std::vector<std::string> ta_folders;  // where it looks for TAs, in this order
    std::optional<bool> emulates_rpmb;    // by its program; none if that is not known
};

Supplicant find_supplicant(const System& system);
// A supplicant that was not seen running, with its default options.
Supplicant usual_supplicant();

enum class RpmbDevice {
    none,      // there is no device
    emulated,  // there may be one, but tee-supplicant emulates another one in its memory
    unproven,  // there is one; only root could see whether it is the one that answers
    present,   // there is one, and the TEE's requests go there
};

RpmbDevice find_rpmb(const System& system, const Supplicant& supplicant);

// The content of a regular file, at most `bytes_max` of it; "" if it cannot be read or is not regular (a pipe would never end).
std::string text_of_file(const std::string& path, size_t bytes_max = 1 << 20);

}  // namespace festore::doctor
