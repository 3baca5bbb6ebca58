// SPDX-License-Identifier: BSD-2-Clause
// Root's list of who may store (engine/records/allow_list.h), and the decisions that follow from it (rule 28). It lies in the TEE's
// storage ree.
//
// It is read once in the life of an instance, when anybody but root stores a new or a larger object; if there is no list, that costs one
// call into TEE storage. Nobody else can change it meanwhile: the TEE runs one instance, one call at a time.
//
// Fails closed: if the list cannot be read, only root can store anything new. The TEE deletes an object that it finds damaged, and without
// a list everybody may store; so a list that is marked as damaged is written in its place.
#pragma once
#include "engine/records/allow_list.h"
#include "gp/heap_buffer.h"
#include "protocol/allow.h"
#include "ta/objects/object_id.h"

namespace festore::ta {

// What an identity uses of one storage. An object counts with its header and its name, as the storage has it.
struct Use {
    uint64_t bytes = 0;
    uint32_t objects = 0;
};

// One object that is to be stored.
struct PutChange {
    const gp::ObjectId& id;
    Bytes name;
    size_t bytes = 0;                    // that it will have, with header and name
    std::optional<size_t> bytes_before;  // none: it is new
};

class AllowList {
public:
    // not_allowed, over_limit; else errors of the TEE's storage. Objects are counted only if a limit applies.
    Status check_put(const ObjectIds& ids, const Identity& owner, protocol::Storage storage, const PutChange& change);

    // Which part of the list applies to an identity, and its limits. Errors of the TEE's storage.
    struct Right {
        protocol::Standing standing = protocol::Standing::free;
        AllowLimits limits;
    };
    Outcome<Right> right_of(const Identity& identity);

    // For root. Errors as of protocol::AllowRequest, and of the TEE's storage; after an error the list is unchanged.
    Status change(const protocol::AllowRequest& request);

    // The answer for root, without the entries, which view() has.
    Outcome<protocol::AllowedAnswer> tell();
    // After tell(): null if there is no list, or none that can be read.
    [[nodiscard]] const engine::AllowListView* view() const { return view_ ? &*view_ : nullptr; }

private:
    enum class State : uint8_t { unread, none, read, damaged, newer };

    Status load();
    Status read_object();
    Status accept(gp::HeapBuffer content, size_t size);
    void forget();
    void put_damaged_in_its_place();
    Outcome<Bytes> draft(const protocol::AllowRequest& request, MutableBytes memory);
    Status write(Bytes content);
    Status remove();

    State state_ = State::unread;
    bool was_there_ = false;  // this instance has seen a list, and root has not removed it since: if it is gone, nothing is allowed
    std::optional<gp::HeapBuffer> memory_;      // the bytes that view_ refers to
    std::optional<engine::AllowListView> view_;  // in state `read`
};

// What `owner` uses of that storage, and what all identities but root use together. The object of `without` is not counted.
struct Uses {
    Use own;
    Use all;
};
Outcome<Uses> count_uses(const ObjectIds& ids, const Identity& owner, protocol::Storage storage, const PutChange* without);

}  // namespace festore::ta
