// SPDX-License-Identifier: BSD-2-Clause
// The device node through which Linux offers the TEE.
#pragma once
#include <string>

namespace festore {

struct TeeDevice {
    std::string path;  // "" when there is none
    bool accessible = false;  // this process may open it for reading and writing
    std::string group;        // that owns it, by name or number
};

TeeDevice find_tee_device();

}  // namespace festore
