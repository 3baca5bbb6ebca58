// SPDX-License-Identifier: BSD-2-Clause
// Who signed a TA file (OP-TEE's struct shdr: header, hash, signature, image).
#pragma once
#include <cstdint>
#include <optional>
#include <string>

namespace festore::doctor {

enum class TaSigner {
    not_there,
    not_readable,    // there, but the system does not let us read it
    not_a_ta,        // no signed TA, or of a kind that OP-TEE does not know
    damaged,         // the hash in it is not that of header and image: OP-TEE refuses it
    cannot_tell,     // encrypted: the hash is that of a content that only the TEE can read
    public_default,  // the key that comes with OP-TEE's sources: anybody can sign with it
    not_default,     // anything else. Whether the signature is good only the TEE knows
};

TaSigner signer_of(const std::string& ta_file);

// What the TA file says of its own version (CFG_TA_VERSION), by which OP-TEE refuses an older one. None: it is not signed together
// with one, or is no TA.
std::optional<uint32_t> version_of_ta(const std::string& ta_file);

}  // namespace festore::doctor
