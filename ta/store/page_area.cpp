// SPDX-License-Identifier: BSD-2-Clause
#include "ta/store/page_area.h"

#include "base/reader.h"

namespace festore::ta {

using protocol::slot_offset;

Outcome<PageArea> PageArea::over(const TEE_Param& memory, protocol::PageArea request) {
    const size_t slots = size_t{request.brought} + request.room;
    const bool fits = slots <= protocol::kCallPagesMax && memory.memref.buffer != nullptr &&
                      memory.memref.size >= protocol::area_bytes(slots);
    if (!fits) return fail(Code::bad_parameters);
    PageArea area(static_cast<std::byte*>(memory.memref.buffer), request);
    std::array<std::byte, protocol::number_offset(protocol::kCallPagesMax)> copy{};
    const size_t bytes = protocol::number_offset(area.brought_);
    if (bytes > 0) TEE_MemMove(copy.data(), area.memory_, static_cast<gp::Size>(bytes));
    Reader in(Bytes(copy).first(bytes));
    for (size_t i = 0; i < area.brought_; ++i) area.numbers_[i] = in.u32();
    for (size_t i = 0; i < area.brought_; ++i)
        if (area.slot_of(area.numbers_[i]) != i) return fail(Code::bad_parameters);
    return area;
}

size_t PageArea::slot_of(uint32_t page) const {
    // A page that this call has written hides the one that the client brought.
    for (size_t i = brought_; i < used_; ++i)
        if (numbers_[i] == page) return i;
    for (size_t i = 0; i < brought_; ++i)
        if (numbers_[i] == page) return i;
    return slots_;
}

bool PageArea::contains(uint32_t page) { return slot_of(page) < slots_; }

Status PageArea::read(uint32_t page, engine::PageBytes& sealed) {
    const size_t slot = slot_of(page);
    if (slot >= slots_) return fail(Code::bad_state);
    TEE_MemMove(sealed.data(), memory_ + slot_offset(slot), static_cast<gp::Size>(sealed.size()));
    return {};
}

Status PageArea::write(uint32_t page, const engine::PageBytes& sealed) {
    size_t slot = slot_of(page);
    if (slot < brought_ || slot >= slots_) {
        if (used_ >= slots_) return fail(Code::short_buffer);
        slot = used_++;
        numbers_[slot] = page;
    }
    TEE_MemMove(memory_ + slot_offset(slot), sealed.data(), static_cast<gp::Size>(sealed.size()));
    return {};
}

uint16_t PageArea::finish() {
    std::array<std::byte, protocol::number_offset(protocol::kCallPagesMax)> encoded{};
    Writer out(encoded);
    for (size_t i = brought_; i < used_; ++i) out.u32(numbers_[i]);
    if (out.size() > 0)
        TEE_MemMove(memory_ + protocol::number_offset(brought_), encoded.data(), static_cast<gp::Size>(out.size()));
    return static_cast<uint16_t>(used_ - brought_);
}

}  // namespace festore::ta
