// SPDX-License-Identifier: BSD-2-Clause
// Persistent objects: TEE Internal Core API 1.3, section 5.7, with OP-TEE's answers if the specification leaves a
// choice. Errors that a function's specification does not list panic the TA.
#include "sim/storage/storage.h"

using namespace festore;
using namespace festore::sim;

namespace {

constexpr Listed kOpenLists = {TEE_ERROR_ITEM_NOT_FOUND, TEE_ERROR_ACCESS_CONFLICT, TEE_ERROR_OUT_OF_MEMORY,
                               TEE_ERROR_CORRUPT_OBJECT, TEE_ERROR_STORAGE_NOT_AVAILABLE};
constexpr Listed kCreateLists = {TEE_ERROR_ITEM_NOT_FOUND,   TEE_ERROR_ACCESS_CONFLICT, TEE_ERROR_OUT_OF_MEMORY,
                                 TEE_ERROR_STORAGE_NO_SPACE, TEE_ERROR_CORRUPT_OBJECT,  TEE_ERROR_STORAGE_NOT_AVAILABLE};
constexpr Listed kDeleteLists = {TEE_ERROR_STORAGE_NOT_AVAILABLE};
constexpr Listed kRenameLists = {TEE_ERROR_ACCESS_CONFLICT, TEE_ERROR_CORRUPT_OBJECT, TEE_ERROR_STORAGE_NOT_AVAILABLE};

uint32_t rpmb_fault(uint32_t storage) {
    const Faults::Rpmb rpmb = current_call().tee->faults.rpmb;
    if (storage != TEE_STORAGE_PRIVATE_RPMB || rpmb == Faults::Rpmb::answers) return TEE_SUCCESS;
    if (rpmb == Faults::Rpmb::ends_ta) throw Panic{TEE_ERROR_COMMUNICATION};  // injected on purpose: no message
    return TEE_ERROR_STORAGE_NOT_AVAILABLE;
}

TEE_Result open_object(uint32_t storage, const void* id, size_t id_size, uint32_t flags, TEE_ObjectHandle* object) {
    if ((flags & ~(kAccessFlags | kShareFlags)) != 0) return TEE_ERROR_BAD_PARAMETERS;
    if (const uint32_t fault = count_storage_call(&Counters::storage_open, kOpenLists)) return fault;
    if (!resolve_storage(storage)) return TEE_ERROR_ITEM_NOT_FOUND;
    if (const uint32_t fault = rpmb_fault(storage)) return fault;
    const ObjectKey key = key_of(storage, id, id_size);
    if (conflicts_with_open_handles(key, flags)) return TEE_ERROR_ACCESS_CONFLICT;
    if (allocation_fails()) return TEE_ERROR_OUT_OF_MEMORY;
    std::shared_ptr<OpenObject> shared = opened(key);
    if (!shared) {
        shared = std::make_shared<OpenObject>();
        shared->key = key;
        const ObjectStore::IoResult outcome = store().open(*shared);
        if (outcome == ObjectStore::IoResult::damaged) store().erase(key);  // as OP-TEE does
        if (outcome != ObjectStore::IoResult::ok) return result_of(outcome);
        store().open_objects[key] = shared;
    }
    *object = make_handle(shared, flags);
    return TEE_SUCCESS;
}

TEE_Result create_object(uint32_t storage, const void* id, size_t id_size, uint32_t flags, TEE_ObjectHandle attributes,
                         const void* data, size_t data_size, TEE_ObjectHandle* object) {
    if ((flags & ~(kAccessFlags | kShareFlags | TEE_DATA_FLAG_OVERWRITE)) != 0) return TEE_ERROR_BAD_PARAMETERS;
    const bool overwrite = (flags & TEE_DATA_FLAG_OVERWRITE) != 0;
    if (const uint32_t fault = count_storage_call(&Counters::storage_create, kCreateLists)) return fault;
    if (!resolve_storage(storage)) return TEE_ERROR_ITEM_NOT_FOUND;
    if (const uint32_t fault = rpmb_fault(storage)) return fault;
    const ObjectKey key = key_of(storage, id, id_size);
    if (opened(key)) {
        if (!overwrite || conflicts_with_open_handles(key, flags)) return TEE_ERROR_ACCESS_CONFLICT;
        refuse("replacing an object that is open");
    }
    if (data == nullptr && data_size > 0) return TEE_ERROR_BAD_PARAMETERS;
    if (attributes != TEE_HANDLE_NULL) refuse("a persistent object with attributes");
    if (allocation_fails()) return TEE_ERROR_OUT_OF_MEMORY;
    const Bytes bytes = bytes_of(data, data_size);
    auto shared = std::make_shared<OpenObject>();
    shared->key = key;
    if (const TEE_Result r = result_of(store().create(*shared, bytes, overwrite)); r != TEE_SUCCESS) return r;
    if (object == nullptr) return TEE_SUCCESS;
    store().open_objects[key] = shared;
    *object = make_handle(shared, flags);
    return TEE_SUCCESS;
}

TEE_Result rename_object(TEE_ObjectHandle object, const void* id, size_t id_size) {
    if (id_size > TEE_OBJECT_ID_MAX_LEN) return TEE_ERROR_BAD_PARAMETERS;
    known_persistent(object);
    if (object->object->gone) panic(TEE_ERROR_ITEM_NOT_FOUND, "renaming an object that was found damaged, and is gone");
    if ((object->flags & TEE_DATA_FLAG_ACCESS_WRITE_META) == 0) return TEE_ERROR_BAD_STATE;
    if (const uint32_t fault = count_storage_call(&Counters::storage_rename, kRenameLists)) return fault;
    const ObjectKey to = key_of(object->storage, id, id_size);
    const ObjectKey from = object->object->key;
    if (opened(to)) return TEE_ERROR_ACCESS_CONFLICT;
    if (const TEE_Result r = result_of(store().rename(from, to)); r != TEE_SUCCESS) return r;
    store().open_objects.erase(from);
    object->object->key = to;
    store().open_objects[to] = object->object;
    return TEE_SUCCESS;
}

}  // namespace

