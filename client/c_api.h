// SPDX-License-Identifier: BSD-2-Clause
// What the parts of the C API share. Nothing is thrown out of it: memory exhaustion becomes FESTORE_EFAILURE.
#pragma once
#include "festore/festore.h"

#include "base/bytes.h"
#include "festore/client.hpp"

#include <memory>
#include <new>
#include <optional>

struct festore_client {
    festore::Client client;
    std::string error;
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
    return {info.size, info.version, info.created, info.modified, info.write_once ? 1 : 0, info.legacy ? 1 : 0};
}

inline int failed(std::string& where, const Error& error) {
    where = error.message;
    return static_cast<int>(error.code);
}

// Runs a call on a client; its error, if it has one, becomes the client's last.
template <class F>
int guarded(std::string& error, F&& body) {
    try {
        error.clear();
        return body();
    } catch (const std::bad_alloc&) {
        error = "out of memory";
    } catch (const std::exception& e) {
        error = e.what();
    }
    return FESTORE_EFAILURE;
}

// Nothing, when there is a flag that is none.
inline std::optional<PutOptions> to_put_options(unsigned flags) {
    if ((flags & ~static_cast<unsigned>(FESTORE_IF_ABSENT | FESTORE_WRITE_ONCE)) != 0) return std::nullopt;
    PutOptions options;
    options.if_absent = (flags & FESTORE_IF_ABSENT) != 0;
    options.write_once = (flags & FESTORE_WRITE_ONCE) != 0;
    return options;
}

inline int no_name(std::string& error) {
    error = "the name is NULL";
    return FESTORE_EUSAGE;
}

}  // namespace festore::c_api
