// SPDX-License-Identifier: BSD-2-Clause
// Copying a store's index into a new one, entry by entry, in steps: what repair and rebuild have in common. The session keeps the state
// between the steps. It is on the heap: a workspace, which makes the new index, and some hundred bytes; the shared workspace reads the
// old index.
#pragma once
#include "engine/records/recovery.h"
#include "engine/reserved.h"
#include "engine/records/store_claim.h"
#include "protocol/store_rebuild.h"
#include "ta/store/workspace.h"

namespace festore::ta {

// How many names one transaction of an undo reads again: its pages suffice for more, whatever the names are.
inline constexpr size_t kUndonePerTransaction = 2000;

enum class CopyKind : uint8_t {
    repair,          // from a recovery copy; into a new page file
    rebuild,         // from the record as the TEE has it; into a new page file
    without_damage,  // as rebuild, but leaves out what is damaged
    undo,            // copies what was left out, from the old page file into the present index
};

// The range of names left out since the last copied entry.
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
    engine::RootRecord old;    // the record whose index is read
    std::optional<engine::TablePlace> at;  // repair: where the record was, according to the recovery copy
    engine::TablePlace to;     // of a record that moves: its new place, as its recovery copy says
    engine::RootRecord before;  // not repair: the record that the TEE had at the beginning, and must still have at the end
    engine::RootRecord base;   // the record that the running transaction began with
    engine::StoreClaim claim;  // repair and rebuild: what the client says of the store
    Workspace fresh;           // makes the new index
    std::array<std::byte, limits::kNameBytesMax> name{};  // the last name copied; if `inclusive`, the name to continue with
    uint8_t name_bytes = 0;
    bool inclusive = false;
    bool copied_since_turn = false;
    bool is_turning = false;       // the transaction is full, and must be ended first
    bool has_old_record = false;   // without_damage: the old record is in the new index
    bool is_copied = false;        // all of the old index is copied
    bool is_complete = false;      // the new record is prepared for commit
    PendingRange pending;

    // Of undo: the lost range whose names are read again.
    bool has_range = false;
    bool had_range = false;
    bool is_shortened = false;    // the transaction has enough names: the rest of the range stays lost until the next transaction
    size_t copied_in_part = 0;
    std::array<std::byte, limits::kNameBytesMax> range_key_memory{};
    uint8_t range_key_bytes = 0;
    std::array<std::byte, limits::kNameBytesMax> range_end{};  // the first name after the range
    uint8_t range_end_bytes = 0;                               // 0: the range has no end

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
    // If the two indexes have different ciphers, a payload sealed with the cipher of the one has the "other cipher" for the other.
    [[nodiscard]] engine::Entry entry_of(const engine::Entry& from_old) const {
        engine::Entry entry = from_old;
        if (old.cipher != base.cipher && entry.kind == engine::EntryKind::payload) entry.flags ^= engine::kEntryOtherCipher;
        return entry;
    }
    // The rest must begin after a name that a bound has room for.
    [[nodiscard]] bool is_part_full() const {
        return kind == CopyKind::undo && copied_in_part >= kUndonePerTransaction && name_bytes < engine::LostBound::kBytesMax;
    }

    // Leaves out the names of that page, from begin to end, that come after the last copied name. Empty begin or end: no bound.
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
    // Leaves out an object whose content is damaged.
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
    // Continues reading the old index after this key, or, with `from_it_on`, at it.
    void go_on(Bytes key, bool from_it_on) {
        copy_bytes(key, name);
        name_bytes = static_cast<uint8_t>(key.size());
        inclusive = from_it_on;
    }
};

// What one step must leave out.
struct LeftOut {
    uint32_t page = 0;  // a damaged page of the old index; 0: none
    Bytes name;         // an object's name; empty: none
    bool is_done = false;  // that object has been left out, or did not exist
};

// One step of the running copy. After an error the copy is over.
struct Call;
Outcome<protocol::RepairStepAnswer> copy_step(Call& call, protocol::PageArea request, LeftOut& left_out);

}  // namespace festore::ta
