// SPDX-License-Identifier: BSD-2-Clause
// Messages for root's list of who may store. Since protocol 1.7. Parameters are those of protocol/commands.h.
//
// Without a list everybody may store, without limits. A list restricts two things: making a store, and putting a new or a larger object
// into ree or rpmb. Existing objects can still be read, listed, removed, made smaller, repaired and moved. Root is never limited.
// not_allowed: the list refuses the caller, or cannot be read; `allowed` tells which. over_limit: a limit is exceeded; `allowed` tells
// which.
#pragma once
#include "base/allow_limits.h"
#include "protocol/messages.h"

namespace festore::protocol {

enum class AllowVerb : uint8_t {
    set = 1,          // gives the named identities an entry with these limits. From the first entry on, identities without one may
                      // store nothing new, unless `others` is set
    drop = 2,         // removes their entries. item_not_found, and nothing is removed, if one of them has none
    others = 3,       // identities without an entry may store, with these limits
    drop_others = 4,  // identities without an entry may store nothing new
    total = 5,        // limits all identities but root together, in these storages
    open = 6,         // removes the list
};
constexpr bool is_known(AllowVerb verb) { return verb >= AllowVerb::set && verb <= AllowVerb::open; }

// Whose entry it is. Of public objects: Login::public_, kNoId.
struct Allowed {
    Login login = Login::user;
    uint32_t id = 0;
    static constexpr void fields(auto& m, auto& wire) { wire(m.login, m.id); }
    [[nodiscard]] bool is_valid() const { return (login == Login::public_) == (id == kNoId); }
};

// Bits of AllowRequest::storages.
inline constexpr uint8_t kAllowRee = 1;
inline constexpr uint8_t kAllowRpmb = 2;

// access_denied: the caller is not root. bad_parameters: uid 0 is named. limit_exceeded: the list is full. not_supported: a newer version
// made the list (`open` succeeds). One write into TEE storage; after an error the list is unchanged.
struct AllowRequest {
    AllowVerb verb = AllowVerb::set;
    uint8_t storages = 0;  // of `total`: one bit at least; else 0
    AllowLimits limits;    // of `set` and `others`; of `total` without stores; else none
    uint8_t count = 0;     // of `set` and `drop`: 1 to kAllowNamesMax; else 0
    std::array<Allowed, limits::kAllowNamesMax> names{};
    static constexpr void fields(auto& m, auto& wire) {
        wire(m.verb, m.storages, m.limits);
        wire.counted(m.count, m.names);
    }
    // Each verb has the fields that it needs, and no others.
    [[nodiscard]] bool is_valid() const {
        const bool has_names = verb == AllowVerb::set || verb == AllowVerb::drop;
        const bool is_total = verb == AllowVerb::total;
        const bool has_limits = verb == AllowVerb::set || verb == AllowVerb::others || is_total;
        if (has_names != (count > 0)) return false;
        if (is_total != (storages != 0) || !has_only(storages, kAllowRee | kAllowRpmb)) return false;
        if (is_total && limits.stores != kNoLimit) return false;
        return has_limits || limits == AllowLimits{};
    }
};

// What the TA counts for the answer: each kind takes a walk over the storage, or a look into the root tables, and so into the RPMB.
enum class AllowedCount : uint8_t { nothing = 0, ree = 1, rpmb = 2 };
constexpr bool is_known(AllowedCount count) { return count <= AllowedCount::rpmb; }
struct AllowedRequest {
    using Count = AllowedCount;
    Count count = Count::nothing;
    bool stores = false;
    static constexpr void fields(auto& m, auto& wire) { wire(m.count, m.stores); }
};

// What the list means for the caller.
enum class Standing : uint8_t {
    free = 0,      // no limits: there is no list, it does not concern the caller, or the caller is root
    by_entry = 1,  // `own` are the limits of the caller's entry
    as_other = 2,  // `own` are the limits of identities without an entry
    refused = 3,   // the caller may store nothing new
};
constexpr bool is_known(Standing standing) { return standing <= Standing::refused; }

// Bits of AllowedAnswer::flags.
enum AllowedFlag : uint8_t {
    kAllowedListed = 1 << 0,   // there is a list
    kAllowedDamaged = 1 << 1,  // the list is damaged: only root may store, until root sets it again
    kAllowedNewer = 1 << 2,    // a newer version made the list: only root may store, until that version is installed again
    // For root only:
    kAllowedClosed = 1 << 3,  // identities without an entry may store nothing new
    kAllowedOthers = 1 << 4,  // `others` limits identities without an entry
};

struct AllowedAnswer {
    uint8_t flags = 0;
    Standing standing = Standing::free;
    AllowLimits own;
    uint64_t used_bytes = 0;  // the caller's, if the request asks for the count
    uint32_t used_objects = 0;
    uint32_t used_stores = 0;
    // For root, else none:
    AllowLimits others;
    std::array<AllowTotal, 2> totals{};  // of ree, of rpmb
    uint32_t entries = 0;                // in the payload, each an AllowedEntry
    static constexpr void fields(auto& m, auto& wire) {
        wire(m.flags, m.standing, m.own, m.used_bytes, m.used_objects, m.used_stores, m.others, m.totals, m.entries);
    }
    [[nodiscard]] bool is_valid() const { return entries <= limits::kAllowEntriesMax; }
};

struct AllowedEntry {
    Login login = Login::user;
    Uuid identity{};  // nil for public
    AllowLimits limits;
    static constexpr void fields(auto& m, auto& wire) { wire(m.login, m.identity, m.limits); }
};

inline constexpr size_t kAllowedEntryBytes = encoded_bytes(AllowedEntry{});
inline constexpr size_t kAllowedPageBytes = limits::kAllowEntriesMax * kAllowedEntryBytes;  // the largest payload of `allowed`
static_assert(encoded_bytes(AllowRequest{}) + limits::kAllowNamesMax * encoded_bytes(Allowed{}) <= kRequestBytesMax);
static_assert(encoded_bytes(AllowedAnswer{}) <= kAnswerBytesMax);

}  // namespace festore::protocol
