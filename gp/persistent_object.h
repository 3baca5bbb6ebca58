// SPDX-License-Identifier: BSD-2-Clause
// Owners of the handles of trusted storage (TEE Internal Core API 1.3, section 5.7 and 5.8). No policy: the caller
// chooses ids, flags and contents. Buffers and ids must be in TA memory, never in memory shared with a client: OP-TEE
// panics the TA for some of them, and the client could change any of them during the call.
#pragma once
#include "base/bytes.h"
#include "gp/tee.h"

namespace festore::gp {

// An id in the TA's own memory.
struct ObjectId {
    std::array<std::byte, TEE_OBJECT_ID_MAX_LEN> bytes{};
    size_t size = 0;

    static std::optional<ObjectId> from(Bytes b) {
        if (b.size() > TEE_OBJECT_ID_MAX_LEN) return std::nullopt;
        ObjectId id;
        copy_bytes(b, id.bytes);
        id.size = b.size();
        return id;
    }
    [[nodiscard]] Bytes view() const { return Bytes(bytes).first(size); }
};

class PersistentObject {
public:
    // `flags`: TEE_DATA_FLAG_*. Errors: item_not_found; corrupt_object (OP-TEE has then deleted the object).
    static Outcome<PersistentObject> open(uint32_t storage, const ObjectId& id, uint32_t flags);
    // Creates the object with its whole content in one atomic and durable step, replacing one with that id; closes it.
    static Status replace(uint32_t storage, const ObjectId& id, Bytes content);

    // Creates the object with that content and keeps it open. access_conflict: the object exists already.
    static Outcome<PersistentObject> create(uint32_t storage, const ObjectId& id, uint32_t flags, Bytes content);

    PersistentObject(PersistentObject&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
    PersistentObject& operator=(PersistentObject&& other) noexcept {
        std::swap(handle_, other.handle_);
        return *this;
    }
    ~PersistentObject() { TEE_CloseObject(handle_); }  // does nothing for TEE_HANDLE_NULL

    [[nodiscard]] Outcome<size_t> size() const;
    // Reads up to out.size() bytes from where the last read ended. Returns how many; 0 at the end.
    Outcome<size_t> read(MutableBytes out);
    // The same, starting at that offset.
    Outcome<size_t> read_at(size_t offset, MutableBytes out);
    // Overwrites, or appends, in one atomic and durable step; the object must have been opened for writing. After any
    // failure the handle must not be used any more, only closed (rule 2).
    Status write(size_t offset, Bytes content);
    // Deletes the object; it must have been opened with TEE_DATA_FLAG_ACCESS_WRITE_META. The handle is gone either way.
    Status remove() &&;

private:
    explicit PersistentObject(TEE_ObjectHandle handle) : handle_(handle) {}
    TEE_ObjectHandle handle_;
};

// Enumerates the ids of all persistent objects of this TA in one storage, in no particular order.
class ObjectEnumerator {
public:
    static Outcome<ObjectEnumerator> start(uint32_t storage);  // item_not_found: there are no objects
    ObjectEnumerator(ObjectEnumerator&& other) noexcept
        : handle_(std::exchange(other.handle_, nullptr)), started_in_(std::exchange(other.started_in_, std::nullopt)) {}
    ObjectEnumerator& operator=(ObjectEnumerator&&) = delete;
    ~ObjectEnumerator();

    // item_not_found: no more objects; corrupt_object: this one is damaged, continue. `bytes`: the size of its content.
    Outcome<ObjectId> next(size_t* bytes = nullptr);

private:
    explicit ObjectEnumerator(TEE_ObjectEnumHandle handle) : handle_(handle) {}
    TEE_ObjectEnumHandle handle_;
    std::optional<uint32_t> started_in_;  // the storage
};

}  // namespace festore::gp
