// SPDX-License-Identifier: BSD-2-Clause
#include "ree_fs/keys.h"

#include "ree_fs/crypto.h"

#include <algorithm>
#include <string_view>

namespace festore::ree_fs {
namespace {

// The index in TEE_UUID of each byte of a UUID's text. The mapping is its own inverse.
constexpr std::array<uint8_t, 16> kUuidOrder = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view kSpace = " \t\r\n";
    const size_t start = text.find_first_not_of(kSpace);
    if (start == std::string_view::npos) return {};
    return text.substr(start, text.find_last_not_of(kSpace) - start + 1);
}

}  // namespace

Outcome<Huk> Huk::from_bytes(Bytes raw) {
    if (raw.size() < kHukBytesMin || raw.size() > kHukBytesMax) return fail(Code::bad_format);
    Huk huk;
    copy_bytes(raw, huk.bytes_.fill());
    huk.size_ = raw.size();
    return huk;
}

Outcome<Huk> Huk::parse(Bytes file) {
    const bool all_digits = std::ranges::all_of(text_of(file), [](char c) { return hex_digit(c) >= 0; });
    if (file.size() == 16 || (file.size() == 32 && !all_digits)) return from_bytes(file);
    std::string_view text = trimmed(text_of(file));
    if (text.starts_with("0x") || text.starts_with("0X")) text.remove_prefix(2);
    if (text.size() % 2 != 0 || text.size() / 2 > kHukBytesMax) return fail(Code::bad_format);
    SecretBytes<kHukBytesMax> raw;
    for (size_t i = 0; i < text.size(); i += 2) {
        const int high = hex_digit(text[i]);
        const int low = hex_digit(text[i + 1]);
        if (high < 0 || low < 0) return fail(Code::bad_format);
        raw.fill()[i / 2] = static_cast<std::byte>(high << 4 | low);
    }
    return from_bytes(raw.expose().first(text.size() / 2));
}

const char* name_of(Derivation derivation) { return derivation == Derivation::compatible ? "compatible" : "subkey"; }

Ssk derive_ssk(const Huk& huk, Derivation derivation, const ChipId* chip_id) {
    Ssk ssk;
    if (derivation == Derivation::subkey) {
        constexpr std::array<std::byte, 4> kUsageSsk = {std::byte{1}, std::byte{0}, std::byte{0}, std::byte{0}};
        hmac_sha256(huk.expose(), {kUsageSsk}, ssk.fill());
        return ssk;
    }
    constexpr std::string_view kNoChipId = "BEEFBEEFBEEFBEEFBEEFBEEFBEEFBEEF";
    static_assert(kNoChipId.size() == kChipIdBytes);
    constexpr std::string_view kPurpose("ONLY_FOR_tee_fs_ssk\0", 20);
    hmac_sha256(huk.expose(), {chip_id != nullptr ? Bytes(*chip_id) : bytes_of(kNoChipId), bytes_of(kPurpose)},
                ssk.fill());
    return ssk;
}

Tsk derive_tsk(const Ssk& ssk, const std::optional<Uuid>& owner) {
    Tsk tsk;
    if (owner) {
        hmac_sha256(ssk.expose(), {uuid_in_memory(*owner)}, tsk.fill());
    } else {
        constexpr std::array<std::byte, 1> kDirectory = {std::byte{0}};
        hmac_sha256(ssk.expose(), {kDirectory}, tsk.fill());
    }
    return tsk;
}

SecretBytes<32> derive_ta_unique_key(const Huk& huk, const Uuid& ta, Bytes label) {
    constexpr std::array<std::byte, 4> kUsageTa = {std::byte{3}, std::byte{0}, std::byte{0}, std::byte{0}};
    SecretBytes<32> key;
    hmac_sha256(huk.expose(), {kUsageTa, uuid_in_memory(ta), label}, key.fill());
    return key;
}

Fek open_fek(const Tsk& tsk, const SealedFek& sealed) {
    Fek fek;
    aes256_ecb_decrypt_block(tsk.expose(), sealed, fek.fill());
    return fek;
}

SealedFek seal_fek(const Tsk& tsk, const Fek& fek) {
    SealedFek sealed{};
    aes256_ecb_encrypt_block(tsk.expose(), fek.expose(), sealed);
    return sealed;
}

std::array<std::byte, 16> uuid_in_memory(const Uuid& uuid) {
    std::array<std::byte, 16> memory{};
    for (size_t i = 0; i < memory.size(); ++i) memory[i] = uuid.bytes[kUuidOrder[i]];
    return memory;
}

Uuid uuid_from_memory(Bytes memory) {
    Uuid uuid;
    for (size_t i = 0; i < uuid.bytes.size() && i < memory.size(); ++i) uuid.bytes[kUuidOrder[i]] = memory[i];
    return uuid;
}

}  // namespace festore::ree_fs
