// SPDX-License-Identifier: BSD-2-Clause
#include "engine/transaction.h"

namespace festore::engine {
namespace {

Effect effect_on(const Entry& old) {
    Effect effect;
    effect.version = old.version;
    if (old.kind == EntryKind::payload) {
        effect.dropped_payload = true;
        copy_bytes(old.payload.id, effect.payload);
    }
    return effect;
}

// Checks whether a put may replace `old` or, if `old` is null, make a new object.
Status check_conditions(const PutArguments& arguments, const Entry* old) {
    if (arguments.if_absent && old != nullptr) return fail(Code::access_conflict);
    if (arguments.if_version) {
        if (old == nullptr) return fail(Code::item_not_found);
        if (old->version != *arguments.if_version) return fail(Code::version_conflict);
    }
    if (old == nullptr) return {};
    if ((old->flags & kEntryWriteOnce) != 0) return fail(Code::write_once);
    return {};
}

bool is_same_payload(const Entry& a, const Entry& b) {
    const PayloadRef& p = a.payload;
    const PayloadRef& q = b.payload;
    return a.kind == EntryKind::payload && b.kind == EntryKind::payload && a.size == b.size &&
           p.segment_bytes == q.segment_bytes && p.segments == q.segments && equal_constant_time(p.id, q.id) &&
           equal_constant_time(p.key, q.key);
}

}  // namespace

Status IndexTransaction::begin(const StoreKeys& keys, const RootRecord& base) {
    if (is_running() || base.generation == UINT64_MAX) return fail(Code::bad_state);
    if (base.pages_sealed >= limits::kPagesSealedMax) return fail(Code::limit_exceeded);
    const TransactionId id = FESTORE_TRY(make_transaction_id(pages_.crypto(), keys, base));
    next_ = base;
    next_.generation = base.generation + 1;
    next_.transaction_id = id;
    change_.tree = {base.index, base.height, base.page_count};
    change_.numbers.begin(base);
    change_.generation = next_.generation;
    change_.sealed = 0;
    rename_.active = false;
    pages_.drop_dirty();
    state_ = State::open;
    return {};
}

void IndexTransaction::end() {
    pages_.drop_dirty();
    wipe(value_);
    wipe(rename_.from);
    wipe(next_.secret);
    state_ = State::idle;
}

size_t IndexTransaction::room_for_change() const {
    const size_t flushed = pages_.is_roomy(change_.tree.height) ? 0 : pages_.dirty_frames();
    return flushed + TreeChange::writes_max(change_.tree.height);
}

// Two changes, with the tree one level higher for the second; and, if there are few frames, the pages that the first
// leaves dirty.
size_t IndexTransaction::room_for_rename() const {
    const auto higher = static_cast<uint8_t>(change_.tree.height + 1);
    const size_t flushed = pages_.is_roomy(higher) ? 0 : pages_.dirty_frames() + TreeChange::writes_max(higher);
    return flushed + 2 * TreeChange::writes_max(higher);
}

// Checks everything for which an operation with this many changes of the tree can be refused before it begins.
Status IndexTransaction::start(CallPages& io, Bytes name, size_t changes, size_t room) {
    const uint8_t height = change_.tree.height;
    if (state_ != State::open) return fail(Code::bad_state);
    if (name.empty() || name.size() > limits::kNameBytesMax) return fail(Code::bad_parameters);
    if (io.room() < room) return fail(Code::short_buffer);
    const size_t list_pages = changes;  // that may be taken over
    if (!change_.numbers.has_room(changes * TreeChange::takes_max(height),
                                  changes * TreeChange::gifts_max(height) + list_pages))
        return fail(Code::limit_exceeded);
    if (next_.pages_sealed + change_.sealed + room > limits::kPagesSealedMax) return fail(Code::limit_exceeded);
    pages_.begin_call(io, change_.tree, &change_);
    return {};
}

// Between the phases. With few frames, seals the pages that earlier operations left dirty, to make room.
Status IndexTransaction::settle() {
    if (change_.tree.height == limits::kIndexHeightMax) {
        const Pinned root = FESTORE_TRY(pages_.take_node(change_.tree.root, limits::kIndexHeightMax - 1));
        if (root.node().used() + limits::kIndexEntryBytesMax > Node::kRoom) return fail(Code::limit_exceeded);
    }
    if (pages_.is_roomy(change_.tree.height)) return {};
    if (!FESTORE_TRY(pages_.flush())) return fail(Code::short_buffer);
    return {};
}

Status IndexTransaction::apply(Status changed) {
    if (!changed) state_ = State::broken;
    return changed;
}

void IndexTransaction::count(Bytes key, const Entry* before, const Entry* after) {
    if (is_reserved(key)) return;
    if (before != nullptr) {
        --next_.objects;
        next_.content_bytes -= before->size;
    }
    if (after != nullptr) {
        ++next_.objects;
        next_.content_bytes += after->size;
        if ((after->flags & kEntryKept) != 0) next_.flags |= kRootKeptObjects;
        if ((after->flags & kEntryOtherCipher) != 0) next_.flags |= kRootTwoCiphers;
    }
}

Outcome<ChangeProgress> IndexTransaction::put(CallPages& io, const PutArguments& arguments, Effect& effect) {
    if (rename_.active) return fail(Code::bad_state);
    Entry entry = arguments.entry;
    entry.version = next_.changes + 1;
    entry.created = entry.modified;
    const size_t entry_bytes = Node::entry_bytes(arguments.name.size(), encoded_size(entry));
    if (!is_valid(entry)) return fail(Code::bad_parameters);
    if (entry_bytes > limits::kIndexEntryBytesMax || !has_version_left()) return fail(Code::limit_exceeded);
    FESTORE_CHECK(start(io, arguments.name, 1, room_for_change()));
    if (FESTORE_TRY(writer_.locate(arguments.name)) == ChangeProgress::need_pages) return ChangeProgress::need_pages;
    std::optional<Entry> old;
    if (writer_.found()) old = FESTORE_TRY(writer_.entry());
    FESTORE_CHECK(check_conditions(arguments, old ? &*old : nullptr));
    effect = old ? effect_on(*old) : Effect{};
    if (old) entry.created = old->created;
    effect.version = entry.version;
    if (FESTORE_TRY(writer_.gather(entry_bytes)) == ChangeProgress::need_pages) return ChangeProgress::need_pages;
    FESTORE_CHECK(settle());
    FESTORE_CHECK(apply(writer_.put(arguments.name, entry)));
    next_.changes = entry.version;
    count(arguments.name, old ? &*old : nullptr, &entry);
    return ChangeProgress::done;
}

Outcome<ChangeProgress> IndexTransaction::copy(CallPages& io, Bytes name, const Entry& entry) {
    if (rename_.active) return fail(Code::bad_state);
    const size_t entry_bytes = Node::entry_bytes(name.size(), encoded_size(entry));
    if (!is_valid(entry) || entry_bytes > limits::kIndexEntryBytesMax) return fail(Code::corrupt_object);
    FESTORE_CHECK(start(io, name, 1, room_for_change()));
    if (FESTORE_TRY(writer_.locate(name)) == ChangeProgress::need_pages) return ChangeProgress::need_pages;
    if (writer_.found()) return fail(Code::corrupt_object);
    FESTORE_CHECK(settle());
    FESTORE_CHECK(apply(writer_.put(name, entry)));
    if (is_lost_range(name)) next_.flags |= kRootLostRanges;
    count(name, nullptr, &entry);
    return ChangeProgress::done;
}

// The rest of the entry stays unchanged, including any bytes that a newer version has added to it.
Outcome<ChangeProgress> IndexTransaction::reseal(CallPages& io, Bytes name, const Entry& from, const Entry& to, Effect& effect) {
    if (rename_.active) return fail(Code::bad_state);
    FESTORE_CHECK(start(io, name, 1, room_for_change()));
    if (FESTORE_TRY(writer_.locate(name)) == ChangeProgress::need_pages) return ChangeProgress::need_pages;
    if (!writer_.found()) return fail(Code::item_not_found);
    const Entry old = FESTORE_TRY(writer_.entry());
    if ((old.flags & kEntryOtherCipher) == 0 || !is_same_payload(old, from)) return fail(Code::version_conflict);
    if (to.kind != EntryKind::payload || to.size != old.size || to.payload.segment_bytes != old.payload.segment_bytes)
        return fail(Code::bad_parameters);
    effect = effect_on(old);
    const Bytes value = FESTORE_TRY(writer_.raw_value());
    value_bytes_ = value.size();
    copy_bytes(value, value_);
    value_[kEntryFlagsOffset] &= ~std::byte{kEntryOtherCipher};
    copy_bytes(to.payload.id, MutableBytes(value_).subspan(kEntryFixedBytes, kPayloadIdBytes));
    copy_bytes(to.payload.key, MutableBytes(value_).subspan(kEntryFixedBytes + kPayloadIdBytes, kPayloadKeyBytes));
    const size_t entry_bytes = Node::entry_bytes(name.size(), value_bytes_);
    if (FESTORE_TRY(writer_.gather(entry_bytes)) == ChangeProgress::need_pages) return ChangeProgress::need_pages;
    FESTORE_CHECK(settle());
    FESTORE_CHECK(apply(writer_.put_value(name, Bytes(value_).first(value_bytes_))));
    wipe(value_);
    return ChangeProgress::done;
}

Outcome<ChangeProgress> IndexTransaction::put_reserved(CallPages& io, Bytes key, const Entry& entry) {
    if (rename_.active || !is_reserved(key)) return fail(Code::bad_state);
    const size_t entry_bytes = Node::entry_bytes(key.size(), encoded_size(entry));
    if (!is_valid(entry) || entry_bytes > limits::kIndexEntryBytesMax) return fail(Code::bad_parameters);
    FESTORE_CHECK(start(io, key, 1, room_for_change()));
    if (FESTORE_TRY(writer_.locate(key)) == ChangeProgress::need_pages) return ChangeProgress::need_pages;
    if (FESTORE_TRY(writer_.gather(entry_bytes)) == ChangeProgress::need_pages) return ChangeProgress::need_pages;
    FESTORE_CHECK(settle());
    FESTORE_CHECK(apply(writer_.put(key, entry)));
    if (is_lost_range(key)) next_.flags |= kRootLostRanges;
    return ChangeProgress::done;
}

Outcome<ChangeProgress> IndexTransaction::put_lost_range(CallPages& io, const LostRange& range) {
    const LostRangeKey key(range);
    const LostRangeEntry made(range);
    return put_reserved(io, key.bytes(), made.entry());
}

Outcome<ChangeProgress> IndexTransaction::acknowledge_lost_range(CallPages& io, const LostRange& range, bool is_last) {
    if ((next_.flags & kRootKeptObjects) != 0) {
        LostRange acknowledged = range;
        acknowledged.acknowledged = true;
        return put_lost_range(io, acknowledged);
    }
    const LostRangeKey key(range);
    Effect effect;
    const ChangeProgress removed = FESTORE_TRY(remove(io, key.bytes(), effect));
    if (removed == ChangeProgress::done && is_last) forget_lost_ranges();
    return removed;
}

Outcome<ChangeProgress> IndexTransaction::acknowledge() {
    if (state_ != State::open || rename_.active) return fail(Code::bad_state);
    next_.flags &= ~uint32_t{kRootFreshnessLost};
    return ChangeProgress::done;
}

Outcome<ChangeProgress> IndexTransaction::remove(CallPages& io, Bytes name, Effect& effect) {
    if (rename_.active) return fail(Code::bad_state);
    FESTORE_CHECK(start(io, name, 1, room_for_change()));
    if (FESTORE_TRY(writer_.locate(name)) == ChangeProgress::need_pages) return ChangeProgress::need_pages;
    if (!writer_.found()) return fail(Code::item_not_found);
    const Entry old = FESTORE_TRY(writer_.entry());
    if ((old.flags & kEntryKept) != 0) return fail(Code::write_once);
    effect = effect_on(old);
    if (FESTORE_TRY(writer_.gather(0)) == ChangeProgress::need_pages) return ChangeProgress::need_pages;
    FESTORE_CHECK(settle());
    FESTORE_CHECK(apply(writer_.remove()));
    count(name, &old, nullptr);
    return ChangeProgress::done;
}

Outcome<ChangeProgress> IndexTransaction::rename(CallPages& io, Bytes from, Bytes to, bool replace, Effect& effect) {
    if (to.empty() || to.size() > limits::kNameBytesMax) return fail(Code::bad_parameters);
    if (rename_.active) {
        if (compare_keys(from, Bytes(rename_.from).first(rename_.from_bytes)) != 0) return fail(Code::bad_state);
        return remove_renamed(io, from, effect);
    }
    FESTORE_CHECK(start(io, from, 2, room_for_rename()));
    if (FESTORE_TRY(insert_renamed(from, to, replace)) == ChangeProgress::need_pages) return ChangeProgress::need_pages;
    if (!rename_.active) {  // renamed to itself
        effect = rename_.effect;
        return ChangeProgress::done;
    }
    return remove_renamed(io, from, effect);
}

// The first half of a rename: after it the object has both names.
Outcome<ChangeProgress> IndexTransaction::insert_renamed(Bytes from, Bytes to, bool replace) {
    const bool to_itself = compare_keys(from, to) == 0;
    bool all_here = FESTORE_TRY(writer_.locate(from)) == ChangeProgress::done;
    if (all_here) {
        if (!writer_.found()) return fail(Code::item_not_found);
        const Bytes value = FESTORE_TRY(writer_.raw_value());
        value_bytes_ = value.size();
        copy_bytes(value, value_);
    }
    if (!to_itself) all_here = FESTORE_TRY(writer_.locate(to)) == ChangeProgress::done && all_here;
    if (!all_here) return ChangeProgress::need_pages;

    Entry moved = FESTORE_TRY(decode_entry(Bytes(value_).first(value_bytes_)));
    rename_.effect = {moved.version, false, {}};
    if (to_itself) return ChangeProgress::done;
    if ((moved.flags & kEntryKept) != 0) return fail(Code::write_once);
    if (Node::entry_bytes(to.size(), value_bytes_) > limits::kIndexEntryBytesMax || !has_version_left())
        return fail(Code::limit_exceeded);
    std::optional<Entry> old;
    if (writer_.found()) {
        old = FESTORE_TRY(writer_.entry());
        if (!replace) return fail(Code::access_conflict);
        if ((old->flags & kEntryWriteOnce) != 0) return fail(Code::write_once);
        rename_.effect = effect_on(*old);
    }
    rename_.effect.version = next_.changes + 1;
    Writer version(MutableBytes(value_).subspan(kEntryVersionOffset, 8));
    version.u64(rename_.effect.version);
    if (FESTORE_TRY(writer_.gather(Node::entry_bytes(to.size(), value_bytes_))) == ChangeProgress::need_pages)
        return ChangeProgress::need_pages;
    FESTORE_CHECK(settle());
    FESTORE_CHECK(apply(writer_.put_value(to, Bytes(value_).first(value_bytes_))));
    next_.changes = rename_.effect.version;
    count(to, old ? &*old : nullptr, &moved);
    rename_.active = true;
    rename_.from_bytes = static_cast<uint8_t>(from.size());
    copy_bytes(from, rename_.from);
    return ChangeProgress::done;
}

// The second half. It may need pages that could not be foreseen: the first half may have changed the pages around the old name.
Outcome<ChangeProgress> IndexTransaction::remove_renamed(CallPages& io, Bytes from, Effect& effect) {
    FESTORE_CHECK(start(io, from, 1, room_for_change()));
    if (FESTORE_TRY(writer_.locate(from)) == ChangeProgress::need_pages) return ChangeProgress::need_pages;
    if (!writer_.found()) return fail(Code::bad_state);
    const Entry old = FESTORE_TRY(writer_.entry());
    if (FESTORE_TRY(writer_.gather(0)) == ChangeProgress::need_pages) return ChangeProgress::need_pages;
    FESTORE_CHECK(settle());
    FESTORE_CHECK(apply(writer_.remove()));
    count(from, &old, nullptr);
    rename_.active = false;
    wipe(value_);
    effect = rename_.effect;
    return ChangeProgress::done;
}

IndexReader IndexTransaction::reader(CallPages& io) {
    pages_.begin_call(io, change_.tree, &change_);
    return IndexReader(pages_, change_.tree);
}

Outcome<IndexTransaction::Prepared> IndexTransaction::prepare(CallPages& io) {
    if (state_ == State::prepared) return Prepared::yes;
    if (state_ != State::open || rename_.active) return fail(Code::bad_state);
    pages_.begin_call(io, change_.tree, &change_);
    if (!FESTORE_TRY(pages_.flush())) return Prepared::need_room;
    if (io.room() < kFreeListPagesMax) return Prepared::need_room;
    FESTORE_CHECK(apply(write_free_list()));
    next_.index = change_.tree.root;
    next_.height = change_.tree.height;
    next_.page_count = change_.numbers.page_count();
    next_.free_pages = change_.numbers.numbers_in_rest() + static_cast<uint32_t>(change_.numbers.left());
    next_.pages_sealed += change_.sealed;
    state_ = State::prepared;
    return Prepared::yes;
}

Status IndexTransaction::write_free_list() {
    const PageAllocator::Plan plan = FESTORE_TRY(change_.numbers.plan_list());
    PageRef next = change_.numbers.rest();
    for (size_t i = plan.pages; i-- > 0;) {
        const Pinned page = FESTORE_TRY(pages_.borrow());
        change_.numbers.encode_list_page(i, plan.pages, next, change_.generation, page.frame().bytes);
        next = FESTORE_TRY(pages_.write_aside(PageKind::free_list, plan.page[i], page.frame().bytes));
    }
    next_.free_list = next;
    return {};
}

}  // namespace festore::engine
