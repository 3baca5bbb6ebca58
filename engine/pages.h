// SPDX-License-Identifier: BSD-2-Clause
// A cache of plaintext pages: a fixed number of frames in the caller's memory. They are filled from the pages that come
// with a call, and sealed and written back when a frame is needed or when the transaction ends.
//
// A call of the trusted application brings pages (CallPages). Work on the index first gathers: it fetches all pages that
// it will need, and lists the missing ones for the caller, who brings them with the next call. It changes anything only
// when no page can be missing any more: each page is pinned in a frame or comes with the call (rule 11).
//
// Invariants of a running transaction, between operations:
//   - The parent of a dirty frame is a dirty frame, or the frame is the root.
//   - A reference to a dirty page is pending (PageRef::pending): sealing a page puts its nonce and tag into the parent.
//   - So a frame may be sealed if none of its children is dirty and its parent is in memory.
// Not thread safe.
#pragma once
#include "engine/node.h"
#include "engine/page_allocator.h"
#include "engine/sealing.h"

#include <utility>

namespace festore::engine {

// The pages of one call, in memory that the normal world may change at any time. The code that serves the call
// implements this.
class CallPages {
public:
    // Whether the page came with this call, or was written by it.
    virtual bool contains(uint32_t page) = 0;
    // Copies the page that came, or that this call wrote. Only for pages that the call contains.
    virtual Status read(uint32_t page, PageBytes& sealed) = 0;
    // How many more pages this call can write.
    virtual size_t room() = 0;
    // Writes a page that must be stored before the transaction is committed. A page may be written more than once: the
    // last write counts.
    virtual Status write(uint32_t page, const PageBytes& sealed) = 0;

protected:
    ~CallPages() = default;
};

struct Need {
    uint32_t page = 0;
    // The page came, but does not match its reference: an older version from a cache, or damage. Read it again from the
    // file; it is damaged if it still does not match and the root record is unchanged (rule 9).
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

// The path from the root to a leaf: for each level the page, and the child taken in it (in a leaf: the entry).
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
    PageAllocator numbers;
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

// Keeps a frame in memory as long as this object exists. May hold none.
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
    once,  // needed only while it is pinned
    hold,  // needed again in this call, and must not be missing then
};

class Pages {
public:
    static constexpr size_t kFramesMin = 3;

    // `frames` (kFramesMin or more) and `scratch` belong to the caller, who wipes them; they and `crypto` must outlive
    // this.
    Pages(std::span<Frame> frames, PageBytes& scratch, Crypto& crypto)
        : frames_(frames), scratch_(scratch), crypto_(crypto) {}

    // Serves this store from now on. Forgets the pages of another store or epoch, including a transaction's: to serve
    // other stores while a transaction runs, use one Pages for each. `keys` must outlive its use.
    void attach(const StoreKeys& keys, const PageContext& context);
    // Forgets everything, wiping it.
    void drop_all();
    // Forgets what a transaction changed and has not sealed.
    void drop_dirty();

    // Begins a call. `io`: the pages it brings; `tree`: the tree it works on; `change`: the transaction's, or null for a
    // call that only reads.
    void begin_call(CallPages& io, const Tree& tree, Change* change);
    [[nodiscard]] Needs& needs() { return needs_; }
    [[nodiscard]] Crypto& crypto() { return crypto_; }

    // The page, or nothing if it is missing: then it is added to needs(). corrupt_object: authentic, but not a page of
    // that kind and level. busy: a call that only reads finds all frames in use, by a transaction's pages.
    Outcome<Pinned> fetch(const PageRef& ref, PageKind kind, uint8_t level, Use use);
    Outcome<Pinned> fetch_node(const PageRef& ref, uint8_t level, Use use) {
        return fetch(ref, level == 0 ? PageKind::leaf : PageKind::inner, level, use);
    }
    // The same for a page that cannot be missing (any more). bad_state: it is missing.
    Outcome<Pinned> take_node(const PageRef& ref, uint8_t level);

    // Adds a page to needs(), unless it is in memory or came with the call.
    void prefetch(const PageRef& ref);

    // Of a transaction:
    // Makes the page the transaction's own, so that it can be changed; it may get another number. Returns whether it was
    // dirty already.
    Outcome<bool> make_dirty(Frame& frame);
    Outcome<Pinned> create(uint8_t level);
    // Frees a page that is not part of the tree any more.
    Status discard(Pinned page);
    // Seals dirty pages, children first, as long as the call has room. Returns whether none is left.
    Outcome<bool> flush();
    // Seals `plain` and writes it at once, for a page that is not part of the tree.
    Outcome<PageRef> write_aside(PageKind kind, uint32_t page, const PageBytes& plain);
    // An empty frame to prepare a page in.
    Outcome<Pinned> borrow();
    [[nodiscard]] size_t dirty_frames() const;
    // Whether there are enough frames for all pages that one operation touches. If not, dirty pages do not stay in memory
    // from one operation to the next. (Held pages: two paths and the neighbours on one of them; dirty ones in between;
    // three pinned.)
    [[nodiscard]] bool is_roomy(uint8_t height) const { return frames_.size() >= size_t{4} * height + 8; }

private:
    Frame* find(const PageRef& ref);
    Outcome<Frame*> acquire();
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
