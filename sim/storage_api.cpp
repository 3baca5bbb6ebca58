// SPDX-License-Identifier: BSD-2-Clause
// Trusted storage: TEE Internal Core API 1.3, sections 5.7 to 5.9, with OP-TEE's answers where the specification leaves a
// choice. Errors that a function's specification does not list panic the TA.
#include "sim/state.h"

#include <algorithm>
#include <cstring>

using namespace festore;
using namespace festore::sim;

__TEE_ObjectHandle::~__TEE_ObjectHandle() {
    if (!object) return;
    auto& all = object->handle_flags;
    if (const auto own = std::find(all.begin(), all.end(), flags); own != all.end()) all.erase(own);
}

namespace {

constexpr uint32_t kAccess = TEE_DATA_FLAG_ACCESS_READ | TEE_DATA_FLAG_ACCESS_WRITE | TEE_DATA_FLAG_ACCESS_WRITE_META;
constexpr uint32_t kShare = TEE_DATA_FLAG_SHARE_READ | TEE_DATA_FLAG_SHARE_WRITE;

bool known_storage(uint32_t storage) {
    return storage == TEE_STORAGE_PRIVATE_REE ||
           (storage == TEE_STORAGE_PRIVATE_RPMB && current_call().tee->config.has_rpmb);
}

uint32_t resolved(uint32_t storage) { return storage == TEE_STORAGE_PRIVATE ? TEE_STORAGE_PRIVATE_REE : storage; }

ObjectKey key_of(uint32_t storage, const void* id, size_t size) {
    if (size > TEE_OBJECT_ID_MAX_LEN) panic(TEE_ERROR_BAD_PARAMETERS, "an object id of more than 64 bytes");
    if (current_call().is_shared(id, size)) panic(TEE_ERROR_ACCESS_DENIED, "an object id in shared memory");
    const Bytes bytes = bytes_of(id, size);
    return {storage, current_call().instance->image->uuid, Blob(bytes.begin(), bytes.end())};
}

// OP-TEE: write-meta is exclusive; else what one handle does, the other must share.
bool in_conflict(uint32_t a, uint32_t b) {
    if (((a | b) & TEE_DATA_FLAG_ACCESS_WRITE_META) != 0) return true;
    if ((a & kShare) != (b & kShare)) return true;
    const auto unshared = [](uint32_t does, uint32_t shares) {
        return ((does & TEE_DATA_FLAG_ACCESS_READ) != 0 && (shares & TEE_DATA_FLAG_SHARE_READ) == 0) ||
               ((does & TEE_DATA_FLAG_ACCESS_WRITE) != 0 && (shares & TEE_DATA_FLAG_SHARE_WRITE) == 0);
    };
    return unshared(a, b) || unshared(b, a);
}

ObjectStore& store() { return *current_call().tee->store; }

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
    handle->flags = flags & (kAccess | kShare);
    handle->storage = object->key.storage;
    handle->object = object;
    object->handle_flags.push_back(handle->flags);
    current_call().instance->objects.insert(handle);
    return handle;
}

TEE_ObjectHandle known(TEE_ObjectHandle handle, bool persistent) {
    if (!current_call().instance->objects.contains(handle)) panic(TEE_ERROR_BAD_PARAMETERS, "no handle of an object");
    if (persistent && !handle->persistent) panic(TEE_ERROR_BAD_STATE, "not a persistent object");
    return handle;
}

void forget(TEE_ObjectHandle handle) {
    current_call().instance->objects.erase(handle);
    delete handle;
}

TEE_Result result_of(ObjectStore::Outcome outcome) {
    switch (outcome) {
    case ObjectStore::Outcome::ok: return TEE_SUCCESS;
    case ObjectStore::Outcome::missing: return TEE_ERROR_ITEM_NOT_FOUND;
    case ObjectStore::Outcome::damaged: return TEE_ERROR_CORRUPT_OBJECT;
    case ObjectStore::Outcome::no_space: return TEE_ERROR_STORAGE_NO_SPACE;
    case ObjectStore::Outcome::failed: return TEE_ERROR_STORAGE_NOT_AVAILABLE;
    }
    return TEE_ERROR_GENERIC;
}

