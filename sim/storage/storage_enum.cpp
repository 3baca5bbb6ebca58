// SPDX-License-Identifier: BSD-2-Clause
// Enumerating persistent objects: TEE Internal Core API 1.3, section 5.8. As in OP-TEE, the order has no meaning. An object
// that is deleted meanwhile is skipped; an object that is created meanwhile is not seen.
#include "sim/storage/storage.h"

#include <algorithm>
#include <cstring>
#include <functional>

using namespace festore;
using namespace festore::sim;

namespace {

constexpr Listed kLists = {TEE_ERROR_ITEM_NOT_FOUND, TEE_ERROR_CORRUPT_OBJECT, TEE_ERROR_STORAGE_NOT_AVAILABLE};

TEE_ObjectEnumHandle known(TEE_ObjectEnumHandle handle) {
    if (!current_call().instance->enumerators.contains(handle))
        panic(TEE_ERROR_BAD_PARAMETERS, "no handle of an enumerator");
    return handle;
}

}  // namespace

extern "C" {

// OP-TEE panics the TA if its core has no memory left for an enumerator, so no fault is injected here.
TEE_Result TEE_AllocatePersistentObjectEnumerator(TEE_ObjectEnumHandle* enumerator) {
    required(enumerator) = new __TEE_ObjectEnumHandle;
    current_call().instance->enumerators.insert(*enumerator);
    return TEE_SUCCESS;
}

void TEE_FreePersistentObjectEnumerator(TEE_ObjectEnumHandle enumerator) {
    if (enumerator == TEE_HANDLE_NULL) return;
    current_call().instance->enumerators.erase(known(enumerator));
    delete enumerator;
}

void TEE_ResetPersistentObjectEnumerator(TEE_ObjectEnumHandle enumerator) {
    if (enumerator != TEE_HANDLE_NULL) *known(enumerator) = {};
}

TEE_Result TEE_StartPersistentObjectEnumerator(TEE_ObjectEnumHandle enumerator, uint32_t storage) {
    *known(enumerator) = {};
    if (const uint32_t fault = count_storage_call(&Counters::storage_enumerate, kLists)) return fault;
    if (!resolve_storage(storage)) return TEE_ERROR_ITEM_NOT_FOUND;
    enumerator->list = store().hold_list(storage);
    const TEE_Result listed = result_of(store().list(storage, current_call().instance->image->uuid, enumerator->keys));
    if (listed != TEE_SUCCESS) return listed_or_panic(listed, kLists);
    if (enumerator->keys.empty()) return TEE_ERROR_ITEM_NOT_FOUND;
    const auto scrambled = [](const ObjectKey& key) { return std::hash<std::string_view>{}(text_of(key.id)); };
    std::sort(enumerator->keys.begin(), enumerator->keys.end(),
              [&](const ObjectKey& a, const ObjectKey& b) { return scrambled(a) < scrambled(b); });
    enumerator->started = true;
    return TEE_SUCCESS;
}

TEE_Result TEE_GetNextPersistentObject(TEE_ObjectEnumHandle enumerator, TEE_ObjectInfo* info, void* id,
                                       size_t* id_size) {
    known(enumerator);
    required(id_size);
    if (id == nullptr) panic(TEE_ERROR_BAD_PARAMETERS, "no room for an object's id");
    current_call().require_own(id, TEE_OBJECT_ID_MAX_LEN, "an object's id into memory that is not the TA's own");
    if (!enumerator->started) return TEE_ERROR_ITEM_NOT_FOUND;
    if (const uint32_t fault = count_storage_call(&Counters::storage_enumerate, kLists)) return fault;
    while (enumerator->next < enumerator->keys.size()) {
        const ObjectKey& key = enumerator->keys[enumerator->next++];
        const std::shared_ptr<OpenObject> open = opened(key);
        OpenObject other;
        other.key = key;
        const TEE_Result r = open ? TEE_SUCCESS : result_of(store().open(other));
        if (r == TEE_ERROR_ITEM_NOT_FOUND) continue;
        if (r != TEE_SUCCESS) return listed_or_panic(r, kLists);  // OP-TEE opens each object, and does not delete a damaged one here
        if (*id_size < key.id.size()) panic(TEE_ERROR_SHORT_BUFFER, "no room for an object's id");
        if (!key.id.empty()) std::memcpy(id, key.id.data(), key.id.size());
        *id_size = key.id.size();
        if (info != nullptr) describe(store().size(open ? *open : other), 0, *info);
        return TEE_SUCCESS;
    }
    return TEE_ERROR_ITEM_NOT_FOUND;
}

}  // extern "C"
