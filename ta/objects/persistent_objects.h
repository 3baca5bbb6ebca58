// SPDX-License-Identifier: BSD-2-Clause
// Objects of one identity, each stored as a whole in the TEE's trusted storage. Each call opens what it needs and closes it again
// (rule 1: no idle handles). Calls into TEE storage: put 2 for a new object and 3 for a replaced one, in addition to those of
// AllowList; get and stat 2 (get one more for each further 64 KiB); remove 2. Closing costs none. In the public space, a call that does
// not find the name makes one more call, for an object of the demo; remove always does.
//
// Errors in addition to those of each function: storage_not_available, storage_no_space, out_of_memory, corrupt_object (OP-TEE
// has then deleted the object).
#pragma once
#include "protocol/messages.h"
#include "ta/objects/allow_list.h"
#include "ta/objects/object_format.h"
#include "ta/objects/object_id.h"

namespace festore::ta {

// Where content goes to or comes from: a client's shared memory, which can change at any time. It is only ever copied, once.
struct SharedInput {
    const void* buffer = nullptr;
    size_t size = 0;
};
struct SharedOutput {
    void* buffer = nullptr;
    size_t size = 0;    // of the buffer
    size_t needed = 0;  // out: bytes written, or, with short_buffer, bytes needed

    // Copies `from` to `offset` of the buffer, which has room for it.
    void write(size_t offset, Bytes from) const {
        if (!from.empty()) TEE_MemMove(static_cast<std::byte*>(buffer) + offset, from.data(),
                                       static_cast<gp::Size>(from.size()));
    }
};

class PersistentObjects {
public:
    PersistentObjects(const ObjectIds& ids, const Identity& owner, protocol::Storage storage);

    // Stores or replaces, atomically. access_conflict (if-absent), version_conflict, item_not_found (if-version),
    // write_once, limit_exceeded; not_allowed, over_limit (AllowList).
    Outcome<protocol::PutAnswer> put(const protocol::PutRequest& request, const SharedInput& content, AllowList& allowed);
    // item_not_found, short_buffer.
    Outcome<protocol::Metadata> get(Bytes name, SharedOutput& content);
    Outcome<protocol::Metadata> stat(Bytes name);  // item_not_found
    Status remove(Bytes name);                    // item_not_found

private:
    struct Found;
    Outcome<Found> find(Bytes name, MutableBytes prelude);
    Outcome<Found> find_legacy(Bytes name);
    Outcome<std::optional<protocol::Metadata>> existing(Bytes name, bool conditional);
    Status remove_legacy(Bytes name);
    [[nodiscard]] bool may_be_legacy(Bytes name) const;

    const ObjectIds& ids_;
    Identity owner_;
    uint32_t storage_;
};

// The TEE's id of a storage. storage_not_available: this TEE has no storage of that kind.
Outcome<uint32_t> trusted_storage(protocol::Storage storage);

}  // namespace festore::ta
