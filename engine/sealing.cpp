// SPDX-License-Identifier: BSD-2-Clause
#include "engine/sealing.h"

namespace festore::engine {
namespace {

constexpr std::string_view kMagic = "FSPG";
using Associated = std::array<std::byte, 40>;

Associated associated_data(const PageContext& context, PageKind kind, uint32_t page) {
    Associated bytes{};
    Writer out(bytes);
    out.bytes(bytes_of(kMagic));
    out.u8(kFormatMajor);
    out.u8(static_cast<uint8_t>(context.cipher));
    out.u8(static_cast<uint8_t>(kind));
    out.u8(0);
    out.bytes(context.store_id);
    out.u64(context.epoch);
    out.u32(page);
    out.u32(0);
    return bytes;
}

}  // namespace

Outcome<Nonce> make_page_nonce(Crypto& crypto, const StoreKeys& keys, uint64_t epoch, uint64_t generation, uint32_t page,
                               Bytes plain) {
    std::array<std::byte, 36> head{};
    FESTORE_CHECK(crypto.random(MutableBytes(head).last(16)));
    Writer out(head);
    out.u64(epoch);
    out.u64(generation);
    out.u32(page);
    Mac mac{};
    FESTORE_CHECK(crypto.hmac(keys.nonce.expose(), {head, plain}, mac));
    Nonce nonce{};
    copy_bytes(Bytes(mac).first(nonce.size()), nonce);
    return nonce;
}

Outcome<PageRef> seal_page(Crypto& crypto, const StoreKeys& keys, const PageContext& context, PageKind kind,
                           uint32_t page, uint64_t generation, const PageBytes& plain, PageBytes& sealed) {
    PageRef ref;
    ref.page = page;
    ref.nonce = FESTORE_TRY(make_page_nonce(crypto, keys, context.epoch, generation, page, plain));
    const Associated associated = associated_data(context, kind, page);
    FESTORE_CHECK(crypto.seal({context.cipher, keys.page.expose(), ref.nonce, associated}, plain, sealed, ref.tag));
    return ref;
}

Status open_page(Crypto& crypto, const StoreKeys& keys, const PageContext& context, PageKind kind, const PageRef& ref,
                 const PageBytes& sealed, PageBytes& plain) {
    const Associated associated = associated_data(context, kind, ref.page);
    return crypto.open({context.cipher, keys.page.expose(), ref.nonce, associated}, sealed, ref.tag, plain);
}

}  // namespace festore::engine
