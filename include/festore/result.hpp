// SPDX-License-Identifier: BSD-2-Clause
// What every function that can fail returns: a value, or the Error that says why there is none. The compiler warns if a caller drops it.
// Thread safety: as of the value.
#pragma once
#include "festore/error.hpp"

#include <concepts>
#include <optional>
#include <stdexcept>
#include <type_traits>
#include <utility>
#include <variant>

namespace festore {

template <class T>
class [[nodiscard]] Result {
    static_assert(!std::is_same_v<std::remove_cv_t<T>, Error> && !std::is_reference_v<T>);

public:
    using value_type = T;

    Result()
        requires std::is_default_constructible_v<T>
    = default;
    template <class U = T>
        requires(std::is_convertible_v<U &&, T> && !std::is_same_v<std::remove_cvref_t<U>, Error> &&
                 !std::is_same_v<std::remove_cvref_t<U>, Result>)
    Result(U&& value) : content_(std::in_place_index<0>, std::forward<U>(value)) {}  // NOLINT(google-explicit-constructor)
    Result(Error error) : content_(std::in_place_index<1>, std::move(error)) {}      // NOLINT(google-explicit-constructor)

    [[nodiscard]] bool has_value() const noexcept { return content_.index() == 0; }
    explicit operator bool() const noexcept { return has_value(); }

    // The value; only if there is one.
    [[nodiscard]] T& operator*() & noexcept { return *std::get_if<0>(&content_); }
    [[nodiscard]] const T& operator*() const& noexcept { return *std::get_if<0>(&content_); }
    [[nodiscard]] T&& operator*() && noexcept { return std::move(*std::get_if<0>(&content_)); }
    [[nodiscard]] T* operator->() noexcept { return std::get_if<0>(&content_); }
    [[nodiscard]] const T* operator->() const noexcept { return std::get_if<0>(&content_); }
    // The value, or a std::runtime_error with the error's message.
    [[nodiscard]] T& value() & { return check(), **this; }
    [[nodiscard]] const T& value() const& { return check(), **this; }
    [[nodiscard]] T&& value() && { return check(), std::move(**this); }
    template <class U>
    [[nodiscard]] T value_or(U&& otherwise) const& {
        return has_value() ? **this : static_cast<T>(std::forward<U>(otherwise));
    }
    template <class U>
    [[nodiscard]] T value_or(U&& otherwise) && {
        return has_value() ? std::move(**this) : static_cast<T>(std::forward<U>(otherwise));
    }

    // The error; only if there is no value.
    [[nodiscard]] Error& error() & noexcept { return *std::get_if<1>(&content_); }
    [[nodiscard]] const Error& error() const& noexcept { return *std::get_if<1>(&content_); }
    [[nodiscard]] Error&& error() && noexcept { return std::move(*std::get_if<1>(&content_)); }

    friend bool operator==(const Result& result, const T& value)
        requires std::equality_comparable<T>
    {
        return result.has_value() && *result == value;
    }

private:
    void check() const {
        if (!has_value()) throw std::runtime_error(error().message);
    }
    std::variant<T, Error> content_;
};

// Success without a value, or an Error.
template <>
class [[nodiscard]] Result<void> {
public:
    using value_type = void;

    Result() = default;
    Result(Error error) : error_(std::move(error)) {}  // NOLINT(google-explicit-constructor)

    [[nodiscard]] bool has_value() const noexcept { return !error_; }
    explicit operator bool() const noexcept { return has_value(); }
    void value() const {  // a std::runtime_error with the error's message, if there is one
        if (error_) throw std::runtime_error(error_->message);
    }

    // Only if there is one.
    [[nodiscard]] Error& error() & noexcept { return *error_; }
    [[nodiscard]] const Error& error() const& noexcept { return *error_; }
    [[nodiscard]] Error&& error() && noexcept { return std::move(*error_); }

private:
    std::optional<Error> error_;
};

}  // namespace festore
