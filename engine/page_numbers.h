// SPDX-License-Identifier: BSD-2-Clause
// Which page numbers a transaction may use, and which it gives up: the free list in memory (rule 8).
//
// The free list on disk is a chain of sealed pages (PageKind::free_list). A transaction takes over whole pages of it,
// from the front; at its end it writes what is left and what it gave up in front of the rest.
//
//   page   u16 count, u16 zero, u32 zero, u64 generation, reference to the next (32), count × u32 page number
//
// Invariants: a number is in at most one of stock, given up, the rest on disk, and the tree; a page of the last
// commit is never handed out by the transaction that gives it up. Not thread safe.
#pragma once
#include "engine/root_record.h"

namespace festore::engine {

inline constexpr size_t kFreeListHeaderBytes = 48;
inline constexpr size_t kFreeListNumbersMax = (kPageBytes - kFreeListHeaderBytes) / 4;

// Pages that writing the free list takes at most.
inline constexpr size_t kFreeListPagesMax =
    (limits::kTransactionStockMax + limits::kTransactionPagesMax) / kFreeListNumbersMax + 1;

// What a page of the list holds, opened: how many numbers, and the page behind it. corrupt_object: a number that cannot be.
struct FreeListPage {
    size_t count = 0;
    PageRef next;
};
Result<FreeListPage> check_free_list_page(const PageBytes& plain, uint32_t page_count);

struct NumberMemory {
    std::array<uint32_t, limits::kTransactionStockMax> stock;
    std::array<uint32_t, limits::kTransactionPagesMax> given_up;
};

class PageNumbers {
public:
    // `memory` stays the caller's and must outlive this.
    explicit PageNumbers(NumberMemory& memory) : memory_(memory) {}
    void begin(const RootRecord& base);

    // Whether a page of the list must be taken over (PageNumbers::take_over) before `wanted` numbers are taken, so
    // that the file does not grow while it has room.
    [[nodiscard]] bool wants_list_page(size_t wanted) const;
    // The first page of the rest, opened; its own number is given up. corrupt_object: a number that cannot be.
    Status take_over(const PageBytes& plain);
    [[nodiscard]] const PageRef& rest() const { return rest_; }

    // Whether `takes` more numbers and `gifts` more given up stay within the transaction's limits.
    [[nodiscard]] bool has_room(size_t takes, size_t gifts) const;
    // A free number; the file grows when there is none. limit_exceeded.
    Result<uint32_t> take();
    // A page that this transaction took: free again at once.
    Status give_back(uint32_t page);
    // A page of the last commit: free when this transaction is committed.
    Status give_up(uint32_t page);

    // What page_count will be.
    [[nodiscard]] uint32_t page_count() const { return page_count_; }
    // How many numbers the rest on disk holds.
    [[nodiscard]] uint32_t numbers_in_rest() const { return rest_numbers_; }

    // At the end. Takes the numbers of the pages that the list will be written to, `pages` of them; from then on
    // nothing else may be called but the two below.
    struct Plan {
        std::array<uint32_t, kFreeListPagesMax> page{};
        size_t pages = 0;
    };
    Result<Plan> plan_list();
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
