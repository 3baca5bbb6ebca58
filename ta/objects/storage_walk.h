// SPDX-License-Identifier: BSD-2-Clause
// Going over the objects of all owners in one trusted storage.
#pragma once
#include "base/limits.h"
#include "gp/persistent_object.h"

namespace festore::ta {

// Gives the id and the size of each object of the storage to `take`. Returns how many objects are too damaged for that: the TEE gives no
// ids of these (as OP-TEE's sources show: it opens each object before it copies the id out).
template <class F>
Outcome<uint32_t> walk(uint32_t storage, F&& take) {
    Outcome<gp::ObjectEnumerator> enumerator = gp::ObjectEnumerator::start(storage);
    if (!enumerator && enumerator.error().code == Code::item_not_found) return 0;
    if (!enumerator) return fail(enumerator.error());
    uint32_t damaged = 0;
    uint32_t faults_in_a_row = 0;
    while (true) {
        size_t bytes = 0;
        const Outcome<gp::ObjectId> id = enumerator->next(&bytes);
        if (id) {
            faults_in_a_row = 0;
            take(*id, bytes);
        } else if (id.error().code == Code::item_not_found) {
            return damaged;
        } else if (id.error().code != Code::corrupt_object || ++faults_in_a_row > limits::kListPageEntriesMax) {
            return fail(id.error());
        } else {
            ++damaged;
        }
    }
}

}  // namespace festore::ta
