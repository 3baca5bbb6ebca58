// SPDX-License-Identifier: BSD-2-Clause
// Messages for root's list of who may store. Since protocol 1.7. Encoding and parameters are those of protocol/messages.h.
//
// Without a list everybody may store, without limits. What a list takes away: making a store, and putting a new or a larger object into
// ree or rpmb. What is there already can be read, listed, removed, made smaller, repaired and moved. Root is not limited.
// not_allowed: the door is closed to the caller, or the list cannot be read; `allowed` tells. over_limit: likewise, which limit.
#pragma once
#include "base/allow_limits.h"
#include "protocol/messages.h"

namespace festore::protocol {

enum class AllowVerb : uint8_t {
    set = 1,          // the named ones have an entry with these limits. With the first of them, unless `others` is set, the door is closed
                      // to all who have none
    drop = 2,         // the named ones have none any more: item_not_found, for all of them, when one has none
    others = 3,       // who has no entry may store, with these limits
    drop_others = 4,  // who has no entry may store nothing new
    total = 5,        // all but root together, in these storages
    open = 6,         // no list
};

// Whom an entry is about; everybody's objects: Login::public_, kNoId.
struct Allowed {  // 8 bytes
    Login login = Login::user;
    uint32_t id = 0;
};

// Bits of AllowRequest::storages.
inline constexpr uint8_t kAllowRee = 1;
inline constexpr uint8_t kAllowRpmb = 2;

// access_denied: not root. bad_parameters: uid 0 is named. limit_exceeded: the list is full. not_supported: the list is of a newer version
// (open succeeds). One write into TEE storage; after an error the list is as it was.
struct AllowRequest {  // 19 + 8 a name
    AllowVerb verb = AllowVerb::set;
    uint8_t storages = 0;  // of total: one bit at least; else 0
    AllowLimits limits;    // of set and others; of total without stores; else none
    uint8_t count = 0;     // of set and drop: 1 to kAllowNamesMax; else 0
    std::array<Allowed, limits::kAllowNamesMax> names{};
};

// What the caller uses is counted only when it is asked for: each takes a walk over the storage, or a look into the root tables, and so
// into the RPMB.
struct AllowedRequest {  // 2 bytes
    enum class Count : uint8_t { nothing = 0, ree = 1, rpmb = 2 } count = Count::nothing;
    bool stores = false;
};

// How the list stands to the caller.
enum class Standing : uint8_t {
    free = 0,      // there is none, it says nothing of the caller, or the caller is root
    by_entry = 1,  // `own` are the limits of its entry
    as_other = 2,  // `own` are those of everybody else
    refused = 3,   // it may store nothing new
};

// Bits of AllowedAnswer::flags.
enum AllowedFlag : uint8_t {
    kAllowedListed = 1 << 0,   // there is a list
    kAllowedDamaged = 1 << 1,  // it was found damaged: for everybody but root it is closed, until root sets it again
    kAllowedNewer = 1 << 2,    // it is of a newer version: likewise, until that is installed again
    // For root only:
    kAllowedClosed = 1 << 3,   // who has no entry may store nothing new
    kAllowedOthers = 1 << 4,   // `others` holds for who has no entry
};

struct AllowedAnswer {  // 78 bytes
    uint8_t flags = 0;
    Standing standing = Standing::free;
    AllowLimits own;
    uint64_t used_bytes = 0;  // the caller's, as far as the request asks
    uint32_t used_objects = 0;
    uint32_t used_stores = 0;
    // For root, else none:
    AllowLimits others;
    std::array<AllowTotal, 2> totals{};  // of ree, of rpmb
    uint32_t entries = 0;                // in the payload
};

struct AllowedEntry {  // 36 bytes
    Login login = Login::user;
    Uuid identity{};  // nil of public
    AllowLimits limits;
};

inline constexpr size_t kAllowedEntryBytes = 36;
inline constexpr size_t kAllowedPageBytes = limits::kAllowEntriesMax * kAllowedEntryBytes;  // that `allowed` needs at most
static_assert(19 + 8 * limits::kAllowNamesMax <= kRequestBytesMax && 78 <= kAnswerBytesMax);

void encode(const AllowRequest& m, Writer& out);
void encode(const AllowedRequest& m, Writer& out);
void encode(const AllowedAnswer& m, Writer& out);
void encode(const AllowedEntry& m, Writer& out);
template <>
Result<AllowRequest> decode(Bytes input);
template <>
Result<AllowedRequest> decode(Bytes input);
template <>
Result<AllowedAnswer> decode(Bytes input);

// The next entry; `page` moves behind it.
Result<AllowedEntry> decode_allowed(Bytes& page);

}  // namespace festore::protocol
