// SPDX-License-Identifier: BSD-2-Clause
#include "ta/store/index_copy.h"

#include "engine/records/recovery.h"
#include "protocol/store_rebuild.h"
#include "ta/store/copy_secret.h"
#include "ta/call.h"

namespace festore::ta {
namespace {

using engine::Entry;
using engine::LostRange;
using engine::ChangeProgress;
using engine::RootRecord;
using engine::IndexTransaction;
using protocol::CallOutcome;

// The pages of one of the two page files; both files share one page area.
class MarkedPages final : public engine::CallPages {
public:
    MarkedPages(PageArea& area, uint32_t mark) : area_(area), mark_(mark) {}
    bool contains(uint32_t page) override { return area_.contains(page | mark_); }
    Status read(uint32_t page, engine::PageBytes& sealed) override { return area_.read(page | mark_, sealed); }
    size_t room() override { return area_.room(); }
    Status write(uint32_t page, const engine::PageBytes& sealed) override { return area_.write(page | mark_, sealed); }

private:
    PageArea& area_;
    uint32_t mark_;
};

struct Step {
    CallOutcome outcome = CallOutcome::done;
    bool complete = false;
    engine::Pages* needing = nullptr;  // whose pages are needed
    uint32_t needing_mark = 0;
};

uint32_t old_mark(const IndexCopy& copy) { return copy.kind == CopyKind::undo ? protocol::kOldPage : 0; }
uint32_t fresh_mark(const IndexCopy& copy) { return copy.kind == CopyKind::undo ? 0 : protocol::kNewPage; }

void needs_fresh_pages(IndexCopy& copy, Step& step) {
    step.outcome = CallOutcome::need_pages;
    step.needing = &copy.fresh.pages;
    step.needing_mark = fresh_mark(copy);
}

// Writes changes to the new index. Each change first checks that the area has the room that one change needs.
class Writing {
public:
    Writing(IndexCopy& copy, PageArea& area) : copy_(copy), pages_(area, fresh_mark(copy)) {}
    [[nodiscard]] IndexTransaction& transaction() { return copy_.fresh.transaction; }
    [[nodiscard]] MarkedPages& pages() { return pages_; }

    // True if `change` is done; else `step` says why not.
    template <class F>
    Outcome<bool> write(Step& step, F&& change) {
        if (pages_.room() < transaction().room_for_change()) {
            step.outcome = CallOutcome::need_room;
            return false;
        }
        const Outcome<ChangeProgress> changed = change(transaction(), pages_);
        if (!changed && changed.error().code == Code::limit_exceeded && copy_.copied_since_turn && copy_.kind != CopyKind::undo) {
            copy_.is_turning = true;
            return false;
        }
        if (!changed) return fail(changed.error());
        if (*changed == ChangeProgress::need_pages) {
            needs_fresh_pages(copy_, step);
            return false;
        }
        copy_.copied_since_turn = true;
        return true;
    }

private:
    IndexCopy& copy_;
    MarkedPages pages_;
};

// Writes lost ranges for the names left out since the last copied entry. Names that an existing lost range covers need no new one, but an
// acknowledged range becomes unacknowledged again. False: not done yet, and `step` says why.
Outcome<bool> put_pending(IndexCopy& copy, Writing& writing, Step& step) {
    while (copy.pending.is_there) {
        PendingRange& pending = copy.pending;
        const Bytes from = pending.from.bytes();
        const Bytes before = pending.before.bytes();
        engine::NextLostRange next(from);
        engine::IndexReader reader = writing.transaction().reader(writing.pages());
        if (FESTORE_TRY(next.run(reader)) == ChangeProgress::need_pages) {
            needs_fresh_pages(copy, step);
            return false;
        }
        const LostRange& there = next.range();
        const auto is_behind = [&](Bytes name) { return !before.empty() && engine::compare_keys(name, before) >= 0; };
        if (next.found() && there.contains(from)) {
            // Else names that nobody has acknowledged as lost would look absent.
            const LostRange again{false, 0, there.from, there.before};
            if (there.acknowledged &&
                !FESTORE_TRY(writing.write(step, [&](IndexTransaction& t, MarkedPages& pages) { return t.put_lost_range(pages, again); })))
                return false;
            const bool is_over = there.before.empty() || is_behind(there.before);
            pending.is_there = !is_over;
            if (!is_over) pending.from.round_down(there.before);
            continue;
        }
        const bool cuts = next.found() && !is_behind(there.from);
        const LostRange piece{false, pending.is_exact ? copy.old.epoch : 0, from, cuts ? there.from : before};
        if (!FESTORE_TRY(writing.write(step, [&](IndexTransaction& t, MarkedPages& pages) { return t.put_lost_range(pages, piece); })))
            return false;
        pending.is_there = cuts;
        if (cuts) pending.from.round_down(there.from);
    }
    return true;
}

// Copies entries into the new index until a step has to end.
class Copying final : public engine::IndexReader::Sink {
public:
    Copying(IndexCopy& copy, Writing& writing, Step& step, LeftOut& left_out)
        : copy_(copy), writing_(writing), step_(step), left_out_(left_out) {}
    bool take(Bytes key, const Entry& entry) override {
        if (is_to_be_left_out(key)) return false;
        if (copy_.kind == CopyKind::undo && copy_.is_behind_range(key)) {
            came_to_end = true;
            return false;
        }
        // The old record of an earlier loss is useless now: there is only one old page file.
        const bool is_outdated = copy_.kind == CopyKind::without_damage && engine::compare_keys(key, engine::kOldRecordKey) == 0;
        if (copy_.is_part_full()) {
            came_to_end = copy_.is_shortened = true;
            return false;
        }
        if (!is_outdated) {
            Outcome<bool> copied = put_pending(copy_, writing_, step_);
            const Entry made = copy_.entry_of(entry);
            if (copied && *copied)
                copied = writing_.write(step_, [&](IndexTransaction& t, MarkedPages& pages) { return t.copy(pages, key, made); });
            if (!copied) status = fail(copied.error());
            if (!copied || !*copied) return false;
        }
        copy_.go_on(key, false);
        ++copy_.copied_in_part;
        return true;
    }
    Status status;
    bool came_to_end = false;  // of the range

private:
    bool is_to_be_left_out(Bytes key) {
        if (left_out_.name.empty() || engine::is_reserved(key)) return false;
        const int order = engine::compare_keys(key, left_out_.name);
        if (order < 0) return false;
        left_out_.is_done = true;
        if (order > 0) return true;
        copy_.leave_out_object(key);
        copy_.go_on(key, false);
        return true;
    }

