// SPDX-License-Identifier: BSD-2-Clause
// ChaCha20-Poly1305 (RFC 8439), which the TEE's own API does not have: by the mbedTLS of OP-TEE's TA dev kit, and by the
// system's on the host. A kit without it gives a TA that serves stores with AES-256-GCM only. Nothing is kept from one call
// to the next. Buffers are TA memory and do not overlap.
#pragma once
#include "engine/crypto.h"

namespace festore::ta {

[[nodiscard]] bool has_chacha20_poly1305();
// not_supported where it is not there.
Status chacha20_poly1305_seal(const engine::AeadParameters& p, Bytes plain, MutableBytes sealed, engine::Tag& tag);
// security: not authentic; `plain` then holds nothing of use.
Status chacha20_poly1305_open(const engine::AeadParameters& p, Bytes sealed, const engine::Tag& tag, MutableBytes plain);

}  // namespace festore::ta
