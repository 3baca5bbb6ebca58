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
    not_a_ta,        // not a signed TA, or of a kind that OP-TEE does not know
    damaged,         // the hash in it is not that of header and image: OP-TEE refuses it
    cannot_tell,     // encrypted: its hash is of content that only the TEE can read
    public_default,  // the key that comes with OP-TEE's sources: anybody can sign with it
    not_default,     // anything else; only the TEE knows whether the signature is valid
};

TaSigner signer_of(const std::string& ta_file);

// The version in the TA file (CFG_TA_VERSION), by which OP-TEE refuses an older file. None: it was signed without a version, or is
// not a TA.
std::optional<uint32_t> version_of_ta(const std::string& ta_file);

}  // namespace festore::doctor
