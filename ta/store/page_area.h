// SPDX-License-Identifier: BSD-2-Clause
// The pages of one call, in a client's shared memory (protocol/store_messages.h). Page numbers are copied once, when the
// call begins. A page is copied each time it is read, and only that copy is authenticated and used.
#pragma once
#include "engine/pages.h"
#include "gp/tee.h"
#include "protocol/store_messages.h"

namespace festore::ta {

class PageArea final : public engine::CallPages {
public:
    // bad_parameters: the memory is smaller than the request says, or a page came twice.
    static Outcome<PageArea> over(const TEE_Param& memory, protocol::PageArea request);

    bool contains(uint32_t page) override;
    Status read(uint32_t page, engine::PageBytes& sealed) override;
    size_t room() override { return slots_ - used_; }
    Status write(uint32_t page, const engine::PageBytes& sealed) override;

    // Writes the page numbers of the filled slots into the memory, and returns how many slots were filled.
    uint16_t finish();

private:
    PageArea(std::byte* memory, protocol::PageArea request)
        : memory_(memory), brought_(request.brought), slots_(size_t{request.brought} + request.room), used_(brought_) {}
    size_t slot_of(uint32_t page) const;

    std::byte* memory_;
    size_t brought_;
    size_t slots_;
    size_t used_;
    std::array<uint32_t, protocol::kCallPagesMax> numbers_{};
};

}  // namespace festore::ta
