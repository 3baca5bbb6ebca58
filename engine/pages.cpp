// SPDX-License-Identifier: BSD-2-Clause
#include "engine/pages.h"

#include <algorithm>

namespace festore::engine {

using State = Frame::State;

namespace {

uint8_t level_of(const Frame& frame) { return static_cast<uint8_t>(frame.bytes[0]); }

bool is_of(const Frame& frame, PageKind kind, uint8_t level) {
    return frame.kind == kind && (kind == PageKind::free_list || level_of(frame) == level);
}

void empty(Frame& frame) {
    frame.state = State::empty;
    frame.held = false;
    frame.ref = {};
    wipe(frame.bytes);
}

}  // namespace

void Needs::add(Need need) {
    for (const Need& n : list()) {
        if (n.page == need.page) return;
    }
    if (count_ < kMax) needs_[count_++] = need;
}

void Pages::attach(const StoreKeys& keys, const PageContext& context) {
    const bool same = keys_ != nullptr && context.store_id == context_.store_id && context.epoch == context_.epoch &&
                      context.cipher == context_.cipher;
    if (!same) drop_all();
    keys_ = &keys;
    context_ = context;
}

void Pages::drop_all() {
    for (Frame& frame : frames_) empty(frame);
}

void Pages::drop_dirty() {
    for (Frame& frame : frames_) {
        if (frame.state == State::dirty) empty(frame);
    }
}

void Pages::begin_call(CallPages& io, const Tree& tree, Change* change) {
    io_ = &io;
    tree_ = &tree;
    change_ = change;
    needs_.clear();
    ++call_;
    for (Frame& frame : frames_) frame.held = false;
}

// A reference with a nonce and a tag matches only that version of the page; a pending one means the dirty page of that
// number.
Frame* Pages::find(const PageRef& ref) {
    const State state = ref.is_pending() ? State::dirty : State::clean;
    for (Frame& frame : frames_) {
        if (frame.state != state) continue;
        if (state == State::dirty ? frame.ref.page == ref.page : frame.ref == ref) return &frame;
    }
    return nullptr;
}

Outcome<Pinned> Pages::fetch(const PageRef& ref, PageKind kind, uint8_t level, Use use) {
    if (ref.page < kFirstPage || ref.page >= tree_->page_count) return fail(Code::corrupt_object);
    const bool keep = use == Use::hold && is_roomy(tree_->height);
    Frame* frame = find(ref);
    if (frame != nullptr && !is_of(*frame, kind, level)) return fail(Code::corrupt_object);
    // A page that cannot be held for the change must come with this call.
    const bool unsure = use == Use::hold && !keep && frame != nullptr && frame->pins == 0;
    if (unsure && frame->state == State::clean && frame->call != call_) {
        empty(*frame);
        frame = nullptr;
    }
    if (frame == nullptr) {
        if (ref.is_pending()) return fail(Code::bad_state);
        if (!io_->contains(ref.page)) {
            needs_.add({ref.page, false});
            return Pinned();
        }
        frame = FESTORE_TRY(acquire());
        bool matches = false;
        FESTORE_CHECK(fill(*frame, ref, kind, level, matches));
        if (!matches) {
            needs_.add({ref.page, true});
            return Pinned();
        }
    }
    frame->used_at = ++clock_;
    if (keep && frame->state == State::clean) frame->held = true;
    return Pinned(*frame);
}

Status Pages::fill(Frame& frame, const PageRef& ref, PageKind kind, uint8_t level, bool& matches) {
    FESTORE_CHECK(io_->read(ref.page, scratch_));
    const Status opened = open_page(crypto_, *keys_, context_, kind, ref, scratch_, frame.bytes);
    matches = opened.has_value();
    if (!matches) {
        empty(frame);
        if (opened.error().code == Code::security) return {};
        return opened;
    }
    if (kind != PageKind::free_list) {
        if (const Status well_formed = Node::check(frame.bytes, level); !well_formed) {
            empty(frame);
            return well_formed;
        }
    }
    frame.ref = ref;
    frame.kind = kind;
    frame.state = State::clean;
    frame.call = call_;
    return {};
}

Outcome<Pinned> Pages::take_node(const PageRef& ref, uint8_t level) {
    Pinned page = FESTORE_TRY(fetch_node(ref, level, Use::once));
    if (!page) return fail(Code::bad_state);
    return page;
}

void Pages::prefetch(const PageRef& ref) {
    if (find(ref) == nullptr && !io_->contains(ref.page)) needs_.add({ref.page, false});
}

Outcome<Frame*> Pages::acquire() {
    Frame* frame = victim();
    if (frame == nullptr) return fail(change_ == nullptr ? Code::busy : Code::bad_state);
    if (frame->state == State::dirty) FESTORE_CHECK(seal(*frame));
    empty(*frame);
    return frame;
}

// An empty frame; else the least recently used clean one; else a dirty one of the lowest level that may be sealed.
Frame* Pages::victim() {
    Frame* best = nullptr;
    for (Frame& frame : frames_) {
        if (frame.pins > 0 || frame.held) continue;
        if (frame.state == State::empty) return &frame;
        if (frame.state == State::clean && (best == nullptr || frame.used_at < best->used_at)) best = &frame;
    }
    if (best != nullptr || change_ == nullptr) return best;
    for (Frame& frame : frames_) {
        if (frame.pins > 0 || frame.state != State::dirty) continue;
        const bool better = best == nullptr || level_of(frame) < level_of(*best) ||
                            (level_of(frame) == level_of(*best) && frame.used_at < best->used_at);
        if (better && may_be_sealed(frame)) best = &frame;
    }
    return best;
}

bool Pages::may_be_sealed(Frame& frame) {
    for (Frame& other : frames_) {
        if (other.state != State::dirty || level_of(other) + 1 != level_of(frame)) continue;
        const Node node(frame.bytes);
        if (node.index_of_page(other.ref.page) < node.count()) return false;
    }
    return change_->tree.root.page == frame.ref.page || dirty_parent_of(frame) != nullptr;
}

Frame* Pages::dirty_parent_of(const Frame& frame) {
    for (Frame& other : frames_) {
        if (other.state != State::dirty || level_of(other) != level_of(frame) + 1) continue;
        const Node node(other.bytes);
        if (node.index_of_page(frame.ref.page) < node.count()) return &other;
    }
    return nullptr;
}

Status Pages::seal(Frame& frame) {
    const uint32_t page = frame.ref.page;
    const PageRef sealed = FESTORE_TRY(write_aside(frame.kind, page, frame.bytes));
    if (change_->tree.root.page == page) {
        change_->tree.root = sealed;
    } else {
        Frame* const parent = dirty_parent_of(frame);
        if (parent == nullptr) return fail(Code::bad_state);
        Node node(parent->bytes);
        node.set_child(node.index_of_page(page), sealed);
    }
    for (PageRef& ref : change_->path.ref) {
        if (ref.page == page) ref = sealed;
    }
    frame.ref = sealed;
    frame.state = State::clean;
    frame.call = call_;
    return {};
}

Outcome<PageRef> Pages::write_aside(PageKind kind, uint32_t page, const PageBytes& plain) {
    const PageRef ref =
        FESTORE_TRY(seal_page(crypto_, *keys_, context_, kind, page, change_->generation, plain, scratch_));
    FESTORE_CHECK(io_->write(page, scratch_));
    ++change_->sealed;
    return ref;
}

Outcome<bool> Pages::flush() {
    for (uint8_t level = 0; level < change_->tree.height; ++level) {
        for (Frame& frame : frames_) {
            if (frame.state != State::dirty || level_of(frame) != level) continue;
            if (io_->room() == 0) return false;
            FESTORE_CHECK(seal(frame));
        }
    }
    return true;
}

Outcome<bool> Pages::make_dirty(Frame& frame) {
    if (frame.state == State::dirty) return true;
    Node node(frame.bytes);
    uint32_t page = frame.ref.page;
    if (node.generation() != change_->generation) {
        page = FESTORE_TRY(change_->numbers.take());
        FESTORE_CHECK(change_->numbers.give_up(frame.ref.page));
        change_->tree.page_count = change_->numbers.page_count();
        node.set_generation(change_->generation);
    }
    frame.ref = PageRef::pending(page);
    frame.state = State::dirty;
    frame.held = false;
    return false;
}

Outcome<Pinned> Pages::create(uint8_t level) {
    Pinned page = FESTORE_TRY(borrow());
    Frame& frame = page.frame();
    frame.ref = PageRef::pending(FESTORE_TRY(change_->numbers.take()));
    change_->tree.page_count = change_->numbers.page_count();
    frame.kind = level == 0 ? PageKind::leaf : PageKind::inner;
    frame.state = State::dirty;
    page.node().start(level, change_->generation);
    return page;
}

Outcome<Pinned> Pages::borrow() {
    Frame* const frame = FESTORE_TRY(acquire());
    frame->used_at = ++clock_;
    return Pinned(*frame);
}

Status Pages::discard(Pinned page) {
    Frame& frame = page.frame();
    const uint32_t number = frame.ref.page;
    const bool own_page = frame.state == State::dirty || page.node().generation() == change_->generation;
    empty(frame);
    return own_page ? change_->numbers.give_back(number) : change_->numbers.give_up(number);
}

size_t Pages::dirty_frames() const {
    return static_cast<size_t>(
        std::count_if(frames_.begin(), frames_.end(), [](const Frame& f) { return f.state == State::dirty; }));
}

}  // namespace festore::engine
