// SPDX-License-Identifier: BSD-2-Clause
// The entries of a store's index in the order of their names, without those in damaged pages (rule 30). Other programs may change the
// store meanwhile: an entry that comes or goes may be seen or not. Thread safety: as for the store.
#pragma once
#include "client/store/readable_store.h"

namespace festore {

class ReadableStore::Scan {
public:
    struct Item {
        std::string name;
        protocol::StoreMetadata metadata;
    };
    // A damaged page, and which names may have been under it.
    struct Gap {
        uint32_t page = 0;
        MissingRange names;
    };
    struct Step {
        std::vector<Item> items;
        std::optional<Gap> gap;  // then there are no items
        bool is_end = false;
    };
    struct Start {
        Bytes from;                // empty: the first name
        bool inclusive = true;     // false: begin after `from`
        uint32_t passed_page = 0;  // known to be damaged; 0: none is
        bool afresh = false;       // the TA first forgets what it remembers of pages
    };

    // `operation`: the operation, for messages; its texts must outlive this.
    Scan(ReadableStore& store, const Operation& operation, const Start& start);
    // The next step. An error: the store cannot be read at all.
    Result<Step> next();

private:
    struct Answer {
        std::vector<Item> items;
        std::vector<std::byte> gap_end;
        bool passed_over = false;
        bool more = false;
    };
    Result<Answer> ask();
    Result<Answer> answer_of(const StoreReply& reply) const;

    ReadableStore& store_;
    const Operation operation_;
    std::vector<std::byte> from_;
    bool inclusive_;
    uint32_t passed_page_;
    bool afresh_;
    bool is_end_ = false;
};

}  // namespace festore
