// SPDX-License-Identifier: BSD-2-Clause
// Which page numbers a transaction may use, and which it gives up (frees with its commit): the free list in memory
// (rule 8).
//
// The free list on disk is a chain of sealed pages (PageKind::free_list). A transaction takes over whole pages from
// its front; at its end it writes the numbers that are left, and those that it gave up, in front of the rest.
//
//   page   u16 count, u16 zero, u32 zero, u64 generation, reference to the next (32), count × u32 page number
//
// Invariants: a number is in at most one of stock, given up, the rest on disk, and the tree; a page of the last
// commit is never handed out by the transaction that gives it up. Not thread safe.
#pragma once
#include "engine/records/root_record.h"

namespace festore::engine {

inline constexpr size_t kFreeListHeaderBytes = 48;
inline constexpr size_t kFreeListNumbersMax = (kPageBytes - kFreeListHeaderBytes) / 4;

// The largest number of pages that a transaction writes the free list to.
inline constexpr size_t kFreeListPagesMax =
    (limits::kTransactionStockMax + limits::kTransactionPagesMax) / kFreeListNumbersMax + 1;

// The header of an opened page of the list: how many numbers it holds, and the next page. corrupt_object: the page is malformed, or
// a number is out of range.
struct FreeListPage {
    size_t count = 0;
    PageRef next;
};
Outcome<FreeListPage> check_free_list_page(const PageBytes& plain, uint32_t page_count);

struct NumberMemory {
    std::array<uint32_t, limits::kTransactionStockMax> stock;
    std::array<uint32_t, limits::kTransactionPagesMax> given_up;
};

class PageAllocator {
public:
    // `memory` belongs to the caller and must outlive this.
    explicit PageAllocator(NumberMemory& memory) : memory_(memory) {}
    void begin(const RootRecord& base);

    // Whether a page of the list must be taken over (PageAllocator::take_over) before `wanted` numbers are taken, so
    // that the file does not grow while it has free pages.
    [[nodiscard]] bool wants_list_page(size_t wanted) const;
    // Takes over the first page of the rest, opened, and gives up its own number. corrupt_object: the page is malformed,
    // or a number is out of range.
    Status take_over(const PageBytes& plain);
    [[nodiscard]] const PageRef& rest() const { return rest_; }

    // Whether taking `takes` more numbers and giving up `gifts` more stays within the transaction's limits.
    [[nodiscard]] bool has_room(size_t takes, size_t gifts) const;
    // Takes a free number; the file grows if there is none. Error: limit_exceeded.
    Outcome<uint32_t> take();
    // Returns a page that this transaction took: it is free again at once.
    Status give_back(uint32_t page);
    // Gives up a page of the last commit: it is free when this transaction is committed.
    Status give_up(uint32_t page);

    // What page_count will be.
    [[nodiscard]] uint32_t page_count() const { return page_count_; }
    // How many numbers the rest on disk holds.
    [[nodiscard]] uint32_t numbers_in_rest() const { return rest_numbers_; }

    // At the end. Takes the numbers of the `pages` pages that the list will be written to; from then on only const
    // functions may be called, until begin().
    struct Plan {
        std::array<uint32_t, kFreeListPagesMax> page{};
        size_t pages = 0;
    };
    Outcome<Plan> plan_list();
    [[nodiscard]] size_t left() const { return stock_ + given_up_; }
    // Writes page `i` of `pages`, in front of `next`.
    void encode_list_page(size_t i, size_t pages, const PageRef& next, uint64_t generation, PageBytes& plain) const;

private:
    [[nodiscard]] uint32_t number_at(size_t i) const {
        return i < stock_ ? memory_.stock[i] : memory_.given_up[i - stock_];
    }

    NumberMemory& memory_;
    size_t stock_ = 0;
    size_t given_up_ = 0;
    size_t taken_ = 0;  // and not given back
    PageRef rest_{};
    uint32_t rest_numbers_ = 0;
    uint32_t base_page_count_ = kFirstPage;
    uint32_t page_count_ = kFirstPage;
};

}  // namespace festore::engine
