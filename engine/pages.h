// SPDX-License-Identifier: BSD-2-Clause
// Pages in plain: a fixed number of frames in the caller's memory, filled from the pages that come with a call, and
// written back, sealed, when they have to make room or when the transaction ends.
//
// A call of the trusted application brings pages (CallPages). Work on the index first gathers: it fetches all that
// it will need, and what is missing becomes a list for the caller, who brings it with the next call. Only then it
// changes anything, and by then it cannot miss: each page is pinned in a frame or comes with the call (rule 11).
//
// Invariants of a running transaction, between operations:
//   - The parent of a dirty frame is a dirty frame, or the frame is the root.
//   - A reference to a dirty page is pending (PageRef::pending): sealing a page puts its nonce and tag into the parent.
//   - So a frame may be sealed when no child of it is dirty and its parent is in memory.
// Not thread safe.
#pragma once
#include "engine/node.h"
#include "engine/page_numbers.h"
#include "engine/sealing.h"

#include <utility>

namespace festore::engine {

// The pages of one call, in memory that the normal world may change at any time: implemented by whoever serves the
// call.
class CallPages {
public:
    // Whether the page came with this call, or was written by it.
    virtual bool contains(uint32_t page) = 0;
    // Copies what came, or what this call wrote. Only for pages that the call contains.
    virtual Status read(uint32_t page, PageBytes& sealed) = 0;
    // How many more pages this call can give back.
    virtual size_t room() = 0;
    // A page to be stored before the transaction is committed. The same page may be written more than once: the last
    // counts.
    virtual Status write(uint32_t page, const PageBytes& sealed) = 0;

protected:
    ~CallPages() = default;
};

struct Need {
    uint32_t page = 0;
    // The page came, but is not the one that is meant: an older version out of a cache, or damage. Read it again
    // from the file; damaged is what stays so while the root record does not change (rule 9).
    bool mismatch = false;
};

class Needs {
public:
    static constexpr size_t kMax = 16;
    void clear() { count_ = 0; }
    void add(Need need);
    [[nodiscard]] std::span<const Need> list() const { return {needs_.data(), count_}; }
    [[nodiscard]] bool empty() const { return count_ == 0; }

private:
    std::array<Need, kMax> needs_{};
    size_t count_ = 0;
};

// Where a tree begins.
struct Tree {
    PageRef root;
    uint8_t height = 0;
    uint32_t page_count = kFirstPage;
};

// The way from the root to a leaf: for each level the page, and the child taken in it (in a leaf: the entry).
struct Path {
    std::array<PageRef, limits::kIndexHeightMax> ref{};
    std::array<uint16_t, limits::kIndexHeightMax> index{};
    bool rightmost = true;
};

// What a running transaction has changed so far.
struct Change {
    explicit Change(NumberMemory& memory) : numbers(memory) {}
    Tree tree;
    Path path;
    PageNumbers numbers;
    uint64_t generation = 0;
    uint64_t sealed = 0;  // pages, for rule 13
};

struct Frame {
    enum class State : uint8_t { empty, clean, dirty };
    PageRef ref;
    State state = State::empty;
    PageKind kind = PageKind::leaf;
    uint8_t pins = 0;
    bool held = false;      // until the call ends
    uint64_t call = 0;      // the call that brought or wrote it last
    uint64_t used_at = 0;
    PageBytes bytes{};
};

// Keeps a frame in memory while it lives. May hold none.
class Pinned {
public:
    Pinned() = default;
    explicit Pinned(Frame& frame) : frame_(&frame) { ++frame.pins; }
    Pinned(Pinned&& other) noexcept : frame_(std::exchange(other.frame_, nullptr)) {}
    Pinned& operator=(Pinned&& other) noexcept {
        std::swap(frame_, other.frame_);
        return *this;
    }
    ~Pinned() { release(); }
    void release() {
        if (frame_ != nullptr) --frame_->pins;
        frame_ = nullptr;
    }

