// SPDX-License-Identifier: BSD-2-Clause
// One object in memory from TEE_Malloc, with one owner; wiped before the memory is freed.
#pragma once
#include "base/bytes.h"
#include "gp/tee.h"

#include <new>

namespace festore::gp {

template <class T>
class Owned {
public:
    Owned() = default;
    // out_of_memory.
    template <class... Arguments>
    static Outcome<Owned> make(Arguments&&... arguments) {
        void* memory = TEE_Malloc(sizeof(T), TEE_MALLOC_FILL_ZERO);
        if (memory == nullptr) return fail(Code::out_of_memory);
        return Owned(new (memory) T(std::forward<Arguments>(arguments)...));
    }
    Owned(Owned&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
    Owned& operator=(Owned&& other) noexcept {
        std::swap(object_, other.object_);
        return *this;
    }
    ~Owned() { reset(); }

    void reset() {
        if (object_ == nullptr) return;
        T* const object = std::exchange(object_, nullptr);
        object->~T();
        wipe({reinterpret_cast<std::byte*>(object), sizeof(T)});
        TEE_Free(object);
    }
    explicit operator bool() const { return object_ != nullptr; }
    T& operator*() const { return *object_; }
    T* operator->() const { return object_; }

private:
    explicit Owned(T* object) : object_(object) {}
    T* object_ = nullptr;
};

}  // namespace festore::gp
