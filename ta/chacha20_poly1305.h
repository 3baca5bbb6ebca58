// SPDX-License-Identifier: BSD-2-Clause
// ChaCha20-Poly1305 (RFC 8439), which the TEE's own API does not have: from the mbedTLS of OP-TEE's TA dev kit, and from the
// system's mbedTLS on the host. With a kit that lacks it, the TA serves only stores with AES-256-GCM. Nothing is kept from one
// call to the next. Buffers are TA memory and do not overlap.
#pragma once
#include "engine/crypto.h"

namespace festore::ta {

[[nodiscard]] bool has_chacha20_poly1305();
// not_supported if the kit lacks it.
Status chacha20_poly1305_seal(const engine::AeadParameters& p, Bytes plain, MutableBytes sealed, engine::Tag& tag);
// security: not authentic; the content of `plain` is then meaningless.
Status chacha20_poly1305_open(const engine::AeadParameters& p, Bytes sealed, const engine::Tag& tag, MutableBytes plain);

}  // namespace festore::ta
