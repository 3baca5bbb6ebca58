// SPDX-License-Identifier: BSD-2-Clause
#include "ta/root_table.h"

#include "base/limits.h"
#include "base/reader.h"
#include "ta/persistent_objects.h"

#include <algorithm>

namespace festore::ta {
namespace {

using engine::kRootRecordBytes;
using engine::RootRecord;
using engine::RootRecordBytes;

constexpr uint32_t kFlags = TEE_DATA_FLAG_ACCESS_READ | TEE_DATA_FLAG_ACCESS_WRITE;
constexpr size_t kTableBytesMax = limits::kStoresMax * kRootRecordBytes;
// Where a record has its owner (docs/format-store.md), whatever its version is.
constexpr size_t kOwnerOffset = 8;
constexpr size_t kOwnerBytes = 4 + 16;
constexpr size_t kStoreIdOffset = kOwnerOffset + kOwnerBytes;

gp::ObjectId table_id() {
    gp::ObjectId id;
    copy_bytes(bytes_of(engine::kRootTableId), id.bytes);
    id.size = engine::kRootTableId.size();
    return id;
}

bool is_free(Bytes record) {
    return std::all_of(record.begin(), record.end(), [](std::byte b) { return b == std::byte{}; });
}

}  // namespace

Status RootTable::load() {
    if (loaded_) return {};
    FESTORE_CHECK(read_object());
    loaded_ = true;
    return {};
}

Status RootTable::read_object() {
    object_.reset();
    const uint32_t storage = FESTORE_TRY(trusted_storage(storage_of(anchor_)));
    gp::HeapBuffer fresh = FESTORE_TRY(gp::HeapBuffer::allocate(kTableBytesMax));
    size_t size = 0;
    Result<gp::PersistentObject> opened = gp::PersistentObject::open(storage, table_id(), kFlags);
    if (opened) {
        size = FESTORE_TRY(opened->size());
        if (size > kTableBytesMax || size % kRootRecordBytes != 0) return fail(Code::corrupt_object);
        if (FESTORE_TRY(opened->read(fresh.bytes().first(size))) != size) return fail(Code::corrupt_object);
    } else if (opened.error().code != Code::item_not_found) {
        return tl::make_unexpected(opened.error());
    }
    const size_t places = size / kRootRecordBytes;
    const auto now = [&](size_t place) { return known_of(fresh.view().subspan(place * kRootRecordBytes, kRootRecordBytes)); };
    for (size_t place = 0; place < places_; ++place) FESTORE_CHECK(accept(place, now(place)));
    for (size_t place = 0; place < places; ++place) known_[place] = now(place);
    if (opened) object_.emplace(std::move(*opened));
    memory_.emplace(std::move(fresh));
    places_ = places;
    return {};
}

RootTable::Known RootTable::known_of(Bytes record) {
    Known known;
    known.is_used = !is_free(record);
    known.at_hand = true;
    copy_bytes(record.subspan(kOwnerOffset, known.owner.size()), known.owner);
    copy_bytes(record.subspan(kStoreIdOffset, known.store_id.size()), known.store_id);
    if (const Result<RootRecord> decoded = engine::decode_root_record(record)) {
        known.is_readable = true;
        known.epoch = decoded->epoch;
        known.generation = decoded->generation;
    }
    return known;
}

// Rule 5: for as long as this instance lives, no store goes back.
Status RootTable::accept(size_t place, const Known& now) const {
    const Known& seen = known_[place];
    if (!seen.is_readable || (place == erasing_ && !now.is_used)) return {};
    const bool goes_on = now.is_readable && now.store_id == seen.store_id && now.epoch == seen.epoch &&
                         now.generation >= seen.generation;
    return goes_on ? Status{} : fail(Code::corrupt_object);
}

void RootTable::forget(size_t place) {
    wipe(raw(place));
    known_[place].at_hand = false;
}

// After any failure all is read anew (rule 2).
Status RootTable::read_record(size_t place) {
    if (!object_) return fail(Code::bad_state);
    const Result<size_t> read = object_->read_at(place * kRootRecordBytes, raw(place));
    if (!read || *read != kRootRecordBytes) {
        wipe(raw(place));
        loaded_ = false;
        FESTORE_CHECK(load());
        return place < places_ ? Status{} : fail(Code::item_not_found);
    }
    const Known now = known_of(raw(place));
    if (const Status accepted = accept(place, now); !accepted) {
        wipe(raw(place));
        return accepted;
    }
    known_[place] = now;
    return {};
}

Result<size_t> RootTable::find(const Identity& owner) const {
    std::array<std::byte, kOwnerBytes> wanted{};
    Writer out(wanted);
    out.u32(static_cast<uint32_t>(owner.login));
    out.bytes(owner.uuid.bytes);
    for (size_t place = 0; place < places_; ++place)
        if (known_[place].is_used && known_[place].owner == wanted) return place;
    return fail(Code::item_not_found);
}

Result<size_t> RootTable::free_place(bool for_root) const {
    const size_t places = for_root ? limits::kStoresMax : limits::kStoresMax - limits::kStoresKeptForRoot;
    size_t used = 0;
    size_t free = places_;
    for (size_t place = places_; place-- > 0;) {
        if (!known_[place].is_used) free = place;
        else ++used;
    }
    if (used >= places || free >= limits::kStoresMax) return fail(Code::limit_exceeded);
    return free;
}

Result<RootRecord> RootTable::record(size_t place) {
    if (place >= places_) return fail(Code::item_not_found);
    if (!known_[place].at_hand) FESTORE_CHECK(read_record(place));
    RootRecord record = FESTORE_TRY(engine::decode_root_record(raw(place)));
    if (record.anchor != anchor_) return fail(Code::corrupt_object);
    return record;
}

Result<std::optional<Identity>> RootTable::owner(size_t place) const {
    if (place >= places_) return fail(Code::item_not_found);
    if (!known_[place].is_used) return std::optional<Identity>{};
    Reader in(known_[place].owner);
    Identity identity;
    identity.login = static_cast<protocol::Login>(in.u32());
    in.read_into(identity.uuid.bytes);
    return std::optional(identity);
}

Status RootTable::put(size_t place, const RootRecordBytes& encoded) {
    const size_t offset = place * kRootRecordBytes;
    if (object_) return object_->write(offset, encoded);
    if (place != 0) return fail(Code::bad_state);
    const uint32_t storage = FESTORE_TRY(trusted_storage(storage_of(anchor_)));
    object_.emplace(FESTORE_TRY(gp::PersistentObject::create(storage, table_id(), kFlags, encoded)));
    return {};
}

Status RootTable::write(size_t place, const RootRecord& record) {
    if (!loaded_ || place > places_ || place >= limits::kStoresMax) return fail(Code::bad_state);
    RootRecordBytes encoded{};
    encode(record, encoded);
    const Status written = overwrite(place, encoded);
    wipe(encoded);
    return written;
}

Status RootTable::overwrite(size_t place, const RootRecordBytes& encoded) {
    const Status written = put(place, encoded);
    if (written) {
        copy_bytes(encoded, raw(place));
        known_[place] = known_of(encoded);
        places_ = std::max(places_, place + 1);
        return {};
    }
    // Rule 4: what is there now decides.
    loaded_ = false;
    FESTORE_CHECK(load());
    return place < places_ && text_of(raw(place)) == text_of(encoded) ? Status{} : written;
}

bool RootTable::is_of(size_t place, const engine::StoreId& store_id) const {
    return place < places_ && known_[place].store_id == store_id;
}

// Rule 5 is not broken by a record that is found gone after an attempt to erase it.
Status RootTable::erase(size_t place) {
    if (!loaded_ || place >= places_) return fail(Code::bad_state);
    erasing_ = place;
    const Status erased = overwrite(place, RootRecordBytes{});
    erasing_ = kNoPlace;
    return erased;
}

}  // namespace festore::ta
