// SPDX-License-Identifier: BSD-2-Clause
// Requests and answers about objects in the TEE's own storages. Each message describes its fields once (base/fields.h says how they
// go over the wire); encode() and decode() are in protocol/wire.h.
#pragma once
#include "base/limits.h"
#include "protocol/commands.h"
#include "protocol/wire.h"

namespace festore::protocol {

inline constexpr uint32_t kNoId = 0xFFFFFFFF;

struct HelloRequest {
    uint16_t version_major = kVersionMajor;
    uint16_t version_minor = kVersionMinor;
    Login login = Login::public_;  // how the session was opened
    uint32_t id = kNoId;           // the uid or gid that the caller claims, kNoId when public; only ever compared
    static constexpr void fields(auto& m, auto& wire) { wire(m.version_major, m.version_minor, m.login, m.id); }
};

// Bits of HelloAnswer::features.
enum Feature : uint32_t {
    kFeatureRee = 1 << 0,        // TEE_STORAGE_PRIVATE_REE exists
    kFeatureRpmb = 1 << 1,       // TEE_STORAGE_PRIVATE_RPMB exists
    kFeatureZeroHuk = 1 << 2,    // the device's hardware unique key is all zeroes: everybody can compute its keys
    kFeatureSimulated = 1 << 3,  // this is the simulated TEE: nothing is protected
    // Since 1.1:
    kFeatureHukCompared = 1 << 4,     // the key was compared; without this bit, a missing kFeatureZeroHuk says nothing
    kFeaturePredictableHuk = 1 << 5,  // the key is another well-known one: everybody can compute its keys, too
    // Since 1.3:
    kFeatureChaCha20 = 1 << 6,  // stores with ChaCha20-Poly1305 work, and `make` can choose the cipher
};

struct HelloAnswer {
    uint16_t version_major = 0;
    uint16_t version_minor = 0;
    uint32_t ta_version = 0;  // major << 16 | minor << 8 | patch
    uint32_t features = 0;
    uint32_t object_bytes_max = 0;  // of a persistent object
    Login login = Login::public_;   // the identity as the TEE sees it
    Uuid identity{};
    uint32_t rollback_protection_ree = 0;   // 0: the TEE claims nothing about its files (TAs up to 0.1.0 send any number)
    uint32_t rollback_protection_rpmb = 0;  // 1000: the TEE claims it, which does not show that it is in force; else 0
    uint32_t tee_version = 0;  // of OP-TEE: major << 16 | minor << 8 | patch; 0: not known
    static constexpr void fields(auto& m, auto& wire) {
        wire(m.version_major, m.version_minor, m.ta_version, m.features, m.object_bytes_max, m.login, m.identity);
        wire(m.rollback_protection_ree, m.rollback_protection_rpmb, m.tee_version);
    }
};

// Bits of PutRequest::flags.
enum PutFlag : uint8_t {
    kPutIfAbsent = 1 << 0,   // access_conflict when the name exists
    kPutIfVersion = 1 << 1,  // version_conflict unless the object has version if_version; item_not_found when absent
    kPutWriteOnce = 1 << 2,  // never replaced afterwards; removing it stays possible
};
inline constexpr uint8_t kPutFlagsKnown = kPutIfAbsent | kPutIfVersion | kPutWriteOnce;

struct PutRequest {
    Storage storage = Storage::ree;
    uint8_t flags = 0;
    uint64_t if_version = 0;
    int64_t modified = 0;       // seconds since 1970, as the normal world claims
    uint32_t content_size = 0;  // must equal the size of the content memref
    Bytes name;
    static constexpr void fields(auto& m, auto& wire) {
        wire(m.storage, m.flags, m.if_version, m.modified, m.content_size, m.name);
    }
    [[nodiscard]] bool is_valid() const {
        constexpr unsigned kBothConditions = kPutIfAbsent | kPutIfVersion;
        return has_only(flags, kPutFlagsKnown) && (flags & kBothConditions) != kBothConditions && is_name(name);
    }
};

struct PutAnswer {
    uint64_t version = 0;  // the version just stored
    uint32_t content_size = 0;
    static constexpr void fields(auto& m, auto& wire) { wire(m.version, m.content_size); }
};

// Of get, stat and remove. The name may be any bytes here, since the first demo's clients chose freely; the TA decides for whom.
struct NameRequest {
    Storage storage = Storage::ree;
    Bytes name;
    static constexpr void fields(auto& m, auto& wire) { wire(m.storage, m.name); }
};

// Bits of Metadata::flags.
enum ObjectFlag : uint8_t {
    kObjectWriteOnce = 1 << 0,
    kObjectLegacy = 1 << 1,  // stored by the first demo's TA: raw content, no metadata
};

// The answer of get and stat.
struct Metadata {
    uint8_t flags = 0;
    uint32_t content_size = 0;
    uint64_t version = 0;  // 1 for a new name, one more with each replacement
    int64_t created = 0;   // seconds since 1970, as the normal world claims
    int64_t modified = 0;
    static constexpr void fields(auto& m, auto& wire) { wire(m.flags, m.content_size, m.version, m.created, m.modified); }
};

struct ListRequest {
    Storage storage = Storage::ree;
    Bytes cursor;  // empty at first, then ListAnswer::cursor; opaque
    Bytes prefix;  // empty: all names
    static constexpr void fields(auto& m, auto& wire) { wire(m.storage, m.cursor, m.prefix); }
    [[nodiscard]] bool is_valid() const {
        return cursor.size() <= limits::kObjectIdBytesMax && check_prefix(prefix) == NameFault::none;
    }
};

struct ListAnswer {
    bool more = false;
    uint32_t entries = 0;  // in the page, each a ListEntry
    uint32_t damaged = 0;  // the caller's objects in this page that the TEE found damaged (before 1.5: anybody's)
    Bytes cursor;          // where the next page begins; meaningful while `more`
    static constexpr void fields(auto& m, auto& wire) { wire(m.more, m.entries, m.damaged, m.cursor); }
    [[nodiscard]] bool is_valid() const { return cursor.size() <= limits::kObjectIdBytesMax; }
};

// How many objects of a storage are too damaged for the TEE to read their ids, and so their owners.
struct CountDamagedRequest {
    Storage storage = Storage::ree;
    static constexpr void fields(auto& m, auto& wire) { wire(m.storage); }
};
struct CountDamagedAnswer {
    uint32_t objects = 0;
    static constexpr void fields(auto& m, auto& wire) { wire(m.objects); }
};

// Uid 0 lists and removes the objects of another user or group, and cannot read them. access_denied: the caller is not uid 0.
struct OtherOwner {
    Login login = Login::user;  // or group
    uint32_t id = 0;            // its uid or gid
    static constexpr void fields(auto& m, auto& wire) { wire(m.login, m.id); }
    [[nodiscard]] bool is_valid() const { return login != Login::public_; }
};
struct ListOfRequest {  // → ListAnswer
    OtherOwner owner;
    ListRequest list;
    static constexpr void fields(auto& m, auto& wire) { wire(m.owner, m.list); }
};
struct RemoveOfRequest {
    OtherOwner owner;
    NameRequest object;
    static constexpr void fields(auto& m, auto& wire) { wire(m.owner, m.object); }
};

// Root declares that this device has no RPMB. From then on the TA asks no RPMB when a store under ree is opened or made.
// access_denied: the caller is not root. access_conflict: `none`, but the RPMB answers.
enum class RpmbWord : uint8_t { look = 0, none = 1, ask = 2 };
constexpr bool is_known(RpmbWord word) { return word <= RpmbWord::ask; }
struct RpmbRequest {
    using Word = RpmbWord;
    Word word = Word::look;
    bool without_asking = false;  // with `none` only: do not test whether the RPMB answers, since that ends the TA on some boards
    static constexpr void fields(auto& m, auto& wire) { wire(m.word, m.without_asking); }
    [[nodiscard]] bool is_valid() const { return !without_asking || word == Word::none; }
};
struct RpmbAnswer {  // the state after the request
    bool built_in = false;   // the TEE says that it has an RPMB
    bool none_here = false;  // root has declared that there is none
    static constexpr void fields(auto& m, auto& wire) { wire(m.built_in, m.none_here); }
};

// Names of the demo's objects may be any bytes, or empty.
struct ListEntry {
    Metadata metadata;
    Bytes name;
    static constexpr void fields(auto& m, auto& wire) { wire(m.metadata, m.name); }
    [[nodiscard]] bool is_valid() const { return !name.empty() || (metadata.flags & kObjectLegacy) != 0; }
};

inline constexpr size_t kMetadataBytes = encoded_bytes(Metadata{});
inline constexpr size_t kListAnswerBytesMax = encoded_bytes(ListAnswer{}) + limits::kObjectIdBytesMax;
inline constexpr size_t kListEntryBytesMax = encoded_bytes(ListEntry{}) + limits::kNameBytesMax;
// One buffer of this size takes any request or answer of these commands.
inline constexpr size_t kRequestBytesMax = 4 + limits::kObjectIdBytesMax + limits::kNameBytesMax + 32;
inline constexpr size_t kAnswerBytesMax = 128;
static_assert(kListAnswerBytesMax <= kAnswerBytesMax && encoded_bytes(HelloAnswer{}) <= kAnswerBytesMax);
static_assert(encoded_bytes(PutRequest{}) + limits::kNameBytesMax <= kRequestBytesMax);
static_assert(encoded_bytes(ListOfRequest{}) + limits::kObjectIdBytesMax + limits::kNameBytesMax <= kRequestBytesMax);

}  // namespace festore::protocol
