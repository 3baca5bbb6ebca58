// SPDX-License-Identifier: BSD-2-Clause
// Access to trusted storage from outside of a TA: for tests that damage or forge objects.
#include "sim/state.h"

#include <cstdio>
#include <cstdlib>

namespace festore::sim {
namespace {

ObjectKey key_of(uint32_t storage, const Uuid& ta, Bytes id) { return {storage, ta, Blob(id.begin(), id.end())}; }

}  // namespace

std::vector<Tee::StoredBytes> Tee::stored_ids(uint32_t storage, const Uuid& ta) const {
    const std::lock_guard guard(state_->lock);
    std::vector<StoredBytes> ids;
    std::vector<ObjectKey> keys;
    if (state_->store->list(storage, ta, keys) != ObjectStore::IoResult::ok) {
        std::fputs("simulated TEE: its list of objects cannot be read\n", stderr);
        std::abort();  // a test must not take a failed listing for an empty one
    }
    ids.reserve(keys.size());
    for (const ObjectKey& key : keys) ids.push_back(key.id);
    return ids;
}

std::optional<Tee::StoredBytes> Tee::stored_object(uint32_t storage, const Uuid& ta, Bytes id) const {
    const std::lock_guard guard(state_->lock);
    Blob content;
    if (state_->store->load(key_of(storage, ta, id), content) != ObjectStore::IoResult::ok) return std::nullopt;
    return content;
}

bool Tee::store_object(uint32_t storage, const Uuid& ta, Bytes id, Bytes content) {
    const std::lock_guard guard(state_->lock);
    const Blob blob(content.begin(), content.end());
    return state_->store->save(key_of(storage, ta, id), blob) == ObjectStore::IoResult::ok;
}

void Tee::lose_object(uint32_t storage, const Uuid& ta, Bytes id) {
    const std::lock_guard guard(state_->lock);
    if (state_->store->erase(key_of(storage, ta, id)) == ObjectStore::IoResult::ok) return;
    std::fputs("simulated TEE: an object cannot be removed\n", stderr);
    std::abort();  // a test must not take an object that still exists for a lost one
}

void Tee::damage_object(uint32_t storage, const Uuid& ta, Bytes id) {
    const std::lock_guard guard(state_->lock);
    state_->store->damage(key_of(storage, ta, id));
}

}  // namespace festore::sim
