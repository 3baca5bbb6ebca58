// SPDX-License-Identifier: BSD-2-Clause
#include "engine/page_allocator.h"

#include <algorithm>

namespace festore::engine {

Outcome<FreeListPage> check_free_list_page(const PageBytes& plain, uint32_t page_count) {
    Reader in(plain);
    FreeListPage page;
    page.count = in.u16();
    const bool zero = in.u16() == 0 && in.u32() == 0;
    in.u64();
    page.next = read_page_ref(in);
    if (!in.ok() || !zero || page.count > kFreeListNumbersMax) return fail(Code::corrupt_object);
    for (size_t i = 0; i < page.count; ++i) {
        const uint32_t number = in.u32();
        if (number < kFirstPage || number >= page_count) return fail(Code::corrupt_object);
    }
    return page;
}

void PageAllocator::begin(const RootRecord& base) {
    stock_ = 0;
    given_up_ = 0;
    taken_ = 0;
    rest_ = base.free_list;
    rest_numbers_ = base.free_pages;
    base_page_count_ = base.page_count;
    page_count_ = base.page_count;
}

bool PageAllocator::wants_list_page(size_t wanted) const {
    return stock_ < wanted && !rest_.is_none() && stock_ + kFreeListNumbersMax <= memory_.stock.size();
}

Status PageAllocator::take_over(const PageBytes& plain) {
    const FreeListPage page = FESTORE_TRY(check_free_list_page(plain, base_page_count_));
    if (page.count > rest_numbers_) return fail(Code::corrupt_object);
    if (stock_ + page.count > memory_.stock.size()) return fail(Code::bad_state);
    Reader in(Bytes(plain).subspan(kFreeListHeaderBytes));
    for (size_t i = 0; i < page.count; ++i) memory_.stock[stock_ + i] = in.u32();
    FESTORE_CHECK(give_up(rest_.page));
    stock_ += page.count;
    rest_numbers_ -= static_cast<uint32_t>(page.count);
    rest_ = page.next;
    return {};
}

bool PageAllocator::has_room(size_t takes, size_t gifts) const {
    return taken_ + takes <= limits::kTransactionPagesMax && given_up_ + gifts <= memory_.given_up.size() &&
           page_count_ + takes + kFreeListPagesMax <= limits::kPageCountMax;
}

Outcome<uint32_t> PageAllocator::take() {
    if (taken_ >= limits::kTransactionPagesMax) return fail(Code::limit_exceeded);
    if (stock_ == 0 && page_count_ >= limits::kPageCountMax) return fail(Code::limit_exceeded);
    ++taken_;
    return stock_ > 0 ? memory_.stock[--stock_] : page_count_++;
}

Status PageAllocator::give_back(uint32_t page) {
    if (stock_ == memory_.stock.size()) return give_up(page);
    memory_.stock[stock_++] = page;
    --taken_;
    return {};
}

Status PageAllocator::give_up(uint32_t page) {
    if (given_up_ == memory_.given_up.size()) return fail(Code::limit_exceeded);
    memory_.given_up[given_up_++] = page;
    return {};
}

Outcome<PageAllocator::Plan> PageAllocator::plan_list() {
    Plan plan;
    while (plan.pages * kFreeListNumbersMax < left()) {
        if (stock_ == 0 && page_count_ >= limits::kPageCountMax) return fail(Code::limit_exceeded);
        if (plan.pages == plan.page.size()) return fail(Code::limit_exceeded);
        plan.page[plan.pages++] = stock_ > 0 ? memory_.stock[--stock_] : page_count_++;
    }
    return plan;
}

// The pages share the numbers evenly, so that the first one lasts for many transactions.
void PageAllocator::encode_list_page(size_t i, size_t pages, const PageRef& next, uint64_t generation,
                                   PageBytes& plain) const {
    const size_t share = (left() + pages - 1) / pages;
    const size_t begin = std::min(i * share, left());
    const size_t end = std::min(begin + share, left());
    plain.fill(std::byte{0});
    Writer out(plain);
    out.u16(static_cast<uint16_t>(end - begin));
    out.u16(0);
    out.u32(0);
    out.u64(generation);
    encode(next, out);
    for (size_t k = begin; k < end; ++k) out.u32(number_at(k));
}

}  // namespace festore::engine
