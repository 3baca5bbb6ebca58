// SPDX-License-Identifier: BSD-2-Clause
#include "engine/records/recovery.h"

#include <algorithm>

namespace festore::engine {
namespace {

constexpr std::string_view kMagic = "FSRC";
constexpr std::string_view kSealLabel = "festore recovery key 1";
constexpr std::string_view kNonceLabel = "festore recovery nonce 1";
constexpr size_t kHeaderBytes = 24;
constexpr uint8_t kWithSecret = 1;
constexpr size_t kSealedBytes = kRootRecordBytes + sizeof(TableId) + 4 + 12;
constexpr size_t kSealedOffset = kHeaderBytes + kNonceBytes + kTagBytes;
static_assert(kSealedBytes == 288 && kSealedOffset + kSealedBytes <= limits::kPageBytes);

struct RecoveryKeys {
    Mac seal{};
    Mac nonce{};
    RecoveryKeys() = default;
    RecoveryKeys(const RecoveryKeys&) = delete;
    ~RecoveryKeys() {
        wipe(seal);
        wipe(nonce);
    }
    Status derive(Crypto& crypto, Bytes device_key, const CopySecret* secret, Bytes store_id) {
        const Bytes secret_bytes = secret == nullptr ? Bytes{} : secret->expose();
        FESTORE_CHECK(crypto.hmac(device_key, {bytes_of(kSealLabel), store_id, secret_bytes}, seal));
        return crypto.hmac(device_key, {bytes_of(kNonceLabel), store_id, secret_bytes}, nonce);
    }
};

struct SlotHeader {
    uint8_t minor = 0;
    Cipher cipher{};
    uint8_t flags = 0;
    Bytes store_id;
};

bool is_zero(Bytes bytes) {
    return std::all_of(bytes.begin(), bytes.end(), [](std::byte b) { return b == std::byte{0}; });
}

Outcome<SlotHeader> read_header(Bytes slot) {
    if (is_zero(slot)) return fail(Code::item_not_found);
    Reader in(slot);
    const Bytes magic = in.bytes(kMagic.size());
    const uint8_t major = in.u8();
    SlotHeader header;
    header.minor = in.u8();
    header.cipher = static_cast<Cipher>(in.u8());
    header.flags = in.u8();
    header.store_id = in.bytes(sizeof(StoreId));
    if (text_of(magic) != kMagic) return fail(Code::corrupt_object);
    if (major != kFormatMajor || header.minor > kFormatMinor) return fail(Code::not_supported);
    const uint8_t flags_known = header.minor == 0 ? 0 : kWithSecret;
    if (!is_known(header.cipher) || (header.flags & ~flags_known) != 0) return fail(Code::corrupt_object);
    return header;
}

// Decodes the sealed part.
Status decode(Bytes plain, RecoveryCopy& out) {
    Reader in(plain);
    // The Outcome holds a second copy of the record's secret, which is wiped here.
    Outcome<RootRecord> record = decode_root_record(in.bytes(kRootRecordBytes));
    FESTORE_CHECK(record);
    out.record = *record;
    wipe(record->secret);
    out.at.reset();
    if (plain.size() == kRootRecordBytes) return {};
    TablePlace at;
    in.read_into(at.table);
    at.place = in.u32();
    if (!in.ok() || !is_zero(in.rest())) return fail(Code::corrupt_object);
    // No table has an id of zeroes: the copy was made from one of format 1.0, and says no more than that one did.
    if (at.table != TableId{}) out.at = at;
    return {};
}

}  // namespace

Status seal_recovery_copy(Crypto& crypto, Bytes device_key, const CopySecret* secret, const RootRecord& record,
                          const TablePlace& at, PageBytes& slot) {
    RecoveryKeys keys;
    FESTORE_CHECK(keys.derive(crypto, device_key, secret, record.store_id));
    SecretBytes<kSealedBytes> plain;
    RootRecordBytes encoded{};
    encode(record, encoded);
    Writer plain_out(plain.fill());
    plain_out.bytes(encoded);
    plain_out.bytes(at.table);
    plain_out.u32(at.place);
    wipe(encoded);

    // The nonce is made like a page's (rule 13): it depends on the record as much as on the random bytes.
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
    out.u8(secret == nullptr ? 0 : kWithSecret);
    out.bytes(record.store_id);
    const Bytes header = Bytes(slot).first(kHeaderBytes);
    Tag tag{};
    const MutableBytes sealed = MutableBytes(slot).subspan(kSealedOffset, kSealedBytes);
    FESTORE_CHECK(crypto.seal({record.cipher, keys.seal, nonce, header}, plain.expose(), sealed, tag));
    out.bytes(nonce);
    out.bytes(tag);
    return {};
}

bool has_copy_secret(const PageBytes& slot) {
    const Outcome<SlotHeader> header = read_header(slot);
    return header && (header->flags & kWithSecret) != 0;
}

Status open_recovery_copy(Crypto& crypto, Bytes device_key, const CopySecret* secret, const PageBytes& slot, RecoveryCopy& out) {
    const SlotHeader header = FESTORE_TRY(read_header(slot));
    if ((header.flags & kWithSecret) == 0) secret = nullptr;
    else if (secret == nullptr) return fail(Code::bad_state);
    const size_t sealed_bytes = header.minor == 0 ? kRootRecordBytes : kSealedBytes;
    const Bytes nonce = Bytes(slot).subspan(kHeaderBytes, kNonceBytes);
    Tag tag{};
    copy_bytes(Bytes(slot).subspan(kHeaderBytes + kNonceBytes, kTagBytes), tag);
    const Bytes sealed = Bytes(slot).subspan(kSealedOffset, sealed_bytes);
    // The rest of the slot is not authenticated, so it must be zero.
    if (!is_zero(Bytes(slot).subspan(kSealedOffset + sealed_bytes))) return fail(Code::corrupt_object);
    RecoveryKeys keys;
    FESTORE_CHECK(keys.derive(crypto, device_key, secret, header.store_id));
    SecretBytes<kSealedBytes> plain;
    const Status opened = crypto.open({header.cipher, keys.seal, nonce, Bytes(slot).first(kHeaderBytes)}, sealed, tag,
                                      plain.fill().first(sealed_bytes));
    if (!opened && opened.error().code == Code::security) return fail(Code::corrupt_object);
    FESTORE_CHECK(opened);
    FESTORE_CHECK(decode(plain.expose().first(sealed_bytes), out));
    const RootRecord& record = out.record;
    if (!equal_constant_time(record.store_id, header.store_id) || record.cipher != header.cipher || record.minor != header.minor)
        return fail(Code::corrupt_object);
    return {};
}

}  // namespace festore::engine