extern "C" {

TEE_Result TEE_OpenPersistentObject(uint32_t storage, const void* id, size_t id_size, uint32_t flags,
                                    TEE_ObjectHandle* object) {
    required(object) = TEE_HANDLE_NULL;
    return listed_or_panic(open_object(storage, id, id_size, flags, object), kOpenLists);
}

TEE_Result TEE_CreatePersistentObject(uint32_t storage, const void* id, size_t id_size, uint32_t flags,
                                      TEE_ObjectHandle attributes, const void* data, size_t data_size,
                                      TEE_ObjectHandle* object) {
    if (object != nullptr) *object = TEE_HANDLE_NULL;
    return listed_or_panic(create_object(storage, id, id_size, flags, attributes, data, data_size, object),
                           kCreateLists);
}

void TEE_CloseObject(TEE_ObjectHandle object) {
    if (object != TEE_HANDLE_NULL) forget(known_object(object));
}

TEE_Result TEE_CloseAndDeletePersistentObject1(TEE_ObjectHandle object) {
    if (object == TEE_HANDLE_NULL) return TEE_SUCCESS;
    known_persistent(object);
    if (object->object->gone) panic(TEE_ERROR_ITEM_NOT_FOUND, "deleting an object that was found damaged, and is gone");
    if ((object->flags & TEE_DATA_FLAG_ACCESS_WRITE_META) == 0)
        panic(TEE_ERROR_ACCESS_CONFLICT, "deleting an object that was not opened with write-meta");
    const ObjectKey key = object->object->key;
    const uint32_t fault = count_storage_call(&Counters::storage_delete, kDeleteLists);
    const TEE_Result result = fault != TEE_SUCCESS ? fault : result_of(store().erase(key));
    forget(object);  // whatever the result
    return listed_or_panic(result, kDeleteLists);
}

TEE_Result TEE_RenamePersistentObject(TEE_ObjectHandle object, const void* id, size_t id_size) {
    return listed_or_panic(rename_object(object, id, id_size), kRenameLists);
}

TEE_Result TEE_GetObjectInfo1(TEE_ObjectHandle object, TEE_ObjectInfo* info) {
    known_object(object);
    if (object->persistent) {
        describe(store().size(*object->object), object->flags, required(info));
        info->dataPosition = object->position;
        return TEE_SUCCESS;
    }
    required(info) = {};
    info->objectType = object->type;
    info->objectSize = static_cast<uint32_t>(object->secret.size() * 8);
    info->maxObjectSize = object->max_bits;
    info->objectUsage = TEE_USAGE_DEFAULT;
    info->handleFlags = object->secret.empty() ? 0 : TEE_HANDLE_FLAG_INITIALIZED;
    return TEE_SUCCESS;
}

}  // extern "C"
