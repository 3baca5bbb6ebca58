// SPDX-License-Identifier: BSD-2-Clause
// Shared by the parts of the C API. It throws nothing to its callers: memory exhaustion becomes FESTORE_EFAILURE.
#pragma once
#include "festore/festore.h"

#include "base/bytes.h"
#include "festore/client.hpp"

#include <memory>
#include <new>
#include <optional>

namespace festore::c_api {

// What festore_error() and festore_error_reason() return.
struct LastError {
    std::string message;
    Reason reason = Reason::none;
    LastError& operator=(std::string text) {
        message = std::move(text);
        reason = Reason::none;
        return *this;
    }
};

}  // namespace festore::c_api

struct festore_client {
    festore::Client client;
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

inline festore_info to_info(const ObjectInfo& info) {
    return {info.size, info.version, info.created, info.modified, (info.write_once ? 1 : 0) + (info.kept ? 1 : 0), info.legacy ? 1 : 0};
}

inline int failed(LastError& where, const Error& error) {
    where = error.message;
    where.reason = error.reason;
    return static_cast<int>(error.code);
}

// Runs a call on a client. The client's last error is cleared first; an exception becomes the last error.
template <class F>
int guarded(LastError& error, F&& body) {
    try {
        error = "";
        return body();
    } catch (const std::bad_alloc&) {
        error = "out of memory";
    } catch (const std::exception& e) {
        error = e.what();
    }
    return FESTORE_EFAILURE;
}

// Nothing if `flags` has an unknown flag, or FESTORE_REMOVABLE without FESTORE_WRITE_ONCE.
inline std::optional<PutOptions> to_put_options(unsigned flags) {
    if ((flags & ~static_cast<unsigned>(FESTORE_IF_ABSENT | FESTORE_WRITE_ONCE | FESTORE_REMOVABLE)) != 0) return std::nullopt;
    PutOptions options;
    options.if_absent = (flags & FESTORE_IF_ABSENT) != 0;
    options.write_once = (flags & FESTORE_WRITE_ONCE) != 0;
    options.removable = (flags & FESTORE_REMOVABLE) != 0;
    if (options.removable && !options.write_once) return std::nullopt;
    return options;
}

inline int no_name(LastError& error) {
    error = "the name is NULL";
    return FESTORE_EUSAGE;
}

// Functions that Client and Transaction have in common: `target` is either.
template <class Target>
int put(festore_client* client, Target& target, const char* name, const void* content, size_t size, unsigned flags) {
    return guarded(client->error, [&]() -> int {
        if (name == nullptr) return no_name(client->error);
        const std::optional<PutOptions> options = to_put_options(flags);
        if (!options || (content == nullptr && size > 0)) {
            client->error = "unknown flags, or no content";
            return FESTORE_EUSAGE;
        }
        const auto stored = target.put(name, bytes_of(content, size), *options);
        return stored ? FESTORE_OK : failed(client->error, stored.error());
    });
}

template <class Target>
int open_writer(festore_client* client, Target& target, const char* name, unsigned flags, festore_writer** writer) {
    return guarded(client->error, [&]() -> int {
        *writer = nullptr;
        if (name == nullptr) return no_name(client->error);
        const std::optional<PutOptions> options = to_put_options(flags);
        if (!options) {
            client->error = "unknown flags";
            return FESTORE_EUSAGE;
        }
        Result<WriteStream> stream = target.write(name, *options);
        if (!stream) return failed(client->error, stream.error());
        *writer = new festore_writer{client, std::move(*stream)};
        return FESTORE_OK;
    });
}

template <class Target>
int remove(festore_client* client, Target& target, const char* name) {
    return guarded(client->error, [&]() -> int {
        if (name == nullptr) return no_name(client->error);
        const auto removed = target.remove(name);
        return removed ? FESTORE_OK : failed(client->error, removed.error());
    });
}

template <class Target>
int rename(festore_client* client, Target& target, const char* old_name, const char* new_name, bool replace) {
    return guarded(client->error, [&]() -> int {
        if (old_name == nullptr || new_name == nullptr) return no_name(client->error);
        const auto renamed = target.rename(old_name, new_name, replace);
        return renamed ? FESTORE_OK : failed(client->error, renamed.error());
    });
}

}  // namespace festore::c_api
