// SPDX-License-Identifier: BSD-2-Clause
#include "engine/recovery.h"

#include <algorithm>

namespace festore::engine {
namespace {

constexpr std::string_view kMagic = "FSRC";
constexpr std::string_view kSealLabel = "festore recovery key 1";
constexpr std::string_view kNonceLabel = "festore recovery nonce 1";
constexpr size_t kHeaderBytes = 24;

struct RecoveryKeys {
    Mac seal{};
    Mac nonce{};
    RecoveryKeys() = default;
    RecoveryKeys(const RecoveryKeys&) = delete;
    ~RecoveryKeys() {
        wipe(seal);
        wipe(nonce);
    }
    Status derive(Crypto& crypto, Bytes device_key, Bytes store_id) {
        FESTORE_CHECK(crypto.hmac(device_key, {bytes_of(kSealLabel), store_id}, seal));
        return crypto.hmac(device_key, {bytes_of(kNonceLabel), store_id}, nonce);
    }
};

}  // namespace

Status seal_recovery_copy(Crypto& crypto, Bytes device_key, const RootRecord& record, PageBytes& slot) {
    RecoveryKeys keys;
    FESTORE_CHECK(keys.derive(crypto, device_key, record.store_id));
    SecretBytes<kRootRecordBytes> plain;
    RootRecordBytes encoded{};
    encode(record, encoded);
    copy_bytes(encoded, plain.fill());
    wipe(encoded);

    // A nonce as of a page (rule 13): the record decides it as much as the random bytes do.
    std::array<std::byte, 16> random{};
    FESTORE_CHECK(crypto.random(random));
    Mac mac{};
    FESTORE_CHECK(crypto.hmac(keys.nonce, {random, plain.expose()}, mac));
    const Bytes nonce = Bytes(mac).first(kNonceBytes);

    slot.fill(std::byte{0});
    Writer out(slot);
    out.bytes(bytes_of(kMagic));
    out.u8(kFormatMajor);
    out.u8(kFormatMinor);
    out.u8(static_cast<uint8_t>(record.cipher));
    out.u8(0);
    out.bytes(record.store_id);
    const Bytes header = Bytes(slot).first(kHeaderBytes);
    Tag tag{};
    const MutableBytes sealed = MutableBytes(slot).subspan(kHeaderBytes + kNonceBytes + kTagBytes, kRootRecordBytes);
    FESTORE_CHECK(crypto.seal({record.cipher, keys.seal, nonce, header}, plain.expose(), sealed, tag));
    out.bytes(nonce);
    out.bytes(tag);
    return {};
}

Result<RootRecord> open_recovery_copy(Crypto& crypto, Bytes device_key, const PageBytes& slot) {
    if (std::all_of(slot.begin(), slot.end(), [](std::byte b) { return b == std::byte{0}; }))
        return fail(Code::item_not_found);
    Reader in(slot);
    const Bytes header = Bytes(slot).first(kHeaderBytes);
    const Bytes magic = in.bytes(kMagic.size());
    const uint8_t major = in.u8();
    const uint8_t minor = in.u8();
    const auto cipher = static_cast<Cipher>(in.u8());
    in.u8();
    const Bytes store_id = in.bytes(sizeof(StoreId));
    const Bytes nonce = in.bytes(kNonceBytes);
    Tag tag{};
    in.read_into(tag);
    const Bytes sealed = in.bytes(kRootRecordBytes);
    if (text_of(magic) != kMagic) return fail(Code::corrupt_object);
    if (major != kFormatMajor || minor > kFormatMinor) return fail(Code::not_supported);
    if (!in.ok() || !is_known(cipher)) return fail(Code::corrupt_object);
    // What follows the record is not authenticated, and so must be nothing.
    for (const std::byte b : in.rest()) {
        if (b != std::byte{0}) return fail(Code::corrupt_object);
    }
    RecoveryKeys keys;
    FESTORE_CHECK(keys.derive(crypto, device_key, store_id));
    SecretBytes<kRootRecordBytes> plain;
    const Status opened = crypto.open({cipher, keys.seal, nonce, header}, sealed, tag, plain.fill());
    if (!opened && opened.error().code == Code::security) return fail(Code::corrupt_object);
    FESTORE_CHECK(opened);
    const RootRecord record = FESTORE_TRY(decode_root_record(plain.expose()));
    if (!equal_constant_time(record.store_id, store_id) || record.cipher != cipher) return fail(Code::corrupt_object);
    return record;
}

}  // namespace festore::engine
