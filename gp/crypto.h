// SPDX-License-Identifier: BSD-2-Clause
// One-shot digests and MACs by the TEE's own implementation (TEE Internal Core API 1.3, chapter 6). A TEE built without
// an algorithm answers not_supported.
#pragma once
#include "base/bytes.h"
#include "gp/tee.h"

#include <initializer_list>

namespace festore::gp {

using Sha1Digest = std::array<std::byte, 20>;
using Sha256Digest = std::array<std::byte, 32>;

// Over the concatenation of the parts. SHA-1 only names things here (RFC 9562 UUIDs); it protects nothing.
Result<Sha1Digest> sha1(std::initializer_list<Bytes> parts);
// `key`: 24 to 128 bytes (what OP-TEE takes for TEE_TYPE_HMAC_SHA256).
Result<Sha256Digest> hmac_sha256(Bytes key, std::initializer_list<Bytes> parts);

}  // namespace festore::gp
