// SPDX-License-Identifier: BSD-2-Clause
// A simulated page file: a power cut can lose, tear and reorder writes that are not yet synced.
#pragma once
#include "engine/page.h"

#include <algorithm>
#include <map>
#include <random>
#include <vector>

namespace festore::engine {

class Disk {
public:
    [[nodiscard]] bool contains(uint32_t page) const { return pages_.contains(page); }
    [[nodiscard]] const PageBytes& read(uint32_t page) const { return pages_.at(page); }
    void write(uint32_t page, const PageBytes& bytes) {
        pages_[page] = bytes;
        unsynced_.push_back({page, bytes});
    }
    void sync() {
        for (const Write& w : unsynced_) durable_[w.page] = w.bytes;
        unsynced_.clear();
    }
    // The state after the power comes back: each unsynced write happened in whole, in part, or not at all, in any
    // order.
    void cut_power(std::mt19937_64& random) {
        std::shuffle(unsynced_.begin(), unsynced_.end(), random);
        for (const Write& w : unsynced_) {
            const auto fate = random() % 4;
            if (fate == 0) continue;
            PageBytes& page = durable_[w.page];
            size_t begin = 0;
            size_t end = kPageBytes;
            if (fate == 1) end = 512 * (random() % 9);
            if (fate == 2) begin = 512 * (random() % 9);
            copy_bytes(Bytes(w.bytes).subspan(begin, std::max(begin, end) - begin), MutableBytes(page).subspan(begin));
        }
        unsynced_.clear();
        pages_ = durable_;
    }
    [[nodiscard]] std::map<uint32_t, PageBytes>& pages() { return pages_; }

private:
    struct Write {
        uint32_t page;
        PageBytes bytes;
    };
    std::map<uint32_t, PageBytes> pages_;
    std::map<uint32_t, PageBytes> durable_;
    std::vector<Write> unsynced_;
};

}  // namespace festore::engine
