// SPDX-License-Identifier: BSD-2-Clause
// One description of a structure's fields serves both directions and its size. A structure describes itself:
//
//   struct Example {
//       uint32_t number = 0;
//       Bytes name;
//       static constexpr void fields(auto& m, auto& wire) { wire(m.number, m.name); }
//       [[nodiscard]] bool is_valid() const;  // may be left out: what its fields' types do not say
//   };
//
// On the wire: little-endian, no padding, fields in the order in which fields() names them. By type:
//   integers           as many bytes as they have
//   bool               one byte, 0 or 1
//   enumerations       as their integer; is_known(value) says which values there are
//   Bytes              one byte of length, then the bytes: 255 at most
//   arrays of bytes    the bytes; Uuid likewise
//   structures, arrays of them    their fields
// `wire` is a FieldWriter, a FieldReader or a FieldCounter. Besides calling it, fields() may use:
//   wire.optional(present, body)  the last fields of a message, which may be missing: they are there if present() is true
//   wire.counted(count, items)    the first `count` of an array
//   wire.bits(a, b, ...)          bools that share one byte, from bit 0 on; the other bits are 0
#pragma once
#include "base/reader.h"
#include "base/result.h"
#include "base/uuid.h"
#include "base/writer.h"

#include <array>
#include <concepts>
#include <type_traits>

namespace festore {

class FieldCounter;

// A structure that describes its fields.
template <class M>
concept Described = requires(const M& m, FieldCounter& wire) { M::fields(m, wire); };

template <class T>
inline constexpr bool kIsArray = false;
template <class T, size_t N>
inline constexpr bool kIsArray<std::array<T, N>> = true;

class FieldWriter {
public:
    explicit FieldWriter(Writer& out) : out_(out) {}

    template <class... Fields>
    void operator()(const Fields&... fields) {
        (write(fields), ...);
    }
    void optional(auto&& present, auto&& body) {
        if (present()) body();
    }
    template <class T, size_t N>
    void counted(uint8_t count, const std::array<T, N>& items) {
        out_.u8(count);
        for (size_t i = 0; i < count && i < N; ++i) write(items[i]);
    }
    template <class... Bits>
    void bits(const Bits&... bits) {
        unsigned value = 0;
        unsigned bit = 1;
        ((value |= bits ? bit : 0U, bit <<= 1), ...);
        out_.u8(static_cast<uint8_t>(value));
    }

private:
    template <class T>
    void write(const T& field) {
        if constexpr (std::is_same_v<T, Bytes>) {
            write_short(field);
        } else if constexpr (std::is_same_v<T, Uuid>) {
            out_.bytes(field.bytes);
        } else if constexpr (Described<T>) {
            T::fields(field, *this);
        } else if constexpr (kIsArray<T>) {
            if constexpr (std::is_same_v<typename T::value_type, std::byte>) {
                out_.bytes(field);
            } else {
                for (const auto& item : field) write(item);
            }
        } else {
            out_.number(static_cast<uint64_t>(field), sizeof(T));
        }
    }
    void write_short(Bytes text) {
        out_.u8(static_cast<uint8_t>(text.size()));
        out_.bytes(text);
    }

    Writer& out_;
};

// Reads bytes that may be hostile. valid() is false when a field has a value that its type does not allow, or is_valid() says no;
// whether the bytes sufficed, the reader knows.
class FieldReader {
public:
    explicit FieldReader(Reader& in) : in_(in) {}

    template <class... Fields>
    void operator()(Fields&... fields) {
        (read(fields), ...);
    }
    void optional(auto&& present, auto&& body) {
        if (!in_.ok() || in_.done()) return;
        body();
        valid_ = valid_ && present();
    }
    template <class T, size_t N>
    void counted(uint8_t& count, std::array<T, N>& items) {
        count = in_.u8();
        valid_ = valid_ && count <= N;
        for (size_t i = 0; valid_ && i < count; ++i) read(items[i]);
    }
    template <class... Bits>
    void bits(Bits&... bits) {
        unsigned value = in_.u8();
        ((bits = (value & 1U) != 0, value >>= 1), ...);
        valid_ = valid_ && value == 0;
    }
    [[nodiscard]] bool valid() const { return valid_; }

private:
    template <class T>
    void read(T& field) {
        if constexpr (std::is_same_v<T, Bytes>) {
            field = in_.bytes(in_.u8());
        } else if constexpr (std::is_same_v<T, Uuid>) {
            in_.read_into(field.bytes);
        } else if constexpr (Described<T>) {
            T::fields(field, *this);
            if constexpr (requires { field.is_valid(); }) valid_ = valid_ && field.is_valid();
        } else if constexpr (kIsArray<T>) {
            if constexpr (std::is_same_v<typename T::value_type, std::byte>) {
                in_.read_into(field);
            } else {
                for (auto& item : field) read(item);
            }
        } else {
            const uint64_t value = in_.number(sizeof(T));
            if constexpr (std::is_same_v<T, bool>) {
                valid_ = valid_ && value <= 1;
                field = value == 1;
            } else {
                field = static_cast<T>(value);
                if constexpr (std::is_enum_v<T>) valid_ = valid_ && is_known(field);
            }
        }
    }

    Reader& in_;
    bool valid_ = true;
};

// Counts what a FieldWriter would write.
class FieldCounter {
public:
    template <class... Fields>
    constexpr void operator()(const Fields&... fields) {
        (count(fields), ...);
    }
    constexpr void optional(auto&& present, auto&& body) {
        if (present()) body();
    }
    template <class T, size_t N>
    constexpr void counted(uint8_t count_of_items, const std::array<T, N>& items) {
        bytes_ += 1;
        for (size_t i = 0; i < count_of_items && i < N; ++i) count(items[i]);
    }
    template <class... Bits>
    constexpr void bits(const Bits&... /*bits*/) {
        bytes_ += 1;
    }
    [[nodiscard]] constexpr size_t bytes() const { return bytes_; }

private:
    template <class T>
    constexpr void count(const T& field) {
        if constexpr (std::is_same_v<T, Bytes>) {
            bytes_ += 1 + field.size();
        } else if constexpr (std::is_same_v<T, Uuid>) {
            bytes_ += field.bytes.size();
        } else if constexpr (Described<T>) {
            T::fields(field, *this);
        } else if constexpr (kIsArray<T>) {
            for (const auto& item : field) count(item);
        } else {
            bytes_ += sizeof(T);
        }
    }

    size_t bytes_ = 0;
};

// The bytes that `message` takes on the wire.
template <Described M>
constexpr size_t encoded_bytes(const M& message) {
    FieldCounter counter;
    counter(message);
    return counter.bytes();
}

template <Described M>
void write_fields(const M& message, Writer& out) {
    FieldWriter wire(out);
    wire(message);
}

// Fields in the middle of other bytes. bad_format: not such a structure, or `in` was bad before.
template <Described M>
Outcome<M> read_fields(Reader& in) {
    M message;
    FieldReader wire(in);
    wire(message);
    if (!in.ok() || !wire.valid()) return fail(Code::bad_format);
    return message;
}

// `input` must be exactly one structure, with nothing after it; else bad_format. Views in the structure point into `input`.
template <Described M>
Outcome<M> read_all_fields(Bytes input) {
    Reader in(input);
    Outcome<M> message = read_fields<M>(in);
    if (message && !in.done()) return fail(Code::bad_format);
    return message;
}

}  // namespace festore
