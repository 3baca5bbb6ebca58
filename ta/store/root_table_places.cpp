// SPDX-License-Identifier: BSD-2-Clause
// The meaning of the table's places: who owns them, which are free, and what was destroyed (rule 25).
#include "base/reader.h"
#include "ta/session.h"

#include <algorithm>

namespace festore::ta {

using engine::RootRecordBytes;

std::array<std::byte, 4 + 16> RootTable::owner_form(const Identity& owner) {
    std::array<std::byte, 4 + 16> form{};
    Writer out(form);
    out.u32(static_cast<uint32_t>(owner.login));
    out.bytes(owner.uuid.bytes);
    return form;
}

bool RootTable::has_record_of(size_t place, const Identity& owner) const {
    return known_[place].holds == Holds::record && known_[place].owner == owner_form(owner);
}

Outcome<size_t> RootTable::find(const StoreOwner& owner) const {
    std::optional<size_t> damaged;
    for (size_t place = 0; place < places_; ++place) {
        if (!has_record_of(place, owner.identity)) continue;
        if (known_[place].has_name && known_[place].name == owner.name) return place;
        if (!known_[place].has_name && !damaged) damaged = place;
    }
    return damaged ? Outcome<size_t>(*damaged) : fail(Code::item_not_found);
}

Outcome<size_t> RootTable::find(const Identity& owner, const engine::StoreId& store_id) const {
    for (size_t place = 0; place < places_; ++place)
        if (has_record_of(place, owner) && known_[place].store_id == store_id) return place;
    return fail(Code::item_not_found);
}

size_t RootTable::count(const Identity& owner) const {
    size_t stores = 0;
    for (size_t place = 0; place < places_; ++place) stores += has_record_of(place, owner) ? 1U : 0U;
    return stores;
}

Uuid RootTable::owner_id(size_t place) const {
    Uuid id{};
    copy_bytes(Bytes(known_[place].owner).subspan(4), id.bytes);
    return id;
}

// Whether only this tombstone says that its store was destroyed.
bool RootTable::must_be_kept(size_t place) const {
    const Known& known = known_[place];
    return known.holds == Holds::tombstone && (known.tombstone_flags & engine::kTombstoneOfAnotherTable) != 0;
}

size_t RootTable::kept_tombstones_of_owner(size_t place) const {
    size_t count = 0;
    for (size_t other = 0; other < places_; ++other)
        if (must_be_kept(other) && known_[other].owner == known_[place].owner) ++count;
    return count;
}

std::optional<size_t> RootTable::own_kept_tombstone(const Identity& owner) const {
    for (size_t place = 0; place < places_; ++place)
        if (known_[place].owner == owner_form(owner) && rank(place, owner) == 2) return place;
    return std::nullopt;
}

// The order in which places are given away, 0 first: what a place says is lost with it. Zeroes may be the place of a lost store, which its
// recovery copies can show only as long as nothing else is there. A tombstone that must be kept is given only to its owner and root.
size_t RootTable::rank(size_t place, const Identity& to) const {
    constexpr size_t kNever = 5;
    if (place >= places_) return 1;
    const Known& known = known_[place];
    if (known.holds == Holds::record || is_unfinished(place)) return kNever;
    if (known.holds == Holds::nothing) return layout_ == Layout::format_1_1 ? 4 : 0;
    if (!must_be_kept(place)) return 0;
    // The header has no room for the owner: without the tombstone, repairs of all owners would have to be refused.
    if (!header_.is_retired(owner_id(place)) && header_.retired_count >= engine::kRetiredMax) return kNever;
    if (known.owner == owner_form(to)) return 2;
    return is_root(to) ? 3 : kNever;
}

// Of other owners' tombstones, root gets first one of an owner that is already in the header, then one of the owner with the most.
bool RootTable::is_sooner_given_away(size_t place, size_t other, const Identity& to) const {
    if (rank(place, to) != rank(other, to)) return rank(place, to) < rank(other, to);
    if (rank(place, to) != 3) return false;
    const bool is_known = header_.is_retired(owner_id(place));
    if (is_known != header_.is_retired(owner_id(other))) return is_known;
    return kept_tombstones_of_owner(place) > kept_tombstones_of_owner(other);
}

// An OP-TEE that does not say its version is treated as an old one.
bool RootTable::is_in_old_rpmb() const {
    constexpr uint32_t kFirstWithoutFault = 4 << 16 | 10 << 8;
    if (anchor_ != engine::Anchor::rpmb) return false;
    const uint32_t version = gp::tee_property_version("gpd.tee.trustedos.implementation.version");
    return version == 0 ? !gp::tee_is_simulated() : version < kFirstWithoutFault;
}

Outcome<size_t> RootTable::free_place(const Identity& owner) const {
    const bool for_root = is_root(owner);
    const bool old = is_in_old_rpmb();
    const size_t all = old ? limits::kStoresMaxInOldRpmb : limits::kStoresMax;
    const size_t kept = old ? limits::kStoresKeptForRootInOldRpmb : limits::kStoresKeptForRoot;
    const size_t allowed = for_root ? all : all - kept;
    size_t records = 0;
    size_t kept_tombstones = 0;
    size_t held = 0;  // of both, by this owner
    std::optional<size_t> best;
    const size_t end = std::min(places_ + 1, all);
    for (size_t place = 0; place < end; ++place) {
        if (place < places_) {
            const bool is_record = known_[place].holds == Holds::record;
            if (is_record) ++records;
            if (must_be_kept(place)) ++kept_tombstones;
            if ((is_record || must_be_kept(place)) && known_[place].owner == owner_form(owner)) ++held;
        }
        if (rank(place, owner) <= 4 && (!best || is_sooner_given_away(place, *best, owner))) best = place;
    }
    if (records >= allowed) return fail(Code::limit_exceeded);
    // An owner at its limit reuses its own tombstone, and so does everybody when only root's places are left: else tombstones, which
    // may have to stay for good, could fill the table.
    const bool is_full = !for_root && records + kept_tombstones >= allowed;
    if (is_full || held >= limits::kStoresPerOwnerMax) {
        const auto own = own_kept_tombstone(owner);
        return own && *own < all ? Outcome<size_t>(*own) : fail(Code::limit_exceeded);
    }
    return best ? Outcome<size_t>(*best) : fail(Code::limit_exceeded);
}

std::optional<size_t> RootTable::lost_place(const engine::TablePlace& at) const {
    if (at.table != header_.table_id || at.place >= places_ || known_[at.place].holds != Holds::nothing) return std::nullopt;
    return at.place;
}

Outcome<std::optional<Identity>> RootTable::owner(size_t place) const {
    if (place >= places_) return fail(Code::item_not_found);
    if (known_[place].holds != Holds::record) return std::optional<Identity>{};
    Reader in(known_[place].owner);
    Identity identity;
    identity.login = static_cast<protocol::Login>(in.u32());
    in.read_into(identity.uuid.bytes);
    return std::optional(identity);
}

bool RootTable::is_of(size_t place, const engine::StoreId& store_id) const {
    return place < places_ && known_[place].holds == Holds::record && known_[place].store_id == store_id;
}

bool RootTable::remembers_destroyed(const engine::StoreId& store_id) const {
    if (layout_ != Layout::format_1_1) return false;  // only format 1.1 records what was destroyed
    for (size_t place = 0; place < places_; ++place)
        if (known_[place].holds == Holds::tombstone && known_[place].store_id == store_id) return true;
    return header_.is_retired(store_id);
}

bool RootTable::was_destroyed(const Identity& owner, const engine::StoreId& store_id,
                              const std::optional<engine::TablePlace>& at) const {
    if (layout_ != Layout::format_1_1) return false;
    if (remembers_destroyed(store_id)) return true;
    // A recovery copy of format 1.0 names no place to compare. If this table was itself one of 1.0, the store may have been
    // destroyed at that time.
    if (!at && (header_.flags & engine::kTableUpgraded) != 0) return true;
    const bool has_forgotten = has_forgotten_destroyed(owner);
    if (!at || at->table != header_.table_id) return has_forgotten;
    if (at->place >= places_) return false;
    const Known& there = known_[at->place];
    // The store may have been repaired into another place since.
    const bool says_another = there.holds == Holds::tombstone || there.names_store;
    if (has_forgotten && says_another && there.store_id != store_id) return true;
    // The place has another store or a tombstone: only a destroyed store gives its place away. Garbage means a loss.
    return there.holds == Holds::tombstone || (there.names_store && there.store_id != store_id);
}

Status RootTable::write(size_t place, const engine::RootRecord& record) {
    RootRecordBytes encoded{};
    encode(record, encoded);
    const Status written = overwrite(place, encoded);
    wipe(encoded);
    return written;
}

Status RootTable::write_new(size_t place, const engine::RootRecord& record) {
    FESTORE_CHECK(retire(place));
    return write(place, record);
}

Status RootTable::write_tombstone(size_t place, uint8_t flags) {
    if (place >= places_) return fail(Code::bad_state);
    engine::Tombstone tombstone;
    Reader owner(known_[place].owner);
    tombstone.flags = flags;
    tombstone.login = owner.u32();
    owner.read_into(tombstone.identity.bytes);
    tombstone.store_id = known_[place].store_id;
    RootRecordBytes encoded{};
    encode(tombstone, encoded);
    return overwrite(place, encoded);
}

Status RootTable::bury(size_t place) {
    if (place >= places_ || known_[place].holds != Holds::record) return fail(Code::bad_state);
    return write_tombstone(place, known_[place].tombstone_flags);
}

std::optional<size_t> RootTable::unfinished(size_t from) const {
    for (size_t place = from; place < places_; ++place)
        if (is_unfinished(place)) return place;
    return std::nullopt;
}

bool RootTable::has_unfinished(const Identity& owner) const {
    const auto wanted = owner_form(owner);
    for (size_t place = 0; place < places_; ++place)
        if (is_unfinished(place) && known_[place].owner == wanted) return true;
    return false;
}

Status RootTable::finish(size_t place) {
    if (place >= places_ || known_[place].holds != Holds::tombstone) return fail(Code::bad_state);
    const unsigned flags = known_[place].tombstone_flags;
    return write_tombstone(place, static_cast<uint8_t>(flags & ~unsigned{engine::kTombstoneHasCopySecret}));
}

}  // namespace festore::ta
