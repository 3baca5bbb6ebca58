// SPDX-License-Identifier: BSD-2-Clause
// Checks a store's whole index and free list, page by page from a root record, without the code that changes them: every
// page opens and is well-formed, every page is reachable or free exactly once, the counts agree. Reports damage with its
// place, and still reads everything that does not depend on it. Reads only; one thread.
#pragma once
#include "inspect/store_findings.h"
#include "engine/entry.h"
#include "engine/keys.h"
#include "ree_fs/source.h"

#include <utility>

namespace festore::inspect {

// Gets every object, in the order of names. The views are valid during the call.
class EntrySink {
public:
    virtual ~EntrySink() = default;
    virtual void take(Bytes name, const engine::Entry& entry) = 0;
};

using PageRange = std::pair<uint32_t, uint32_t>;  // first and last

struct StoreCheck {
    StoreFindings findings;
    uint32_t index_pages = 0;  // that opened
    uint32_t list_pages = 0;
    uint32_t free_numbers = 0;
    uint64_t objects = 0;
    uint64_t content_bytes = 0;
    // Pages of the file that hold nothing of this state of the store: listed as free, or after its last page. Pages below
    // a damaged page are not among them.
    std::vector<PageRange> not_in_use;

    [[nodiscard]] bool whole() const { return !findings.any_damage(); }
};

// `pages`: the page file; null when there is none. `sink` may be null.
StoreCheck check_store(engine::Crypto& crypto, const engine::StoreKeys& keys, const engine::RootRecord& root,
                       ree_fs::FileSource* pages, EntrySink* sink);

}  // namespace festore::inspect
