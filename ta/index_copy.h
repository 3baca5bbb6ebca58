// SPDX-License-Identifier: BSD-2-Clause
// Copying a store's index into another one, entry by entry, in steps: what repair and rebuild have in common. It is under way in
// its session. On the heap: a workspace, which makes the new index, and some hundred bytes; the shared workspace reads the old one.
#pragma once
#include "engine/recovery.h"
#include "engine/reserved.h"
#include "engine/store_claim.h"
#include "protocol/store_rebuild.h"
#include "ta/workspace.h"

namespace festore::ta {

// Names that one transaction of an undo reads again: fewer than its pages are enough for, whatever the names are.
inline constexpr size_t kUndonePerTransaction = 2000;

enum class CopyKind : uint8_t {
    repair,          // from a recovery copy; into a new page file
    rebuild,         // from the record as the TEE has it; into a new page file
    without_damage,  // the same, past what is damaged
    undo,            // what was passed over, from the old page file into the index as it is
};

// Names that were left out since the last entry that was copied.
struct PendingRange {
    bool is_there = false;
    bool is_exact = true;  // its bounds are not rounded
    engine::LostBound from;
    engine::LostBound before;  // empty: there is no end
};

struct IndexCopy {
    explicit IndexCopy(TeeCrypto& crypto) : fresh(crypto) {}
    ~IndexCopy() {
        wipe(old.secret);
        wipe(before.secret);
        wipe(base.secret);
    }

    CopyKind kind = CopyKind::repair;
    engine::RootRecord old;    // whose index is read
    std::optional<engine::TablePlace> at;  // of repair: where the recovery copy says that the record was
    engine::TablePlace to;     // of a record that moves: where it will lie, as its recovery copy says
    engine::RootRecord before;  // of the others: the record that the TEE had at the beginning, and must have at the end
    engine::RootRecord base;   // that the running transaction began with
    engine::StoreClaim claim;  // of repair, and rebuild: what the client says of the store
    Workspace fresh;           // makes the new index
    std::array<std::byte, limits::kNameBytesMax> name{};  // copied last; or where to go on, inclusive
    uint8_t name_bytes = 0;
    bool inclusive = false;
    bool copied_since_turn = false;
    bool is_turning = false;       // the transaction is full, and has to be ended first
    bool has_old_record = false;   // without_damage: it is in the new index
    bool is_copied = false;        // all of the old index
    bool is_complete = false;      // prepared: for commit
    PendingRange pending;

    // Of undo: the lost range whose names are read again.
    bool has_range = false;
    bool had_range = false;
    bool is_shortened = false;    // the transaction has enough: what is left of the range stays lost until the next one
    size_t copied_in_part = 0;
    std::array<std::byte, limits::kNameBytesMax> range_key_memory{};
    uint8_t range_key_bytes = 0;
    std::array<std::byte, limits::kNameBytesMax> range_end{};  // the first name behind it
    uint8_t range_end_bytes = 0;                               // 0: there is none

    [[nodiscard]] Bytes range_key() const { return Bytes(range_key_memory).first(range_key_bytes); }
    [[nodiscard]] bool is_behind_range(Bytes name_of_entry) const {
        return range_end_bytes != 0 && engine::compare_keys(name_of_entry, Bytes(range_end).first(range_end_bytes)) >= 0;
    }
    void begin_range(Bytes key, const engine::LostRange& range) {
        copy_bytes(key, range_key_memory);
        range_key_bytes = static_cast<uint8_t>(key.size());
        copy_bytes(range.before, range_end);
        range_end_bytes = static_cast<uint8_t>(range.before.size());
        go_on(range.from, true);
        has_range = had_range = true;
        is_copied = false;
    }
    [[nodiscard]] Bytes range_before() const { return Bytes(range_end).first(range_end_bytes); }
    [[nodiscard]] Bytes position() const { return Bytes(name).first(name_bytes); }
    // Between indexes of two ciphers: what is sealed with the one's is sealed with the other's other one.
    [[nodiscard]] engine::Entry entry_of(const engine::Entry& from_old) const {
        engine::Entry entry = from_old;
        if (old.cipher != base.cipher && entry.kind == engine::EntryKind::payload) entry.flags ^= engine::kEntryOtherCipher;
        return entry;
    }
    // The rest is to begin behind a name for which a bound has room.
    [[nodiscard]] bool is_part_full() const {
        return kind == CopyKind::undo && copied_in_part >= kUndonePerTransaction && name_bytes < engine::LostBound::kBytesMax;
    }

    // The names of that page of which none was copied before. Empty ends: from the first, to the last.
    void leave_out_page(Bytes begin, Bytes end) {
        engine::LostBound copied;
        bool is_exact = true;
        const bool has_position = name_bytes > 0 && !engine::is_reserved(position());
        if (has_position) is_exact = inclusive ? copied.round_down(position()) : copied.set_behind(position());
        const bool is_within = has_position && (begin.empty() || engine::compare_keys(copied.bytes(), begin) > 0);
        engine::LostBound from;
        if (is_within) from = copied;
        else is_exact = from.round_down(engine::is_reserved(begin) ? Bytes() : begin);
        extend_pending(from, is_exact, end);
    }
    // An object whose content is damaged.
    void leave_out_object(Bytes key) {
        std::array<std::byte, limits::kNameBytesMax + 1> behind{};
        copy_bytes(key, behind);
        engine::LostBound from;
        const bool is_exact = from.round_down(key);
        extend_pending(from, is_exact, Bytes(behind).first(key.size() + 1));
    }
    void extend_pending(const engine::LostBound& from, bool is_exact, Bytes end) {
        if (!pending.is_there) {
            pending.from = from;
            pending.is_exact = true;
        }
        const bool is_exact_there = pending.before.round_up(end);
        pending.is_exact = pending.is_exact && is_exact && is_exact_there;
        pending.is_there = true;
    }
    // The old index is read on behind this key, or from it on.
    void go_on(Bytes key, bool from_it_on) {
        copy_bytes(key, name);
        name_bytes = static_cast<uint8_t>(key.size());
        inclusive = from_it_on;
    }
};

// What a step is told to leave out.
struct LeftOut {
    uint32_t page = 0;  // of the old index, damaged; 0: none is
    Bytes name;         // of an object; empty: none
    bool is_done = false;  // that object has been left out, or was not there
};

// One step of the copy that is under way. After an error it is over.
struct Call;
Result<protocol::RepairStepAnswer> copy_step(Call& call, protocol::PageArea request, LeftOut& left_out);

}  // namespace festore::ta
