// SPDX-License-Identifier: BSD-2-Clause
// The requests and answers, and their encoding: little-endian, no padding, fields in the order written here.
// decode() takes hostile bytes: it gives bad_format for anything that is not exactly one message, and never a value
// outside of what the field's comment says. Views in a decoded message point into the bytes that were decoded.
#pragma once
#include "base/limits.h"
#include "base/result.h"
#include "base/writer.h"
#include "protocol/commands.h"

namespace festore::protocol {

inline constexpr uint32_t kNoId = 0xFFFFFFFF;

struct HelloRequest {  // 12 bytes
    uint16_t version_major = kVersionMajor;
    uint16_t version_minor = kVersionMinor;
    Login login = Login::public_;  // how the session was opened
    uint32_t id = kNoId;           // the caller's uid or gid by its own word, kNoId when public; only ever compared
};

// Bits of HelloAnswer::features.
enum Feature : uint32_t {
    kFeatureRee = 1 << 0,        // TEE_STORAGE_PRIVATE_REE is there
    kFeatureRpmb = 1 << 1,       // TEE_STORAGE_PRIVATE_RPMB is there
    kFeatureZeroHuk = 1 << 2,    // the device's hardware unique key is all zeroes: its keys are public knowledge
    kFeatureSimulated = 1 << 3,  // this is the simulated TEE: nothing is protected
    // Since 1.1:
    kFeatureHukCompared = 1 << 4,     // the key was compared; without this bit, no kFeatureZeroHuk says nothing
    kFeaturePredictableHuk = 1 << 5,  // the key is another well-known one: its keys are public knowledge, too
    // Since 1.3:
    kFeatureChaCha20 = 1 << 6,  // stores with ChaCha20-Poly1305; and make chooses a cipher, when it is asked to
};

struct HelloAnswer {  // 48 bytes
    uint16_t version_major = 0;
    uint16_t version_minor = 0;
    uint32_t ta_version = 0;  // major << 16 | minor << 8 | patch
    uint32_t features = 0;
    uint32_t object_bytes_max = 0;  // of a persistent object
    Login login = Login::public_;   // the identity as the TEE sees it
    Uuid identity{};
    uint32_t rollback_protection_ree = 0;   // 0: the TEE claims nothing of its files (TAs up to 0.1.0: anything)
    uint32_t rollback_protection_rpmb = 0;  // 1000: the TEE claims it, which does not show that it is in force; else 0
    uint32_t tee_version = 0;  // of OP-TEE: major << 16 | minor << 8 | patch; 0: not known
};

// Bits of PutRequest::flags.
enum PutFlag : uint8_t {
    kPutIfAbsent = 1 << 0,   // access_conflict when the name exists
    kPutIfVersion = 1 << 1,  // version_conflict unless the object has version if_version; item_not_found when absent
    kPutWriteOnce = 1 << 2,  // never replaced afterwards; removing stays possible
};
inline constexpr uint8_t kPutFlagsKnown = kPutIfAbsent | kPutIfVersion | kPutWriteOnce;

struct PutRequest {  // 22 + name
    Storage storage = Storage::ree;
    uint8_t flags = 0;
    uint64_t if_version = 0;
    int64_t modified = 0;  // seconds since 1970, the normal world's claim
    uint32_t content_size = 0;  // must equal the size of the content memref
    Bytes name;
};

struct PutAnswer {  // 12 bytes
    uint64_t version = 0;  // the version just stored
    uint32_t content_size = 0;
};

// get, stat and remove. The name may be any bytes here: the first demo's clients chose freely. The TA decides whose may.
struct NameRequest {  // 1 + name
    Storage storage = Storage::ree;
    Bytes name;
};

// Bits of Metadata::flags.
enum ObjectFlag : uint8_t {
    kObjectWriteOnce = 1 << 0,
    kObjectLegacy = 1 << 1,  // stored by the first demo's TA: raw content, no metadata
};

struct Metadata {  // 29 bytes; the answer of get and stat
    uint8_t flags = 0;
    uint32_t content_size = 0;
    uint64_t version = 0;   // 1 for a new name, one more with each replacement
    int64_t created = 0;    // seconds since 1970, claims
    int64_t modified = 0;
};

struct ListRequest {  // 4 + cursor + prefix
    Storage storage = Storage::ree;
    Bytes cursor;  // empty at first, then ListAnswer::cursor; opaque
    Bytes prefix;  // empty: all names
};

struct ListAnswer {  // 10 + cursor
    bool more = false;
    uint32_t entries = 0;  // in the page, each a ListEntry
    uint32_t damaged = 0;  // objects of this page that are the caller's, and that the TEE found damaged (before 1.5: anybody's)
    Bytes cursor;          // where the next page begins; meaningful while more
};

// How many objects of that storage are too damaged for the TEE to tell their ids, and so whose they are.
struct CountDamagedRequest {  // 1 byte
    Storage storage = Storage::ree;
};
struct CountDamagedAnswer {  // 4 bytes
    uint32_t objects = 0;
};

// Another user's or group's objects, for uid 0: which there are, and that one goes; never what is in them. access_denied: for others.
struct OtherOwner {  // 8 bytes
    Login login = Login::user;  // or group
    uint32_t id = 0;            // its uid or gid
};
struct ListOfRequest {  // OtherOwner, ListRequest → ListAnswer
    OtherOwner owner;
    ListRequest list;
};
struct RemoveOfRequest {  // OtherOwner, NameRequest
    OtherOwner owner;
    NameRequest object;
};

// Root's word that this device has no RPMB. With it no opening and no making of a store under ree asks the RPMB, and nobody looks
// for records there. access_denied: not root. access_conflict: none, and the RPMB answers.
struct RpmbRequest {  // 2 bytes
    enum class Word : uint8_t { look = 0, none = 1, ask = 2 } word = Word::look;
    bool without_asking = false;  // with none: the RPMB is not asked whether it answers, which ends the TA on some boards
};
struct RpmbAnswer {  // 2 bytes; as it is now
    bool built_in = false;   // what the TEE says of itself
    bool none_here = false;  // what root has said
};

struct ListEntry {  // 30 + name
    Metadata metadata;
    Bytes name;
};

inline constexpr size_t kHelloRequestBytes = 12;
inline constexpr size_t kHelloAnswerBytes = 48;
inline constexpr size_t kPutAnswerBytes = 12;
inline constexpr size_t kMetadataBytes = 29;
inline constexpr size_t kListAnswerBytesMax = 10 + limits::kObjectIdBytesMax;
inline constexpr size_t kListEntryBytesMax = kMetadataBytes + 1 + limits::kNameBytesMax;
// The largest request and answer of any command: one buffer of this size takes each.
inline constexpr size_t kRequestBytesMax = 4 + limits::kObjectIdBytesMax + limits::kNameBytesMax + 32;
inline constexpr size_t kAnswerBytesMax = 128;
static_assert(kListAnswerBytesMax <= kAnswerBytesMax && kHelloAnswerBytes <= kAnswerBytesMax);

void encode(const HelloRequest& m, Writer& out);
void encode(const HelloAnswer& m, Writer& out);
void encode(const PutRequest& m, Writer& out);
void encode(const PutAnswer& m, Writer& out);
void encode(const NameRequest& m, Writer& out);
void encode(const Metadata& m, Writer& out);
void encode(const ListRequest& m, Writer& out);
void encode(const ListAnswer& m, Writer& out);
void encode(const ListEntry& m, Writer& out);
void encode(const CountDamagedRequest& m, Writer& out);
void encode(const CountDamagedAnswer& m, Writer& out);
void encode(const ListOfRequest& m, Writer& out);
void encode(const RemoveOfRequest& m, Writer& out);
void encode(const RpmbRequest& m, Writer& out);
void encode(const RpmbAnswer& m, Writer& out);

// decode<M>(bytes): exactly one message, nothing behind it. Names are well-formed (base/name.h).
template <class M>
Result<M> decode(Bytes input);
template <>
Result<HelloRequest> decode(Bytes input);
template <>
Result<HelloAnswer> decode(Bytes input);
template <>
Result<PutRequest> decode(Bytes input);
template <>
Result<PutAnswer> decode(Bytes input);
template <>
Result<NameRequest> decode(Bytes input);
template <>
Result<Metadata> decode(Bytes input);
template <>
Result<ListRequest> decode(Bytes input);
template <>
Result<ListAnswer> decode(Bytes input);
template <>
Result<CountDamagedRequest> decode(Bytes input);
template <>
Result<CountDamagedAnswer> decode(Bytes input);
template <>
Result<ListOfRequest> decode(Bytes input);
template <>
Result<RemoveOfRequest> decode(Bytes input);
template <>
Result<RpmbRequest> decode(Bytes input);
template <>
Result<RpmbAnswer> decode(Bytes input);

// The next entry of a listing's page; `page` moves behind it. Names of the demo's objects may be any bytes, or none.
Result<ListEntry> decode_entry(Bytes& page);

}  // namespace festore::protocol
