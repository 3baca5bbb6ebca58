// SPDX-License-Identifier: BSD-2-Clause
// The ids under which the TEE's storage keeps festore's objects: any name fits, and none can be guessed without the device.
//
//   "FSO" 0x01 ‖ owner tag (16) ‖ name tag (32)                 52 bytes
//   owner tag = first 16 of HMAC-SHA256(K, 0x01 ‖ login (LE32) ‖ UUID)
//   name tag  =             HMAC-SHA256(K, 0x02 ‖ login (LE32) ‖ UUID ‖ name)
//   K = the TA's unique key on this device for the label "festore object ids 1"
//
// A listing finds an owner's objects by the owner tag, without opening other owners' objects. Ids without the prefix "FSO" 0x01
// are those of the first demo, whose TA used the caller's bytes as the id: they are public, as they always were.
#pragma once
#include "base/secret_bytes.h"
#include "gp/persistent_object.h"
#include "ta/identity.h"

namespace festore::ta {

inline constexpr size_t kOwnerTagBytes = 16;
inline constexpr size_t kObjectIdBytes = 4 + kOwnerTagBytes + 32;  // no other object id of festore has this length

class ObjectIds {
public:
    static Outcome<ObjectIds> derive();  // asks the system pseudo-TA for K

    [[nodiscard]] Outcome<gp::ObjectId> id_of(const Identity& owner, Bytes name) const;
    // The prefix of all ids of an owner.
    [[nodiscard]] Outcome<gp::ObjectId> prefix_of(const Identity& owner) const;
    [[nodiscard]] static bool is_legacy(const gp::ObjectId& id);

private:
    explicit ObjectIds(SecretBytes<32> key) : key_(std::move(key)) {}
    SecretBytes<32> key_;
};

}  // namespace festore::ta
