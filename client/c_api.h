// SPDX-License-Identifier: BSD-2-Clause
// Shared by the parts of the C API. It throws nothing to its callers: memory exhaustion becomes FESTORE_EFAILURE.
#pragma once
#include "festore/festore.h"

#include "base/bytes.h"
#include "festore/client.hpp"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <memory>
#include <new>
#include <optional>

namespace festore::c_api {

// What festore_error() and its relatives return.
struct LastError {
    std::string message;
    Reason reason = Reason::none;
    uint32_t tee_result = 0;
    uint32_t tee_origin = 0;
};

}  // namespace festore::c_api

struct festore_client {
    std::optional<festore::Client> client;  // not set: connecting failed
    festore::c_api::LastError error;
};

struct festore_writer {
    festore_client* client;
    festore::WriteStream stream;
};

struct festore_reader {
    festore_client* client;
    festore::ReadStream stream;
};

struct festore_transaction {
    festore_client* client;
    festore::Transaction transaction;
};

namespace festore::c_api {

inline int failed(LastError& where, const Error& error) {
    where = {error.message, error.reason, error.tee_result, error.tee_origin};
    return static_cast<int>(error.code);
}
inline int wrong_usage(LastError& where, std::string message) {
    return failed(where, {ErrorCode::usage, std::move(message), 0, 0});
}

// Runs a call. The last error is cleared first; an exception becomes the last error.
template <class F>
int guarded(LastError& error, F&& body) {
    try {
        error = {};
        return body();
    } catch (const std::bad_alloc&) {
        error.message = "out of memory";
    } catch (const std::exception& e) {
        error.message = e.what();
    }
    return FESTORE_EFAILURE;
}

// Runs `body(Client&)`. `required`: names and outputs that must not be NULL.
template <class F, class... Required>
int with_client(festore_client* client, F&& body, const Required*... required) {
    if (client == nullptr) return FESTORE_EUSAGE;
    return guarded(client->error, [&]() -> int {
        if (!client->client) return wrong_usage(client->error, "this client is not connected");
        if (((required == nullptr) || ...)) return wrong_usage(client->error, "a name or an output is NULL");
        return body(*client->client);
    });
}

// A struct of the caller's, as this library knows it: what the caller's does not have is zero. Nothing if struct_size is not set, or if
// the caller has set something that this library does not know.
template <class T>
std::optional<T> taken(const T* given) {
    T known{};
    if (given == nullptr) return known;
    const size_t size = given->struct_size;
    if (size < sizeof(size_t)) return std::nullopt;
    std::memcpy(&known, given, std::min(size, sizeof(T)));
    const char* const bytes = reinterpret_cast<const char*>(given);
    const bool has_unknown = size > sizeof(T) && std::any_of(bytes + sizeof(T), bytes + size, [](char b) { return b != 0; });
    if (has_unknown) return std::nullopt;
    known.struct_size = sizeof(T);
    return known;
}

// Whether give() can write there: NULL, or struct_size is set.
template <class T>
bool has_room(const T* out) {
    return out == nullptr || out->struct_size >= sizeof(size_t);
}

// Fills the caller's struct, as far as the caller knows it.
template <class T>
void give(T known, T* out) {
    if (out == nullptr) return;
    const size_t size = out->struct_size;
    known.struct_size = size;
    std::memcpy(out, &known, std::min(size, sizeof(T)));
    if (size > sizeof(T)) std::memset(reinterpret_cast<char*>(out) + sizeof(T), 0, size - sizeof(T));
}

// As much of the text as fits.
template <size_t N>
void copy_text(const std::string& text, char (&to)[N]) {
    (void)std::snprintf(to, N, "%s", text.c_str());
}

inline festore_info to_info(const ObjectInfo& info) {
    return {sizeof(festore_info), info.size,    info.version, info.created, info.modified, (info.write_once ? 1 : 0) + (info.kept ? 1 : 0),
            info.legacy ? 1 : 0};
}

// Nothing if a flag is unknown, or FESTORE_REMOVABLE is given without FESTORE_WRITE_ONCE.
inline std::optional<PutOptions> to_put_options(const festore_put_options* given) {
    constexpr unsigned kKnown =
        FESTORE_IF_ABSENT | FESTORE_IF_VERSION | FESTORE_WRITE_ONCE | FESTORE_REMOVABLE | FESTORE_MODIFIED | FESTORE_CONTENT_SIZE;
    const auto known = taken(given);
    if (!known || (known->flags & ~kKnown) != 0) return std::nullopt;
    const auto has = [&](unsigned flag) { return (known->flags & flag) != 0; };
    PutOptions options;
    options.if_absent = has(FESTORE_IF_ABSENT);
    if (has(FESTORE_IF_VERSION)) options.if_version = known->if_version;
    options.write_once = has(FESTORE_WRITE_ONCE);
    options.removable = has(FESTORE_REMOVABLE);
    if (has(FESTORE_MODIFIED)) options.modified = known->modified;
    if (has(FESTORE_CONTENT_SIZE)) options.size = known->content_size;
    if (options.removable && !options.write_once) return std::nullopt;
    return options;
}

inline int wrong_options(festore_client* client) {
    return wrong_usage(client->error, "an option or its struct_size has a value that this library does not know");
}

// The result of a call that gives nothing.
template <class T>
int told(festore_client* client, const Result<T>& done) {
    return done ? FESTORE_OK : failed(client->error, done.error());
}
// The result of a put or rename, with the object's information.
inline int told(festore_client* client, const Result<ObjectInfo>& done, festore_info* info) {
    if (!done) return failed(client->error, done.error());
    give(to_info(*done), info);
    return FESTORE_OK;
}

// Functions that Client and Transaction have in common: `target` is either.
template <class Target>
int put(festore_client* client, Target& target, const char* name, Bytes content, const festore_put_options* given, festore_info* info) {
    const auto options = to_put_options(given);
    if (!options || !has_room(info)) return wrong_options(client);
    if (content.data() == nullptr && !content.empty()) return wrong_usage(client->error, "the content is NULL");
    return told(client, target.put(name, content, *options), info);
}

template <class Target>
int open_writer(festore_client* client, Target& target, const char* name, const festore_put_options* given, festore_writer** writer) {
    const auto options = to_put_options(given);
    if (!options) return wrong_options(client);
    Result<WriteStream> stream = target.write(name, *options);
    if (!stream) return failed(client->error, stream.error());
    *writer = new festore_writer{client, std::move(*stream)};
    return FESTORE_OK;
}

template <class Target>
int rename(festore_client* client, Target& target, const char* old_name, const char* new_name, bool replace, festore_info* info) {
    if (!has_room(info)) return wrong_options(client);
    return told(client, target.rename(old_name, new_name, replace), info);
}

}  // namespace festore::c_api
