// SPDX-License-Identifier: BSD-2-Clause
// What the files of the storage API share: keys, handles and their errors. All functions work for the TA of the call
// that this thread serves.
#pragma once
#include "sim/state.h"

namespace festore::sim {

inline constexpr uint32_t kAccessFlags =
    TEE_DATA_FLAG_ACCESS_READ | TEE_DATA_FLAG_ACCESS_WRITE | TEE_DATA_FLAG_ACCESS_WRITE_META;
inline constexpr uint32_t kShareFlags = TEE_DATA_FLAG_SHARE_READ | TEE_DATA_FLAG_SHARE_WRITE;

ObjectStore& store();
// Replaces TEE_STORAGE_PRIVATE by the storage that it means; false for a storage that this TEE does not have.
bool resolve_storage(uint32_t& storage);
// The key of the TA's object of that id. Panics for an id that is too long or not in the TA's own memory.
ObjectKey key_of(uint32_t storage, const void* id, size_t size);
// The open object, if it has handles.
std::shared_ptr<OpenObject> opened(const ObjectKey& key);
// Whether a handle with these flags conflicts with the handles that the object has.
bool conflicts_with_open_handles(const ObjectKey& key, uint32_t flags);

TEE_ObjectHandle make_handle(const std::shared_ptr<OpenObject>& object, uint32_t flags);
// Panics unless it is a handle of this instance (and of a persistent object).
TEE_ObjectHandle known_object(TEE_ObjectHandle handle);
TEE_ObjectHandle known_persistent(TEE_ObjectHandle handle);
// Ends a handle, not the object.
void forget(TEE_ObjectHandle handle);

TEE_Result result_of(ObjectStore::IoResult outcome);
// Returns the result if the specification lists it for this function; else the TA panics.
TEE_Result listed_or_panic(TEE_Result result, Listed listed);
void describe(size_t bytes, uint32_t handle_flags, TEE_ObjectInfo& info);

}  // namespace festore::sim