// Before reading or writing on a handle: rule 2. OP-TEE takes what a failed operation left behind for damage, and deletes
// the object.
TEE_Result check_poison(TEE_ObjectHandle handle) {
    if (!handle->poisoned) return TEE_SUCCESS;
    store().erase(handle->object->key);
    return TEE_ERROR_CORRUPT_OBJECT;
}

TEE_Result poison(TEE_ObjectHandle handle, TEE_Result result) {
    if (result != TEE_SUCCESS) handle->poisoned = true;
    return result;
}

TEE_Result write_content(TEE_ObjectHandle handle, Blob content) {
    if (const TEE_Result r = result_of(store().save(handle->object->key, content)); r != TEE_SUCCESS) return r;
    handle->object->content = std::move(content);
    return TEE_SUCCESS;
}

TEE_ObjectEnumHandle known(TEE_ObjectEnumHandle handle) {
    if (!current_call().instance->enumerators.contains(handle))
        panic(TEE_ERROR_BAD_PARAMETERS, "no handle of an enumerator");
    return handle;
}

}  // namespace

extern "C" {

TEE_Result TEE_OpenPersistentObject(uint32_t storage, const void* id, size_t id_size, uint32_t flags,
                                    TEE_ObjectHandle* object) {
    *object = TEE_HANDLE_NULL;
    if ((flags & ~(kAccess | kShare)) != 0) panic(TEE_ERROR_BAD_PARAMETERS, "unknown flags at opening an object");
    if (const uint32_t fault = count_storage_call(&Counters::storage_open)) return fault;
    storage = resolved(storage);
    if (!known_storage(storage)) return TEE_ERROR_ITEM_NOT_FOUND;
    const ObjectKey key = key_of(storage, id, id_size);
    if (conflicts_with_open_handles(key, flags)) return TEE_ERROR_ACCESS_CONFLICT;
    std::shared_ptr<OpenObject> shared = opened(key);
    if (!shared) {
        shared = std::make_shared<OpenObject>();
        shared->key = key;
        const ObjectStore::Outcome outcome = store().load(key, shared->content);
        if (outcome == ObjectStore::Outcome::damaged) store().erase(key);  // as OP-TEE does
        if (outcome != ObjectStore::Outcome::ok) return result_of(outcome);
        store().open_objects[key] = shared;
    }
    *object = make_handle(shared, flags);
    return TEE_SUCCESS;
}

TEE_Result TEE_CreatePersistentObject(uint32_t storage, const void* id, size_t id_size, uint32_t flags,
                                      TEE_ObjectHandle attributes, const void* data, size_t data_size,
                                      TEE_ObjectHandle* object) {
    if (object != nullptr) *object = TEE_HANDLE_NULL;
    if ((flags & ~(kAccess | kShare | TEE_DATA_FLAG_OVERWRITE)) != 0)
        panic(TEE_ERROR_BAD_PARAMETERS, "unknown flags at creating an object");
    if (attributes != TEE_HANDLE_NULL) refuse("a persistent object with attributes");
    if (const uint32_t fault = count_storage_call(&Counters::storage_create)) return fault;
    storage = resolved(storage);
    if (!known_storage(storage)) return TEE_ERROR_ITEM_NOT_FOUND;
    const ObjectKey key = key_of(storage, id, id_size);
    if (opened(key)) return TEE_ERROR_ACCESS_CONFLICT;
    Blob before;
    const bool exists = store().load(key, before) != ObjectStore::Outcome::missing;
    if (exists && (flags & TEE_DATA_FLAG_OVERWRITE) == 0) return TEE_ERROR_ACCESS_CONFLICT;
    auto shared = std::make_shared<OpenObject>();
    shared->key = key;
    const Bytes bytes = bytes_of(data, data_size);
    shared->content.assign(bytes.begin(), bytes.end());
    if (const TEE_Result r = result_of(store().save(key, shared->content)); r != TEE_SUCCESS) return r;
    if (object == nullptr) return TEE_SUCCESS;
    store().open_objects[key] = shared;
    *object = make_handle(shared, flags);
    return TEE_SUCCESS;
}

void TEE_CloseObject(TEE_ObjectHandle object) {
    if (object == TEE_HANDLE_NULL) return;
    forget(known(object, false));
}

TEE_Result TEE_CloseAndDeletePersistentObject1(TEE_ObjectHandle object) {
    if (object == TEE_HANDLE_NULL) return TEE_SUCCESS;
    known(object, true);
    if ((object->flags & TEE_DATA_FLAG_ACCESS_WRITE_META) == 0)
        panic(TEE_ERROR_ACCESS_CONFLICT, "deleting an object that was not opened with write-meta");
    const ObjectKey key = object->object->key;
    const uint32_t fault = count_storage_call(&Counters::storage_delete);
    forget(object);
    if (fault != TEE_SUCCESS) return fault;
    store().erase(key);
    return TEE_SUCCESS;
}

TEE_Result TEE_RenamePersistentObject(TEE_ObjectHandle object, const void* id, size_t id_size) {
    known(object, true);
    if ((object->flags & TEE_DATA_FLAG_ACCESS_WRITE_META) == 0)
        panic(TEE_ERROR_BAD_STATE, "renaming an object that was not opened with write-meta");
    if (const uint32_t fault = count_storage_call(&Counters::storage_rename)) return fault;
    const ObjectKey to = key_of(object->storage, id, id_size);
    Blob existing;
    if (store().load(to, existing) != ObjectStore::Outcome::missing) return TEE_ERROR_ACCESS_CONFLICT;
    const ObjectKey from = object->object->key;
    if (const TEE_Result r = result_of(store().save(to, object->object->content)); r != TEE_SUCCESS) return r;
    store().erase(from);
    store().open_objects.erase(from);
    object->object->key = to;
    store().open_objects[to] = object->object;
    return TEE_SUCCESS;
}

TEE_Result TEE_GetObjectInfo1(TEE_ObjectHandle object, TEE_ObjectInfo* info) {
    known(object, false);
    *info = {};
    if (!object->persistent) {
        info->objectType = object->type;
        info->objectSize = static_cast<uint32_t>(object->secret.size() * 8);
        info->maxObjectSize = object->max_bits;
        info->handleFlags = object->secret.empty() ? 0 : TEE_HANDLE_FLAG_INITIALIZED;
        return TEE_SUCCESS;
    }
    info->objectType = TEE_TYPE_DATA;
    info->objectUsage = 0xFFFFFFFF;
    info->dataSize = object->object->content.size();
    info->dataPosition = object->position;
    info->handleFlags = TEE_HANDLE_FLAG_PERSISTENT | TEE_HANDLE_FLAG_INITIALIZED | object->flags;
    return TEE_SUCCESS;
}

TEE_Result TEE_ReadObjectData(TEE_ObjectHandle object, void* buffer, size_t size, size_t* count) {
    known(object, true);
    if ((object->flags & TEE_DATA_FLAG_ACCESS_READ) == 0)
        panic(TEE_ERROR_ACCESS_CONFLICT, "reading an object that was not opened for reading");
    if (object->storage == TEE_STORAGE_PRIVATE_RPMB && current_call().is_shared(buffer, size))
        panic(TEE_ERROR_ACCESS_DENIED, "reading RPMB into shared memory");
    *count = 0;
    if (const uint32_t fault = count_storage_call(&Counters::storage_read)) return poison(object, fault);
    if (const TEE_Result r = check_poison(object); r != TEE_SUCCESS) return r;
    const Blob& content = object->object->content;
    if (object->position >= content.size()) return TEE_SUCCESS;
    *count = std::min(size, content.size() - object->position);
    std::memcpy(buffer, content.data() + object->position, *count);
    object->position += *count;
    return TEE_SUCCESS;
}

TEE_Result TEE_WriteObjectData(TEE_ObjectHandle object, const void* buffer, size_t size) {
    known(object, true);
    if ((object->flags & TEE_DATA_FLAG_ACCESS_WRITE) == 0)
        panic(TEE_ERROR_ACCESS_CONFLICT, "writing an object that was not opened for writing");
    if (const uint32_t fault = count_storage_call(&Counters::storage_write)) return poison(object, fault);
    if (const TEE_Result r = check_poison(object); r != TEE_SUCCESS) return r;
    if (size > TEE_DATA_MAX_POSITION - object->position) return TEE_ERROR_OVERFLOW;
    if (size == 0) return TEE_SUCCESS;
    Blob content = object->object->content;
    content.resize(std::max(content.size(), object->position + size));
    std::memcpy(content.data() + object->position, buffer, size);
    const TEE_Result r = poison(object, write_content(object, std::move(content)));
    if (r == TEE_SUCCESS) object->position += size;
    return r;
}

TEE_Result TEE_TruncateObjectData(TEE_ObjectHandle object, size_t size) {
    known(object, true);
    if ((object->flags & TEE_DATA_FLAG_ACCESS_WRITE) == 0)
        panic(TEE_ERROR_ACCESS_CONFLICT, "truncating an object that was not opened for writing");
    if (const uint32_t fault = count_storage_call(&Counters::storage_truncate)) return poison(object, fault);
    if (const TEE_Result r = check_poison(object); r != TEE_SUCCESS) return r;
    Blob content = object->object->content;
    content.resize(size);
    return poison(object, write_content(object, std::move(content)));
}

TEE_Result TEE_SeekObjectData(TEE_ObjectHandle object, intmax_t offset, TEE_Whence whence) {
    known(object, true);
    ++current_call().tee->counters.storage_seek;
    intmax_t base = 0;
    if (whence == TEE_DATA_SEEK_CUR) base = static_cast<intmax_t>(object->position);
    else if (whence == TEE_DATA_SEEK_END) base = static_cast<intmax_t>(object->object->content.size());
    else if (whence != TEE_DATA_SEEK_SET) panic(TEE_ERROR_BAD_PARAMETERS, "seeking from nowhere");
    intmax_t position = 0;
    if (__builtin_add_overflow(base, offset, &position) || position > intmax_t{TEE_DATA_MAX_POSITION})
        return TEE_ERROR_OVERFLOW;
    object->position = static_cast<size_t>(std::max<intmax_t>(position, 0));
    return TEE_SUCCESS;
}

TEE_Result TEE_AllocatePersistentObjectEnumerator(TEE_ObjectEnumHandle* enumerator) {
    *enumerator = TEE_HANDLE_NULL;
    if (allocation_fails()) return TEE_ERROR_OUT_OF_MEMORY;
    *enumerator = new __TEE_ObjectEnumHandle;
    current_call().instance->enumerators.insert(*enumerator);
    return TEE_SUCCESS;
}

void TEE_FreePersistentObjectEnumerator(TEE_ObjectEnumHandle enumerator) {
    if (enumerator == TEE_HANDLE_NULL) return;
    current_call().instance->enumerators.erase(known(enumerator));
    delete enumerator;
}

void TEE_ResetPersistentObjectEnumerator(TEE_ObjectEnumHandle enumerator) {
    if (enumerator == TEE_HANDLE_NULL) return;
    *known(enumerator) = {};
}

TEE_Result TEE_StartPersistentObjectEnumerator(TEE_ObjectEnumHandle enumerator, uint32_t storage) {
    *known(enumerator) = {};
    if (const uint32_t fault = count_storage_call(&Counters::storage_enumerate)) return fault;
    storage = resolved(storage);
    if (!known_storage(storage)) return TEE_ERROR_ITEM_NOT_FOUND;
    enumerator->keys = store().list(storage, current_call().instance->image->uuid);
    if (enumerator->keys.empty()) return TEE_ERROR_ITEM_NOT_FOUND;
    enumerator->started = true;
    return TEE_SUCCESS;
}

TEE_Result TEE_GetNextPersistentObject(TEE_ObjectEnumHandle enumerator, TEE_ObjectInfo* info, void* id,
                                       size_t* id_size) {
    known(enumerator);
    if (!enumerator->started) return TEE_ERROR_ITEM_NOT_FOUND;
    if (const uint32_t fault = count_storage_call(&Counters::storage_enumerate)) return fault;
    if (enumerator->next == enumerator->keys.size()) return TEE_ERROR_ITEM_NOT_FOUND;
    const ObjectKey& key = enumerator->keys[enumerator->next++];
    Blob content;
    if (const TEE_Result r = result_of(store().load(key, content)); r != TEE_SUCCESS) return r;  // OP-TEE opens it
    if (*id_size < key.id.size()) panic(TEE_ERROR_SHORT_BUFFER, "no room for an object's id");
    std::memcpy(id, key.id.data(), key.id.size());
    *id_size = key.id.size();
    if (info != nullptr) {
        *info = {};
        info->objectType = TEE_TYPE_DATA;
        info->objectUsage = 0xFFFFFFFF;
        info->dataSize = content.size();
        info->handleFlags = TEE_HANDLE_FLAG_PERSISTENT | TEE_HANDLE_FLAG_INITIALIZED;
    }
    return TEE_SUCCESS;
}

}  // extern "C"
