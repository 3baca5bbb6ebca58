// SPDX-License-Identifier: BSD-2-Clause
// The contract between client and TA: commands, their parameters, the versions. docs/protocol.md explains it.
//
// Every command but write_object has the same shape, checked by the TA before it looks at any parameter:
//   0  memref input   the request (protocol/messages.h)
//   1  memref output  the answer
//   2  by command: none | memref input (content to put) | memref output (content, or a page of a listing)
//   3  none
// The result is a GlobalPlatform code or one of festore's own (base/result.h). With short_buffer the sizes of the
// output memrefs say what is needed. Numbers are never reused.
#pragma once
#include "base/uuid.h"

namespace festore::protocol {

// b7e89fc1-5044-431e-b4c5-9fb6ae256423: the UUID of the first demo's TA, kept so that its clients still work.
inline constexpr uint32_t kTaTimeLow = 0xb7e89fc1;
inline constexpr uint16_t kTaTimeMid = 0x5044;
inline constexpr uint16_t kTaTimeHighAndVersion = 0x431e;
inline constexpr std::array<uint8_t, 8> kTaClockSeqAndNode = {0xb4, 0xc5, 0x9f, 0xb6, 0xae, 0x25, 0x64, 0x23};
inline constexpr Uuid kTaUuid =
    Uuid::from_fields(kTaTimeLow, kTaTimeMid, kTaTimeHighAndVersion, kTaClockSeqAndNode);

// A client speaks one major version and refuses a TA with another; a newer minor only adds commands and fields.
inline constexpr uint16_t kVersionMajor = 1;
inline constexpr uint16_t kVersionMinor = 7;

enum class Command : uint32_t {
    write_object = 0,  // the demo's: memref input: id, memref input: data; in the caller's own space, replacing
    hello = 1,         // versions, limits, and the check that the TEE knows who is calling (rule 22)
    put = 2,
    get = 3,
    list = 4,
    stat = 5,
    remove = 6,

    // Since 1.5:
    count_damaged = 16,  // objects that the TEE cannot name, whoever's they are

    // Since 1.6:
    list_of = 17,    // as list and remove, of another identity: for uid 0 only
    remove_of = 18,
    rpmb_here = 20,  // whether the RPMB is asked, and root's word that this device has none
};
inline constexpr uint32_t kCommandCount = 7;  // of those that everything needs; they have the numbers below it

// TEE_LOGIN_* values: who the kernel says is calling.
enum class Login : uint32_t { public_ = 0, user = 1, group = 2 };

// Where a persistent object lives. (The store has commands of its own.)
enum class Storage : uint8_t { ree = 1, rpmb = 2 };

}  // namespace festore::protocol
