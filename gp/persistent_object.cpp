// SPDX-License-Identifier: BSD-2-Clause
#include "gp/persistent_object.h"

namespace festore::gp {

Outcome<PersistentObject> PersistentObject::open(uint32_t storage, const ObjectId& id, uint32_t flags) {
    TEE_ObjectHandle handle = TEE_HANDLE_NULL;
    const TEE_Result result =
        TEE_OpenPersistentObject(storage, id.bytes.data(), static_cast<Size>(id.size), flags, &handle);
    if (result != TEE_SUCCESS) return fail_with(result);
    return PersistentObject(handle);
}

Status PersistentObject::replace(uint32_t storage, const ObjectId& id, Bytes content) {
    TEE_ObjectHandle handle = TEE_HANDLE_NULL;
    const uint32_t flags = TEE_DATA_FLAG_ACCESS_WRITE | TEE_DATA_FLAG_OVERWRITE;
    const TEE_Result result =
        TEE_CreatePersistentObject(storage, id.bytes.data(), static_cast<Size>(id.size), flags, TEE_HANDLE_NULL,
                                   content.data(), static_cast<Size>(content.size()), &handle);
    if (result != TEE_SUCCESS) return fail_with(result);
    TEE_CloseObject(handle);
    return {};
}

Outcome<PersistentObject> PersistentObject::create(uint32_t storage, const ObjectId& id, uint32_t flags, Bytes content) {
    TEE_ObjectHandle handle = TEE_HANDLE_NULL;
    const TEE_Result result =
        TEE_CreatePersistentObject(storage, id.bytes.data(), static_cast<Size>(id.size), flags, TEE_HANDLE_NULL,
                                   content.data(), static_cast<Size>(content.size()), &handle);
    if (result != TEE_SUCCESS) return fail_with(result);
    return PersistentObject(handle);
}

Outcome<size_t> PersistentObject::size() const {
    TEE_ObjectInfo info{};
    if (const TEE_Result result = TEE_GetObjectInfo1(handle_, &info); result != TEE_SUCCESS) return fail_with(result);
    return static_cast<size_t>(info.dataSize);
}

Outcome<size_t> PersistentObject::read(MutableBytes out) {
    Size count = 0;
    const TEE_Result result = TEE_ReadObjectData(handle_, out.data(), static_cast<Size>(out.size()), &count);
    if (result == TEE_ERROR_CORRUPT_OBJECT) handle_ = TEE_HANDLE_NULL;  // the TEE has deleted the object and closed it
    if (result != TEE_SUCCESS) return fail_with(result);
    return std::min<size_t>(count, out.size());
}

Outcome<size_t> PersistentObject::read_at(size_t offset, MutableBytes out) {
    const TEE_Result result = TEE_SeekObjectData(handle_, static_cast<int32_t>(offset), TEE_DATA_SEEK_SET);
    if (result == TEE_ERROR_CORRUPT_OBJECT) handle_ = TEE_HANDLE_NULL;  // as in read()
    if (result != TEE_SUCCESS) return fail_with(result);
    return read(out);
}

Status PersistentObject::write(size_t offset, Bytes content) {
    TEE_Result result = TEE_SeekObjectData(handle_, static_cast<int32_t>(offset), TEE_DATA_SEEK_SET);
    if (result == TEE_SUCCESS) result = TEE_WriteObjectData(handle_, content.data(), static_cast<Size>(content.size()));
    if (result == TEE_ERROR_CORRUPT_OBJECT) handle_ = TEE_HANDLE_NULL;  // as in read()
    if (result != TEE_SUCCESS) return fail_with(result);
    return {};
}

Status PersistentObject::remove() && {
    const TEE_Result result = TEE_CloseAndDeletePersistentObject1(std::exchange(handle_, nullptr));
    if (result != TEE_SUCCESS) return fail_with(result);
    return {};
}

Outcome<ObjectEnumerator> ObjectEnumerator::start(uint32_t storage) {
    TEE_ObjectEnumHandle handle = TEE_HANDLE_NULL;
    if (const TEE_Result result = TEE_AllocatePersistentObjectEnumerator(&handle); result != TEE_SUCCESS)
        return fail_with(result);
    ObjectEnumerator enumerator(handle);
    const TEE_Result result = TEE_StartPersistentObjectEnumerator(handle, storage);
    if (result != TEE_SUCCESS) return fail_with(result);
    enumerator.started_in_ = storage;
    return enumerator;
}

// OP-TEE up to 4.10 counts one user of its directory too many when an enumeration that has reached its end is freed: reaching the
// end closes the directory, and freeing does not lower the count while the directory is closed. The directory then stays open in
// tee-supplicant for good, and when tee-supplicant restarts, the storage of every TA hangs (rule 1). Starting another enumeration
// before the first is freed opens the directory again, and the count comes out right.
ObjectEnumerator::~ObjectEnumerator() {
    TEE_ObjectEnumHandle other = TEE_HANDLE_NULL;
    if (started_in_ == TEE_STORAGE_PRIVATE_REE && TEE_AllocatePersistentObjectEnumerator(&other) == TEE_SUCCESS)
        (void)TEE_StartPersistentObjectEnumerator(other, *started_in_);
    TEE_FreePersistentObjectEnumerator(handle_);
    TEE_FreePersistentObjectEnumerator(other);
}

Outcome<ObjectId> ObjectEnumerator::next(size_t* bytes) {
    TEE_ObjectInfo info{};
    ObjectId id;
    Size size = static_cast<Size>(id.bytes.size());
    const TEE_Result result = TEE_GetNextPersistentObject(handle_, &info, id.bytes.data(), &size);
    if (result != TEE_SUCCESS) return fail_with(result);
    id.size = std::min<size_t>(size, id.bytes.size());
    if (bytes != nullptr) *bytes = static_cast<size_t>(info.dataSize);
    return id;
}

}  // namespace festore::gp