    IndexCopy& copy_;
    Writing& writing_;
    Step& step_;
    LeftOut& left_out_;
};

// A transaction of the new index is full: its result becomes the base of the next one.
Outcome<CallOutcome> turn(IndexCopy& copy, Writing& writing) {
    IndexTransaction& transaction = copy.fresh.transaction;
    if (FESTORE_TRY(transaction.prepare(writing.pages())) == IndexTransaction::Prepared::need_room) return CallOutcome::need_room;
    copy.base = transaction.record();
    transaction.end();
    copy.is_turning = false;
    copy.copied_since_turn = false;
    FESTORE_CHECK(transaction.begin(copy.fresh.keys(), copy.base));
    return CallOutcome::done;
}

// A root record's bytes, wiped at the end.
struct OldRecord {
    engine::RootRecordBytes bytes{};
    ~OldRecord() { wipe(bytes); }
};

// Puts the old record into the new index, to let the loss be undone as long as the old page file exists.
Outcome<bool> keep_old_record(IndexCopy& copy, Writing& writing, Step& step) {
    if (copy.kind != CopyKind::without_damage || copy.has_old_record) return true;
    OldRecord old;
    engine::encode(copy.old, old.bytes);
    Entry entry;
    entry.version = 1;
    entry.content = old.bytes;
    entry.size = old.bytes.size();
    copy.has_old_record = FESTORE_TRY(writing.write(step, [&](IndexTransaction& t, MarkedPages& pages) {
        return t.put_reserved(pages, engine::kOldRecordKey, entry);
    }));
    return copy.has_old_record;
}

// Leaves out the names of a damaged page that were not copied before. The first pages may have had lost ranges: then any name may lie in
// one, and one lost range covers all names.
Outcome<bool> put_gap(IndexCopy& copy, Writing& writing, Step& step, const engine::IndexReader& reader) {
    const Bytes begin = reader.gap_begin();
    const Bytes end = reader.gap_end();
    const bool hides_ranges = (begin.empty() || engine::is_reserved(begin)) && (copy.old.flags & engine::kRootLostRanges) != 0;
    if (hides_ranges) {
        const LostRange all{false, 0, {}, {}, true};
        if (!FESTORE_TRY(writing.write(step, [&](IndexTransaction& t, MarkedPages& pages) { return t.put_lost_range(pages, all); })))
            return false;
    }
    if (!engine::is_reserved(end)) copy.leave_out_page(begin, end);
    copy.go_on(end, true);
    copy.is_copied = end.empty();
    return true;
}

Status copy_entries(IndexCopy& copy, Writing& writing, Step& step, PageArea& area, Workspace& old, LeftOut& left_out) {
    MarkedPages pages(area, old_mark(copy));
    const engine::Tree tree{copy.old.index, copy.old.height, copy.old.page_count};
    old.pages.begin_call(pages, tree, nullptr);
    engine::IndexReader reader(old.pages, tree);
    Copying copying(copy, writing, step, left_out);
    const auto name = copy.name;  // a copy, because listing changes copy.name
    engine::IndexReader::Range range;
    range.after = Bytes(name).first(copy.name_bytes);
    range.inclusive = copy.inclusive;
    range.passed_page = left_out.page;
    range.with_reserved = copy.kind != CopyKind::undo;
    const auto listed = FESTORE_TRY(reader.list(range, copying));
    FESTORE_CHECK(copying.status);
    if (copying.came_to_end) copy.is_copied = true;
    if (step.outcome != CallOutcome::done || copy.is_turning || listed.more) return {};
    if (listed.progress == ChangeProgress::need_pages) {
        step.outcome = CallOutcome::need_pages;
        step.needing = &old.pages;
        step.needing_mark = old_mark(copy);
    } else if (listed.passed_over) {
        FESTORE_CHECK(put_gap(copy, writing, step, reader));
    } else {
        copy.is_copied = true;
    }
    return {};
}

// The commit uses this place, or fails.
Outcome<engine::TablePlace> place_to_move_to(Call& call, engine::Anchor anchor) {
    const RootTable* const table = FESTORE_TRY(call.instance.root_table(anchor));
    return table->at(FESTORE_TRY(table->free_place(call.session.identity)));
}

// After everything is copied: prepares the new record and its recovery copy. After a repair or a rebuild, no object that the old record
// counts may be missing.
Outcome<CallOutcome> finish(Call& call, IndexCopy& copy, PageArea& area, Writing& writing) {
    IndexTransaction& transaction = copy.fresh.transaction;
    if (FESTORE_TRY(transaction.prepare(writing.pages())) == IndexTransaction::Prepared::need_room || area.room() == 0)
        return CallOutcome::need_room;
    const RootRecord& record = transaction.record();
    const bool is_whole = copy.kind == CopyKind::repair || copy.kind == CopyKind::rebuild;
    if (is_whole && (record.objects != copy.old.objects || record.content_bytes != copy.old.content_bytes))
        return fail(Code::corrupt_object);
    // For a repair the recovery copy names the place where the record was: until the commit the store is as lost as before, whatever is
    // put into its new place.
    engine::TablePlace at = copy.at.value_or(engine::TablePlace{});
    if (copy.kind != CopyKind::repair) {
        const Call::Place place = FESTORE_TRY(call.place_of(copy.before));
        at = place.table->at(place.place);
        if (record.anchor != copy.before.anchor) at = copy.to = FESTORE_TRY(place_to_move_to(call, record.anchor));
    }
    FESTORE_CHECK(write_recovery_copy(call, record, at, writing.pages()));
    copy.is_complete = true;
    return CallOutcome::done;
}

// Finds the first lost range that may be undone, and begins it.
class NextRange final : public engine::IndexReader::Sink {
public:
    explicit NextRange(IndexCopy& copy) : copy_(copy) {}
    bool take(Bytes key, const Entry& entry) override {
        if (!engine::is_lost_range(key)) return true;
        const Outcome<LostRange> range = engine::decode_lost_range(entry);
        if (!range) status = fail(range.error());
        if (!range) return false;
        if (range->acknowledged || range->epoch == 0 || range->epoch != copy_.old.epoch) return true;
        copy_.begin_range(key, *range);
        return false;
    }
    Status status;

private:
    IndexCopy& copy_;
};

// One transaction has read as much of a range as it takes: now only the rest of the range is lost.
Outcome<bool> end_part(IndexCopy& copy, Writing& writing, Step& step) {
    engine::LostBound rest;
    rest.set_behind(copy.position());
    const LostRange range{false, copy.old.epoch, rest.bytes(), copy.range_before()};
    const bool is_begun = copy.has_range && !copy.inclusive;
    if (is_begun &&
        !FESTORE_TRY(writing.write(step, [&](IndexTransaction& t, MarkedPages& pages) { return t.put_lost_range(pages, range); })))
        return false;
    copy.has_range = false;
    return true;
}

// Moves an undo to its next lost range. False: not done yet, and `step` says why.
Outcome<bool> go_to_range(IndexCopy& copy, Writing& writing, Step& step) {
    if (copy.has_range && !copy.is_copied) return true;
    engine::Effect effect;
    const auto remove = [&](Bytes key) {
        return writing.write(step, [&](IndexTransaction& t, MarkedPages& pages) { return t.remove(pages, key, effect); });
    };
    if (copy.is_shortened) return end_part(copy, writing, step);
    if (copy.has_range) {
        if (!FESTORE_TRY(remove(copy.range_key()))) return false;
        copy.has_range = false;
        copy.is_copied = false;
        ++copy.copied_in_part;
    }
    if (copy.is_copied) return true;  // that was the last range
    NextRange next(copy);
    engine::IndexReader reader = writing.transaction().reader(writing.pages());
    engine::IndexReader::Range range;
    range.prefix = engine::kReservedPrefix;
    range.with_reserved = true;
    const auto listed = FESTORE_TRY(reader.list(range, next));
    FESTORE_CHECK(next.status);
    if (listed.progress == ChangeProgress::need_pages) {
        needs_fresh_pages(copy, step);
        return false;
    }
    if (copy.has_range && copy.copied_in_part >= kUndonePerTransaction) {  // the next transaction continues with this range
        copy.has_range = false;
        copy.is_copied = true;
        return true;
    }
    if (copy.has_range) return true;
    if (!copy.had_range) return fail(Code::item_not_found);
    engine::OtherLostRanges others({});
    if (FESTORE_TRY(others.run(reader)) == ChangeProgress::need_pages) {
        needs_fresh_pages(copy, step);
        return false;
    }
    copy.is_copied = FESTORE_TRY(remove(engine::kOldRecordKey));
    if (copy.is_copied && !others.any()) writing.transaction().forget_lost_ranges();
    return copy.is_copied;
}

Outcome<Step> step_of(Call& call, IndexCopy& copy, PageArea& area, Workspace& old, LeftOut& left_out) {
    Writing writing(copy, area);
    Step step;
    if (copy.is_turning) {
        step.outcome = FESTORE_TRY(turn(copy, writing));
        return step;
    }
    if (!FESTORE_TRY(keep_old_record(copy, writing, step))) return step;
    if (copy.kind == CopyKind::undo && !FESTORE_TRY(go_to_range(copy, writing, step))) return step;
    if (!copy.is_copied) FESTORE_CHECK(copy_entries(copy, writing, step, area, old, left_out));
    const bool has_more = !copy.is_copied || copy.has_range;
    if (!has_more && !FESTORE_TRY(put_pending(copy, writing, step))) return step;
    if (has_more || step.outcome != CallOutcome::done) return step;
    step.outcome = FESTORE_TRY(finish(call, copy, area, writing));
    step.complete = step.outcome == CallOutcome::done;
    return step;
}

}  // namespace

Outcome<protocol::RepairStepAnswer> copy_step(Call& call, protocol::PageArea request, LeftOut& left_out) {
    auto& copy = call.session.store.index_copy;
    if (!copy || copy->is_complete) return fail(Code::bad_state);
    PageArea area = FESTORE_TRY(PageArea::over(call.area, request));
    Workspace* const old = FESTORE_TRY(call.workspace(copy->old));
    const Outcome<Step> done = step_of(call, *copy, area, *old, left_out);
    protocol::RepairStepAnswer answer;
    answer.pages.generation = copy->old.generation;
    answer.pages.written = area.finish();
    if (!done) {
        encode(answer.pages, call.answer);
        copy.reset();
        return fail(done.error());
    }
    answer.pages.outcome = done->outcome;
    if (done->outcome == CallOutcome::need_pages)
        for (const engine::Need& need : done->needing->needs().list())
            answer.pages.needs[answer.pages.need_count++] = {need.page | done->needing_mark, need.mismatch};
    answer.complete = done->complete;
    answer.copied = copy->fresh.transaction.record().objects;
    if (done->complete) {
        answer.transaction = copy->fresh.transaction.id();
        answer.generation = copy->fresh.transaction.record().generation;
    }
    return answer;
}

}  // namespace festore::ta
