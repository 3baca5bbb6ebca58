// SPDX-License-Identifier: BSD-2-Clause
// What the page service remembers of a store between calls: sealed pages, to avoid reading them from the file again, and which
// pages an object's lookup needed, to bring them at once with the next one instead of level by level. This is only a guess:
// another program may have changed the store since. The TA accepts only pages that its root record authenticates, and asks again
// for a page that does not match; that page is read from the file (rule 9).
// Thread safety: one thread at a time.
#pragma once
#include "base/bytes.h"

#include <cstdint>
#include <list>
#include <map>
#include <string>
#include <vector>

namespace festore {

class PageCache {
public:
    static constexpr size_t kPagesMax = 64;
    static constexpr size_t kPathsMax = 1024;
    static constexpr size_t kPathPagesMax = 4;

    // The page as it was seen last; the pointer is valid until the cache changes. Null: the page is not remembered.
    const std::vector<std::byte>* find(uint32_t page);
    // Remembers the page. A full cache drops the least recently used one for it.
    void keep(uint32_t page, Bytes sealed);
    void forget(uint32_t page);
    void forget_pages() {
        places_.clear();
        pages_.clear();
    }

    // The pages that the TA asked for about this name, the newest last.
    [[nodiscard]] std::vector<uint32_t> path(const std::string& name) const;
    void keep_path(const std::string& name, uint32_t page);

private:
    struct Page {
        uint32_t number = 0;
        std::vector<std::byte> sealed;
    };
    std::list<Page> pages_;  // the most recently used one first
    std::map<uint32_t, std::list<Page>::iterator> places_;
    std::map<std::string, std::vector<uint32_t>> paths_;
};

}  // namespace festore
