// SPDX-License-Identifier: BSD-2-Clause
// Who signed a TA file (OP-TEE's struct shdr: header, hash, signature, image).
#pragma once
#include <string>

namespace festore::cli {

enum class TaSigner {
    not_readable,    // no such file, or no signed TA
    public_default,  // the key that comes with OP-TEE's sources: anybody can sign with it
    another,
};

TaSigner signer_of(const std::string& ta_file);

}  // namespace festore::cli
