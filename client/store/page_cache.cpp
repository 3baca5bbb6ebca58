// SPDX-License-Identifier: BSD-2-Clause
#include "client/store/page_cache.h"

#include <algorithm>

namespace festore {

const std::vector<std::byte>* PageCache::find(uint32_t page) {
    const auto place = places_.find(page);
    if (place == places_.end()) return nullptr;
    pages_.splice(pages_.begin(), pages_, place->second);
    return &pages_.front().sealed;
}

void PageCache::keep(uint32_t page, Bytes sealed) {
    if (find(page) == nullptr) {
        if (pages_.size() >= kPagesMax) {
            places_.erase(pages_.back().number);
            pages_.splice(pages_.begin(), pages_, std::prev(pages_.end()));
        } else {
            pages_.emplace_front();
        }
        places_[page] = pages_.begin();
    }
    pages_.front().number = page;
    pages_.front().sealed.assign(sealed.begin(), sealed.end());
}

void PageCache::forget(uint32_t page) {
    const auto place = places_.find(page);
    if (place == places_.end()) return;
    pages_.erase(place->second);
    places_.erase(place);
}

std::vector<uint32_t> PageCache::path(const std::string& name) const {
    const auto known = paths_.find(name);
    return known == paths_.end() ? std::vector<uint32_t>{} : known->second;
}

void PageCache::keep_path(const std::string& name, uint32_t page) {
    // The caller chooses the names: asking for ever new ones has no benefit, and takes no more memory.
    if (paths_.size() >= kPathsMax && !paths_.contains(name)) paths_.clear();
    std::vector<uint32_t>& path = paths_[name];
    std::erase(path, page);
    path.push_back(page);
    if (path.size() > kPathPagesMax) path.erase(path.begin());
}

}  // namespace festore