    explicit operator bool() const { return frame_ != nullptr; }
    [[nodiscard]] Frame& frame() const { return *frame_; }
    [[nodiscard]] uint32_t page() const { return frame_->ref.page; }
    [[nodiscard]] Node node() const { return Node(frame_->bytes); }

private:
    Frame* frame_ = nullptr;
};

enum class Use : uint8_t {
    once,  // while it is pinned
    hold,  // again in this call: it must not be missing then
};

class Pages {
public:
    static constexpr size_t kFramesMin = 3;

    // `frames` (kFramesMin or more) and `scratch` stay the caller's, who wipes them; they and `crypto` must outlive
    // this.
    Pages(std::span<Frame> frames, PageBytes& scratch, Crypto& crypto)
        : frames_(frames), scratch_(scratch), crypto_(crypto) {}

    // Serves this store from now on. Forgets the pages of another store or epoch, a transaction's among them: whoever
    // serves others while a transaction runs needs a Pages for each. `keys` must outlive its use.
    void attach(const StoreKeys& keys, const PageContext& context);
    // Forgets everything, wiping it.
    void drop_all();
    // Forgets what a transaction changed and has not sealed.
    void drop_dirty();

    // Each call: what it brings, and the tree it works on. `change`: the transaction's; none for a call that only
    // reads.
    void begin_call(CallPages& io, const Tree& tree, Change* change);
    [[nodiscard]] Needs& needs() { return needs_; }
    [[nodiscard]] Crypto& crypto() { return crypto_; }

    // The page, or nothing when it is missing: then it is among the needs. corrupt_object: authentic, and yet not a
    // page of that kind and level. busy: only a transaction's pages are in memory.
    Result<Pinned> fetch(const PageRef& ref, PageKind kind, uint8_t level, Use use);
    Result<Pinned> fetch_node(const PageRef& ref, uint8_t level, Use use) {
        return fetch(ref, level == 0 ? PageKind::leaf : PageKind::inner, level, use);
    }
    // The same where missing is not possible (any more): bad_state.
    Result<Pinned> take_node(const PageRef& ref, uint8_t level);

    // Adds a page to the needs, unless it is here.
    void wish(const PageRef& ref);

    // Of a transaction:
    // Makes the page the transaction's own, to be changed; it may get another number. Whether it was dirty already.
    Result<bool> own(Frame& frame);
    Result<Pinned> create(uint8_t level);
    // The page is not part of the tree any more.
    Status discard(Pinned page);
    // Seals dirty pages, children first, as far as the call has room: whether none is left.
    Result<bool> flush();
    // A page that is not of the tree: sealed and written at once, with the plain text that `frame()` was given.
    Result<PageRef> write_aside(PageKind kind, uint32_t page, const PageBytes& plain);
    // An empty frame to prepare a page in.
    Result<Pinned> borrow();
    [[nodiscard]] size_t dirty_frames() const;
    // Enough frames for all that one operation touches. Without, dirty pages do not stay from one operation to the
    // next. (Held pages: two ways and the neighbours on one of them; dirty ones in between; three in hand.)
    [[nodiscard]] bool is_roomy(uint8_t height) const { return frames_.size() >= size_t{4} * height + 8; }

private:
    Frame* find(const PageRef& ref);
    Result<Frame*> acquire();
    Frame* victim();
    bool may_be_sealed(Frame& frame);
    Frame* dirty_parent_of(const Frame& frame);
    Status seal(Frame& frame);
    Status fill(Frame& frame, const PageRef& ref, PageKind kind, uint8_t level, bool& matches);

    std::span<Frame> frames_;
    PageBytes& scratch_;
    Crypto& crypto_;
    const StoreKeys* keys_ = nullptr;
    PageContext context_{};
    CallPages* io_ = nullptr;
    const Tree* tree_ = nullptr;
    Change* change_ = nullptr;
    Needs needs_;
    uint64_t call_ = 0;
    uint64_t clock_ = 0;
};

}  // namespace festore::engine
