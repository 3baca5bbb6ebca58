// SPDX-License-Identifier: BSD-2-Clause
// The data of persistent objects: TEE Internal Core API 1.3, section 5.9, with OP-TEE's answers. Rule 2: a handle on which an
// operation has failed is poisoned.
#include "sim/storage/storage.h"

#include <algorithm>
#include <cstring>

using namespace festore;
using namespace festore::sim;

namespace {

constexpr Listed kReadLists = {TEE_ERROR_CORRUPT_OBJECT, TEE_ERROR_STORAGE_NOT_AVAILABLE};
constexpr Listed kWriteLists = {TEE_ERROR_STORAGE_NO_SPACE, TEE_ERROR_OVERFLOW, TEE_ERROR_CORRUPT_OBJECT,
                                TEE_ERROR_STORAGE_NOT_AVAILABLE};
// OP-TEE's core turns every failure of a truncation except this one into a generic error, which is not listed.
constexpr Listed kTruncateLists = {TEE_ERROR_CORRUPT_OBJECT};
constexpr Listed kSeekLists = {TEE_ERROR_OVERFLOW, TEE_ERROR_CORRUPT_OBJECT, TEE_ERROR_STORAGE_NOT_AVAILABLE};

// OP-TEE deletes an object that it finds damaged, and closes the handle unless the TA's header says otherwise.
TEE_Result lose_corrupt(TEE_ObjectHandle handle) {
    handle->poisoned = true;
    handle->object->gone = true;
    store().erase(handle->object->key);
    store().open_objects.erase(handle->object->key);
    if ((current_call().instance->image->flags & TA_FLAG_DONT_CLOSE_HANDLE_ON_CORRUPT_OBJECT) == 0) forget(handle);
    return TEE_ERROR_CORRUPT_OBJECT;
}

// Applies the result of an operation on the object's data to the handle, and returns the result.
TEE_Result settle(TEE_ObjectHandle handle, TEE_Result result) {
    if (result == TEE_ERROR_CORRUPT_OBJECT) return lose_corrupt(handle);
    if (result != TEE_SUCCESS) handle->poisoned = true;
    return result;
}

// Comes before each access to the data: first an injected fault, then the consequences of an earlier failure.
TEE_Result begin(TEE_ObjectHandle handle, uint64_t Counters::*which, Listed listed) {
    if (const uint32_t fault = count_storage_call(which, listed)) return settle(handle, fault);
    if (handle->object->gone) {
        if (!handle->poisoned) refuse("a second handle of an object that was found damaged through another");
        return TEE_ERROR_CORRUPT_OBJECT;
    }
    if (!handle->poisoned) return TEE_SUCCESS;
    if (current_call().tee->config.crashes_on_failed_handle) throw Crash{};
    return lose_corrupt(handle);
}

TEE_ObjectHandle with_access(TEE_ObjectHandle handle, uint32_t access) {
    if ((known_persistent(handle)->flags & access) == 0)
        panic(TEE_ERROR_ACCESS_CONFLICT, "an access for which the object was not opened");
    return handle;
}

}  // namespace

extern "C" {

// For shared memory some versions of OP-TEE read and write it here, others panic the TA for one storage or for both.
TEE_Result TEE_ReadObjectData(TEE_ObjectHandle object, void* buffer, size_t size, size_t* count) {
    with_access(object, TEE_DATA_FLAG_ACCESS_READ);
    current_call().require_own(buffer, size, "reading an object into memory that is not the TA's own");
    required(count) = 0;
    if (const TEE_Result r = begin(object, &Counters::storage_read, kReadLists); r != TEE_SUCCESS) return r;
    const size_t bytes = store().size(*object->object);
    if (object->position >= bytes || size == 0) return TEE_SUCCESS;
    *count = std::min(size, bytes - object->position);
    const MutableBytes out(static_cast<std::byte*>(buffer), *count);
    const TEE_Result r = settle(object, result_of(store().read(*object->object, object->position, out)));
    if (r == TEE_SUCCESS) object->position += *count;
    else *count = 0;
    return listed_or_panic(r, kReadLists);
}

TEE_Result TEE_WriteObjectData(TEE_ObjectHandle object, const void* buffer, size_t size) {
    with_access(object, TEE_DATA_FLAG_ACCESS_WRITE);
    current_call().require_own(buffer, size, "writing an object from memory that is not the TA's own");
    if (size > TEE_DATA_MAX_POSITION - object->position) return TEE_ERROR_OVERFLOW;
    if (const TEE_Result r = begin(object, &Counters::storage_write, kWriteLists); r != TEE_SUCCESS) return r;
    if (size == 0) return TEE_SUCCESS;
    const size_t end = object->position + size;
    if (end > current_call().tee->config.storage_bytes_max) return settle(object, TEE_ERROR_STORAGE_NO_SPACE);
    const TEE_Result r = settle(object, result_of(store().write(*object->object, object->position, bytes_of(buffer, size))));
    if (r == TEE_SUCCESS) object->position = end;
    return listed_or_panic(r, kWriteLists);
}

TEE_Result TEE_TruncateObjectData(TEE_ObjectHandle object, size_t size) {
    with_access(object, TEE_DATA_FLAG_ACCESS_WRITE);
    if (const TEE_Result r = begin(object, &Counters::storage_truncate, kTruncateLists); r != TEE_SUCCESS) return r;
    if (size > current_call().tee->config.storage_bytes_max)
        panic(TEE_ERROR_GENERIC, "a truncation to more than the storage holds");
    return listed_or_panic(settle(object, result_of(store().resize(*object->object, size))), kTruncateLists);
}

TEE_Result TEE_SeekObjectData(TEE_ObjectHandle object, intmax_t offset, TEE_Whence whence) {
    known_persistent(object);
    ++current_call().tee->counters.storage_seek;
    intmax_t base = 0;
    if (whence == TEE_DATA_SEEK_CUR) base = static_cast<intmax_t>(object->position);
    else if (whence == TEE_DATA_SEEK_END) base = static_cast<intmax_t>(store().size(*object->object));
    else if (whence != TEE_DATA_SEEK_SET) panic(TEE_ERROR_ITEM_NOT_FOUND, "seeking from nowhere");
    intmax_t position = 0;
    if (__builtin_add_overflow(base, offset, &position) || position > intmax_t{TEE_DATA_MAX_POSITION})
        return listed_or_panic(TEE_ERROR_OVERFLOW, kSeekLists);
    object->position = static_cast<size_t>(std::max<intmax_t>(position, 0));
    return TEE_SUCCESS;
}

}  // extern "C"
