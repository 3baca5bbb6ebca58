// SPDX-License-Identifier: BSD-2-Clause
// A TEE with answers chosen by a test: a table of Client API functions. Only one at a time in a process.
#pragma once
#include "base/writer.h"
#include "client/files/access.h"
#include "protocol/messages.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <gtest/gtest.h>
#include <mutex>
#include <thread>

namespace festore {

using protocol::Command;

// How the fake TEE serves a command: gets the operation, returns the result.
using Serve = std::function<TEEC_Result(Command, TEEC_Operation&)>;

// The current one. An abandoned call may still run on its thread when the next test sets another.
class Served {
public:
    Served& operator=(Serve serve) {
        const std::lock_guard lock(mutex_);
        serve_ = std::move(serve);
        return *this;
    }
    TEEC_Result operator()(Command command, TEEC_Operation& operation) {
        Serve serve;
        {
            const std::lock_guard lock(mutex_);
            serve = serve_;
        }
        return serve(command, operation);
    }

private:
    std::mutex mutex_;
    Serve serve_;
};

inline Served serve;
inline std::atomic<int> sessions_opened = 0;
inline std::atomic<int> sessions_closed = 0;
inline protocol::HelloAnswer hello;

// The size of the answer's memory, which is either temporary or part of shared memory.
inline size_t& answer_size(TEEC_Operation& operation) {
    const bool is_temporary = TEEC_PARAM_TYPE_GET(operation.paramTypes, 1) == TEEC_MEMREF_TEMP_OUTPUT;
    return is_temporary ? operation.params[1].tmpref.size : operation.params[1].memref.size;
}

template <class M>
void answer(TEEC_Operation& operation, const M& message) {
    const bool is_temporary = TEEC_PARAM_TYPE_GET(operation.paramTypes, 1) == TEEC_MEMREF_TEMP_OUTPUT;
    const auto& memory = operation.params[1].memref;
    auto* const out = is_temporary ? static_cast<std::byte*>(operation.params[1].tmpref.buffer)
                                   : static_cast<std::byte*>(memory.parent->buffer) + memory.offset;
    Writer writer({out, answer_size(operation)});
    encode(message, writer);
    answer_size(operation) = writer.size();
}

inline TEEC_Result invoke(TEEC_Session*, uint32_t command, TEEC_Operation* operation, uint32_t* origin) {
    *origin = TEEC_ORIGIN_TRUSTED_APP;
    if (static_cast<Command>(command) == Command::hello) {
        answer(*operation, hello);
        return TEEC_SUCCESS;
    }
    return serve(static_cast<Command>(command), *operation);
}

inline const TeecFunctions kFake{
    .initialize_context = [](const char*, TEEC_Context*) -> TEEC_Result { return TEEC_SUCCESS; },
    .finalize_context = [](TEEC_Context*) {},
    .open_session = [](TEEC_Context*, TEEC_Session*, const TEEC_UUID*, uint32_t, const void*, TEEC_Operation*,
                       uint32_t*) -> TEEC_Result {
        ++sessions_opened;
        return TEEC_SUCCESS;
    },
    .close_session = [](TEEC_Session*) { ++sessions_closed; },
    .invoke_command = invoke,
    .register_shared_memory = [](TEEC_Context*, TEEC_SharedMemory*) -> TEEC_Result { return TEEC_ERROR_NOT_SUPPORTED; },
    .allocate_shared_memory = [](TEEC_Context*, TEEC_SharedMemory* m) -> TEEC_Result {
        m->buffer = std::calloc(1, m->size);
        return TEEC_SUCCESS;
    },
    .release_shared_memory = [](TEEC_SharedMemory* m) { std::free(m->buffer); },
    .request_cancellation = [](TEEC_Operation*) {},
};

class HostileTee : public testing::Test {
protected:
    void SetUp() override {
        hello = {};
        hello.version_major = protocol::kVersionMajor;
        hello.object_bytes_max = 1 << 20;
        sessions_opened = 0;
        sessions_closed = 0;
        options_.storage = Storage::ree;
        options_.call_timeout = std::chrono::seconds(1);
    }
    Result<Client> try_connect() { return ClientAccess::connect(kFake, options_); }
    Client connect() {
        Result<Client> client = try_connect();
        EXPECT_TRUE(client) << client.error().message;
        return std::move(*client);
    }
    // Answers a get with a content and any claimed sizes.
    static TEEC_Result give(TEEC_Operation& operation, std::string_view content, uint32_t claimed, size_t payload_size) {
        const auto& memory = operation.params[2].memref;
        std::memcpy(static_cast<std::byte*>(memory.parent->buffer) + memory.offset, content.data(),
                    std::min(content.size(), memory.size));
        operation.params[2].memref.size = payload_size;
        protocol::Metadata metadata;
        metadata.content_size = claimed;
        answer(operation, metadata);
        return TEEC_SUCCESS;
    }

    ClientOptions options_;
};

}  // namespace festore
