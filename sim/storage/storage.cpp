// SPDX-License-Identifier: BSD-2-Clause
#include "sim/storage/storage.h"

#include <algorithm>

using namespace festore::sim;

__TEE_ObjectHandle::~__TEE_ObjectHandle() {
    if (!object) return;
    auto& all = object->handle_flags;
    if (const auto own = std::find(all.begin(), all.end(), flags); own != all.end()) all.erase(own);
}

namespace festore::sim {
namespace {

// TEE Internal Core API 1.3, section 5.7.1, as OP-TEE reads it: write-meta is exclusive; all handles must share every access that
// any of them has; and all must have the same sharing flags.
bool in_conflict(uint32_t a, uint32_t b) {
    const uint32_t done = a | b;
    if ((done & TEE_DATA_FLAG_ACCESS_WRITE_META) != 0) return true;
    if ((a & kShareFlags) != (b & kShareFlags)) return true;
    const uint32_t shared = a & b;
    return ((done & TEE_DATA_FLAG_ACCESS_READ) != 0 && (shared & TEE_DATA_FLAG_SHARE_READ) == 0) ||
           ((done & TEE_DATA_FLAG_ACCESS_WRITE) != 0 && (shared & TEE_DATA_FLAG_SHARE_WRITE) == 0);
}

}  // namespace

ObjectStore& store() { return *current_call().tee->store; }

bool resolve_storage(uint32_t& storage) {
    if (storage == TEE_STORAGE_PRIVATE) storage = TEE_STORAGE_PRIVATE_REE;
    return storage == TEE_STORAGE_PRIVATE_REE ||
           (storage == TEE_STORAGE_PRIVATE_RPMB && current_call().tee->config.has_rpmb);
}

ObjectKey key_of(uint32_t storage, const void* id, size_t size) {
    if (size > TEE_OBJECT_ID_MAX_LEN) panic(TEE_ERROR_BAD_PARAMETERS, "an object id of more than 64 bytes");
    current_call().require_own(id, size, "an object id that is not in the TA's own memory");
    const Bytes bytes = bytes_of(id, size);
    return {storage, current_call().instance->image->uuid, Blob(bytes.begin(), bytes.end())};
}

std::shared_ptr<OpenObject> opened(const ObjectKey& key) {
    const auto found = store().open_objects.find(key);
    return found == store().open_objects.end() ? nullptr : found->second.lock();
}

bool conflicts_with_open_handles(const ObjectKey& key, uint32_t flags) {
    const std::shared_ptr<OpenObject> object = opened(key);
    return object && std::any_of(object->handle_flags.begin(), object->handle_flags.end(),
                                 [&](uint32_t other) { return in_conflict(other, flags); });
}

TEE_ObjectHandle make_handle(const std::shared_ptr<OpenObject>& object, uint32_t flags) {
    auto* handle = new __TEE_ObjectHandle;
    handle->persistent = true;
    handle->flags = flags;
    handle->storage = object->key.storage;
    handle->object = object;
    object->handle_flags.push_back(flags);
    current_call().instance->objects.insert(handle);
    return handle;
}

TEE_ObjectHandle known_object(TEE_ObjectHandle handle) {
    if (!current_call().instance->objects.contains(handle)) panic(TEE_ERROR_BAD_PARAMETERS, "no handle of an object");
    return handle;
}

TEE_ObjectHandle known_persistent(TEE_ObjectHandle handle) {
    if (!known_object(handle)->persistent) panic(TEE_ERROR_BAD_STATE, "not a persistent object");
    return handle;
}

void forget(TEE_ObjectHandle handle) {
    const std::shared_ptr<OpenObject> object = handle->object;
    current_call().instance->objects.erase(handle);
    delete handle;
    if (object && object->handle_flags.empty() && opened(object->key) == object)
        store().open_objects.erase(object->key);
}

TEE_Result result_of(ObjectStore::IoResult outcome) {
    switch (outcome) {
    case ObjectStore::IoResult::ok: return TEE_SUCCESS;
    case ObjectStore::IoResult::missing: return TEE_ERROR_ITEM_NOT_FOUND;
    case ObjectStore::IoResult::exists: return TEE_ERROR_ACCESS_CONFLICT;
    case ObjectStore::IoResult::damaged: return TEE_ERROR_CORRUPT_OBJECT;
    case ObjectStore::IoResult::not_data: refuse("a persistent object with attributes, or of another type than data");
    case ObjectStore::IoResult::no_space: return TEE_ERROR_STORAGE_NO_SPACE;
    case ObjectStore::IoResult::failed: return TEE_ERROR_STORAGE_NOT_AVAILABLE;
    }
    return TEE_ERROR_GENERIC;
}

TEE_Result listed_or_panic(TEE_Result result, Listed listed) {
    if (result != TEE_SUCCESS && !contains(listed, result))
        panic(result, "a result that the specification does not list for this function");
    return result;
}

void describe(size_t bytes, uint32_t handle_flags, TEE_ObjectInfo& info) {
    info = {};
    info.objectType = TEE_TYPE_DATA;
    info.objectUsage = TEE_USAGE_DEFAULT;
    info.dataSize = bytes;
    info.handleFlags = TEE_HANDLE_FLAG_PERSISTENT | TEE_HANDLE_FLAG_INITIALIZED | handle_flags;
}

}  // namespace festore::sim
