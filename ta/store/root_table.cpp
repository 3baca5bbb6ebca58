// SPDX-License-Identifier: BSD-2-Clause
// Reading and writing the table. The meaning of its places is in root_table_places.cpp.
#include "ta/store/root_table.h"

#include "ta/objects/persistent_objects.h"

#include <algorithm>

namespace festore::ta {
namespace {

using engine::kRootRecordBytes;
using engine::kTableHeaderBytes;
using engine::RootRecord;
using engine::RootRecordBytes;
using engine::TableHeaderBytes;

constexpr uint32_t kFlags = TEE_DATA_FLAG_ACCESS_READ | TEE_DATA_FLAG_ACCESS_WRITE;
// Where records of all versions, and tombstones, have their owner (docs/format-store.md).
constexpr size_t kOwnerOffset = 8;
constexpr size_t kOwnerBytes = 4 + 16;
constexpr size_t kStoreIdOffset = kOwnerOffset + kOwnerBytes;

gp::ObjectId table_object() { return *gp::ObjectId::from(bytes_of(engine::kRootTableId)); }

bool is_zero(Bytes bytes) {
    return std::all_of(bytes.begin(), bytes.end(), [](std::byte b) { return b == std::byte{}; });
}

}  // namespace

struct RootTable::Image {
    explicit Image(gp::HeapBuffer&& buffer) : memory(std::move(buffer)) {}
    [[nodiscard]] Bytes place(size_t n) const {
        return memory.view().subspan(kTableHeaderBytes + n * kRootRecordBytes, kRootRecordBytes);
    }
    gp::HeapBuffer memory;  // laid out as memory_
    Layout layout = Layout::none;
    engine::TableHeader header;
    size_t places = 0;
    std::optional<gp::PersistentObject> object;
};

Status RootTable::load() {
    if (loaded_) return {};
    FESTORE_CHECK(read_object());
    loaded_ = true;
    changing_ = kNoPlace;  // the result of that change is known now
    changing_no_rpmb_ = false;
    return {};
}

Outcome<RootTable::Image> RootTable::read_image() {
    const uint32_t storage = FESTORE_TRY(trusted_storage(storage_of(anchor_)));
    Image image(FESTORE_TRY(gp::HeapBuffer::allocate(kBytesMax)));
    image.header.anchor = anchor_;
    Outcome<gp::PersistentObject> opened = gp::PersistentObject::open(storage, table_object(), kFlags);
    if (!opened && opened.error().code == Code::item_not_found) return image;
    if (!opened) return fail(opened.error());
    const size_t size = FESTORE_TRY(opened->size());
    image.layout = size % kRootRecordBytes == 0 ? Layout::format_1_0 : Layout::format_1_1;
    const size_t before = image.layout == Layout::format_1_0 ? kTableHeaderBytes : 0;  // puts the places where 1.1 has them
    if (before + size > kBytesMax || (before + size) % kRootRecordBytes != kTableHeaderBytes) return fail(Code::corrupt_object);
    if (FESTORE_TRY(opened->read(image.memory.bytes().subspan(before, size))) != size) return fail(Code::corrupt_object);
    if (before == 0) image.header = FESTORE_TRY(engine::decode_table_header(image.memory.view().first(kTableHeaderBytes)));
    if (image.header.anchor != anchor_) return fail(Code::corrupt_object);
    image.places = (before + size) / kRootRecordBytes;
    image.object.emplace(std::move(*opened));
    return image;
}

Status RootTable::read_object() {
    object_.reset();
    Image image = FESTORE_TRY(read_image());
    FESTORE_CHECK(accept(image));
    for (size_t place = 0; place < image.places; ++place) known_[place] = known_of(image.place(place));
    object_ = std::move(image.object);
    memory_.emplace(std::move(image.memory));
    layout_ = image.layout;
    // An id that was given stays until it is durable.
    if (layout_ == Layout::format_1_1) header_ = image.header;
    header_.anchor = anchor_;
    places_ = image.places;
    return {};
}

RootTable::Known RootTable::known_of(Bytes content) const {
    Known known;
    known.at_hand = true;
    if (is_zero(content)) return known;
    known.holds = Holds::record;
    known.names_store = engine::looks_like_record(content);
    copy_bytes(content.subspan(kOwnerOffset, known.owner.size()), known.owner);
    copy_bytes(content.subspan(kStoreIdOffset, known.store_id.size()), known.store_id);
    if (engine::looks_like_tombstone(content)) {
        const auto tombstone = engine::decode_tombstone(content);
        known.holds = Holds::tombstone;
        known.tombstone_flags = tombstone ? tombstone->flags : uint8_t{engine::kTombstoneOfAnotherTable};
        return known;
    }
    copy_bytes(content.subspan(engine::kRootNameOffset, known.name.size()), known.name);
    // For an unreadable record the worse case is assumed.
    bool of_another_table = true;
    Outcome<RootRecord> record = engine::decode_root_record(content);
    const bool is_newer = !record && record.error().code == Code::not_supported && content[4] == std::byte{engine::kFormatMajor};
    known.has_name = record || is_newer;
    if (record) {
        known.is_readable = true;
        known.epoch = record->epoch;
        known.generation = record->generation;
        of_another_table = record->minor == 0 || (record->flags & engine::kRootOfAnotherTable) != 0;
        wipe(record->secret);
    }
    known.tombstone_flags = of_another_table ? engine::kTombstoneOfAnotherTable : 0;
    if (anchor_ == engine::Anchor::rpmb) known.tombstone_flags |= engine::kTombstoneHasCopySecret;
    return known;
}

// Rule 5: as long as this instance lives, an older state is refused.
Status RootTable::accept(const Image& image) const {
    if (layout_ == Layout::format_1_1) {
        const engine::TableHeader& now = image.header;
        // A flag that is set stays set, except kTableNoRpmb, which root sets and revokes.
        const uint32_t stay = header_.flags & ~uint32_t{engine::kTableNoRpmb};
        const bool same_word = changing_no_rpmb_ || ((now.flags ^ header_.flags) & engine::kTableNoRpmb) == 0;
        const bool goes_on = image.layout == Layout::format_1_1 && now.table_id == header_.table_id &&
                             (now.flags & stay) == stay && same_word &&
                             (now.retired_count > header_.retired_count || now.retired == header_.retired);
        if (!goes_on) return fail(Code::corrupt_object);
    }
    for (size_t place = 0; place < places_; ++place) FESTORE_CHECK(accept(place, known_of(image.place(place))));
    return {};
}

Status RootTable::accept(size_t place, const Known& now) const {
    const Known& seen = known_[place];
    if (seen.holds == Holds::nothing || (seen.holds == Holds::record && !seen.is_readable)) return {};
    if (place == changing_ && seen.holds == Holds::tombstone && now.is_readable) return {};
    const bool is_same = now.store_id == seen.store_id;
    if (place == changing_ && now.holds == Holds::tombstone && is_same) return {};
    const bool goes_on = seen.holds == Holds::tombstone
                             ? now.holds == Holds::tombstone
                             : now.is_readable && now.epoch == seen.epoch && now.generation >= seen.generation;
    return is_same && goes_on ? Status{} : fail(Code::corrupt_object);
}

void RootTable::forget(size_t place) {
    wipe(raw(place));
    known_[place].at_hand = false;
}

// After any failure everything is read again (rule 2).
Status RootTable::read_record(size_t place) {
    if (!object_) return fail(Code::bad_state);
    const Outcome<size_t> read = object_->read_at(offset_of(place), raw(place));
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

Outcome<RootRecord> RootTable::record(size_t place) {
    if (place >= places_) return fail(Code::item_not_found);
    if (!known_[place].at_hand) FESTORE_CHECK(read_record(place));
    RootRecord record = FESTORE_TRY(engine::decode_root_record(raw(place)));
    if (record.anchor != anchor_) return fail(Code::corrupt_object);
    return record;
}

// Makes the object with its header, and with the first record if one is given.
Status RootTable::make_object(Bytes first) {
    const uint32_t storage = FESTORE_TRY(trusted_storage(storage_of(anchor_)));
    gp::HeapBuffer content = FESTORE_TRY(gp::HeapBuffer::allocate(kTableHeaderBytes + first.size()));
    TableHeaderBytes header{};
    encode(header_, header);
    Writer out(content.bytes());
    out.bytes(header);
    out.bytes(first);
    object_.emplace(FESTORE_TRY(gp::PersistentObject::create(storage, table_object(), kFlags, content.view())));
    layout_ = Layout::format_1_1;
    return {};
}

// From format 1.0 to 1.1: writes the header and all places, of which only the changed one is new, in one step. The other records become
// 1.1 at their own next commits.
Status RootTable::upgrade(const Change& change) {
    const uint32_t storage = FESTORE_TRY(trusted_storage(storage_of(anchor_)));
    object_.reset();  // the TEE does not replace an open object
    Image image = FESTORE_TRY(read_image());
    FESTORE_CHECK(accept(image));
    if (image.layout != Layout::format_1_0 || image.places != places_) return fail(Code::corrupt_object);
    image.object.reset();
    TableHeaderBytes header{};
    header_.flags |= engine::kTableUpgraded;
    encode(header_, header);
    copy_bytes(header, image.memory.bytes().first(kTableHeaderBytes));
    size_t places = places_;
    if (change.content != nullptr) {
        const size_t offset = kTableHeaderBytes + change.place * kRootRecordBytes;
        copy_bytes(*change.content, image.memory.bytes().subspan(offset, kRootRecordBytes));
        places = std::max(places, change.place + 1);
    }
    const size_t size = kTableHeaderBytes + places * kRootRecordBytes;
    FESTORE_CHECK(gp::PersistentObject::replace(storage, table_object(), image.memory.view().first(size)));
    layout_ = Layout::format_1_1;
    object_.emplace(FESTORE_TRY(gp::PersistentObject::open(storage, table_object(), kFlags)));
    return {};
}

Status RootTable::put(size_t place, const RootRecordBytes& encoded) {
    if (layout_ == Layout::format_1_0) return upgrade({place, &encoded});
    if (object_) return object_->write(offset_of(place), encoded);
    return place == 0 ? make_object(encoded) : fail(Code::bad_state);
}

Status RootTable::overwrite(size_t place, const RootRecordBytes& encoded) {
    if (!loaded_ || !has_id() || place > places_ || place >= limits::kStoresMax) return fail(Code::bad_state);
    const Layout before = layout_;
    changing_ = place;
    Status written = put(place, encoded);
    if (written) {
        copy_bytes(encoded, raw(place));
        known_[place] = known_of(encoded);
        places_ = std::max(places_, place + 1);
    } else {
        // Rule 4: what is in the object now decides.
        loaded_ = false;
        layout_ = before;
        if (const Status loaded = load(); !loaded) written = loaded;
        else if (place < places_ && text_of(raw(place)) == text_of(encoded)) written = {};
    }
    // As long as the result is not known, the place may later be found with the old or the new content.
    if (loaded_) changing_ = kNoPlace;
    return written;
}

// The header lies in the first block of an RPMB, and is written in one step like a place. After an error the present content
// decides (rule 4), once load() has read it.
Status RootTable::put_header(const engine::TableHeader& next) {
    const Layout before = layout_;
    const engine::TableHeader header_before = header_;
    const auto write = [&]() -> Status {
        header_ = next;
        if (layout_ == Layout::none) return make_object({});
        if (layout_ == Layout::format_1_0) return upgrade({});
        if (!object_) return fail(Code::bad_state);
        TableHeaderBytes encoded{};
        encode(next, encoded);
        return object_->write(0, encoded);
    };
    const Status written = write();
    if (!written) {
        loaded_ = false;
        layout_ = before;
        header_ = header_before;
        FESTORE_CHECK(load());
    }
    return written;
}

Status RootTable::say_no_rpmb(bool none) {
    if (!loaded_ || !has_id() || anchor_ != engine::Anchor::ree) return fail(Code::bad_state);
    if (says_no_rpmb() == none) return {};
    engine::TableHeader next = header_;
    next.flags ^= engine::kTableNoRpmb;
    changing_no_rpmb_ = true;
    const Status written = put_header(next);
    if (loaded_) changing_no_rpmb_ = false;
    return loaded_ && says_no_rpmb() == none ? Status{} : written;
}

// Notes the tombstone's owner in the header, before the tombstone's place is used again.
Status RootTable::retire(size_t place) {
    if (place >= places_ || !must_be_kept(place) || layout_ != Layout::format_1_1) return {};
    const Uuid owner = owner_id(place);
    if (header_.is_retired(owner)) return {};
    engine::TableHeader next = header_;
    next.retire(owner);
    const Status written = put_header(next);
    if (written || !loaded_) return written;
    return header_.is_retired(owner) ? Status{} : written;
}

}  // namespace festore::ta
