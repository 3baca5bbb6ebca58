// SPDX-License-Identifier: BSD-2-Clause
// The keys of REE-FS, from the device's hardware unique key (HUK) down:
//
//   SSK (secure storage key)  = HMAC-SHA-256(HUK, label); the label depends on the derivation, below
//   TSK (a TA's storage key)  = HMAC-SHA-256(SSK, UUID of the TA as a TEE_UUID in memory; for dirf.db a zero byte)
//   FEK (file encryption key) = AES-256-ECB-decrypt(TSK, the sealed file key in the file's head)
//
// Every key wipes itself. No function here can fail, except reading a HUK from text.
#pragma once
#include "base/result.h"
#include "base/secret_bytes.h"
#include "base/uuid.h"
#include "ree_fs/layout.h"
#include "ree_fs/limits.h"

#include <optional>

namespace festore::ree_fs {

// A hardware unique key; its length depends on the platform.
class Huk {
public:
    // Raw: 16 or 32 bytes. Text: hexadecimal digits for 16 to 64 bytes, white space around them and "0x" in front
    // allowed. 32 bytes that are all hexadecimal digits are text: a random raw key never looks like that. Anything
    // else: bad_format.
    static Outcome<Huk> parse(Bytes file);
    // bad_format unless it has kHukBytesMin to kHukBytesMax bytes.
    static Outcome<Huk> from_bytes(Bytes raw);

    [[nodiscard]] Bytes expose() const { return bytes_.expose().first(size_); }
    [[nodiscard]] size_t size() const { return size_; }

private:
    Huk() = default;
    SecretBytes<kHukBytesMax> bytes_;
    size_t size_ = 0;
};

// How OP-TEE makes the SSK (its build option CFG_CORE_HUK_SUBKEY_COMPAT).
enum class Derivation : uint8_t {
    compatible,  // y, the default: label = chip id (by default "BEEF" eight times), "ONLY_FOR_tee_fs_ssk" with its NUL
    subkey,      // n: label = the number 1 in 32 bits, little-endian
};
const char* name_of(Derivation derivation);

inline constexpr size_t kChipIdBytes = 32;
using ChipId = std::array<std::byte, kChipIdBytes>;

using Ssk = SecretBytes<32>;
using Tsk = SecretBytes<32>;
using Fek = SecretBytes<kFekBytes>;

// Give `chip_id` only for platforms built with CFG_CORE_HUK_SUBKEY_COMPAT_USE_OTP_DIE_ID=y, and only for `compatible`.
Ssk derive_ssk(const Huk& huk, Derivation derivation, const ChipId* chip_id = nullptr);
// No owner: dirf.db. OP-TEE's own objects have the nil UUID as their owner.
Tsk derive_tsk(const Ssk& ssk, const std::optional<Uuid>& owner);
// The key that OP-TEE's system PTA gives a TA for a label: HMAC-SHA-256(HUK, LE32(3) ‖ UUID as in memory ‖ label). The same
// under both derivations.
SecretBytes<32> derive_ta_unique_key(const Huk& huk, const Uuid& ta, Bytes label);
Fek open_fek(const Tsk& tsk, const SealedFek& sealed);
SealedFek seal_fek(const Tsk& tsk, const Fek& fek);

// TEE_UUID in the memory of a little-endian machine: the first three fields are swapped.
std::array<std::byte, 16> uuid_in_memory(const Uuid& uuid);
Uuid uuid_from_memory(Bytes memory);

}  // namespace festore::ree_fs
