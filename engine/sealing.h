// SPDX-License-Identifier: BSD-2-Clause
// Sealing and opening of single pages: associated data and nonces (rules 13 and 16). Not thread safe.
#pragma once
#include "engine/keys.h"

namespace festore::engine {

// What a page belongs to.
struct PageContext {
    StoreId store_id{};
    uint64_t epoch = 0;
    Cipher cipher = Cipher::aes_256_gcm;
};

// The first 12 bytes of HMAC(nonce key, epoch ‖ generation ‖ page ‖ 16 random bytes ‖ plain): two different pages
// get the same nonce under one key only by a collision of HMAC, whatever the random source gives.
Outcome<Nonce> make_page_nonce(Crypto& crypto, const StoreKeys& keys, uint64_t epoch, uint64_t generation, uint32_t page,
                               Bytes plain);

// Seals `plain` for this page number into `sealed` (no overlap). Returns the reference that the parent must hold.
Outcome<PageRef> seal_page(Crypto& crypto, const StoreKeys& keys, const PageContext& context, PageKind kind,
                           uint32_t page, uint64_t generation, const PageBytes& plain, PageBytes& sealed);

// Code::security: `sealed` is not the page that `ref` refers to.
Status open_page(Crypto& crypto, const StoreKeys& keys, const PageContext& context, PageKind kind, const PageRef& ref,
                 const PageBytes& sealed, PageBytes& plain);

}  // namespace festore::engine
