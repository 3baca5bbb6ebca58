// SPDX-License-Identifier: BSD-2-Clause
// The TA in a simulated TEE, one for each test, called as by a hostile client: raw parameters, no library.
#pragma once
#include "base/writer.h"
#include "protocol/messages.h"
#include "sim/teec/teec_in_process.h"
#include "ta/host/image.h"

#include <algorithm>
#include <array>
#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace festore::ta {

using Content = std::vector<std::byte>;

// Parameter types. The Client API and the Internal Core API use the same values.
enum ParamType : uint32_t { kNone = 0, kValueIn = 1, kValueOut = 2, kValueInOut = 3, kIn = 5, kOut = 6, kInOut = 7 };
constexpr uint32_t types(uint32_t a, uint32_t b, uint32_t c, uint32_t d) { return a | b << 4 | c << 8 | d << 12; }

struct Answer {
    uint32_t result = 0;
    Content answer;       // as many bytes as the TA said
    size_t payload_size = 0;  // as the TA said
};

class TaTest : public testing::Test {
protected:
    explicit TaTest(const sim::Config& config = {}) : tee_(config) { tee_.install(host_image()); }

    static sim::Identity user(uid_t uid) { return {1, sim::uuid_of_user(uid)}; }
    static sim::Identity group(gid_t gid) { return {2, sim::uuid_of_group(gid)}; }
    static sim::Identity the_public() { return {0, {}}; }

    uint32_t open(const sim::Identity& identity, uint32_t* session) {
        sim::Params params;
        uint32_t origin = 0;
        return tee_.open_session(protocol::kTaUuid, identity, params, session, &origin);
    }
    // A session whose identity the TA has checked.
    uint32_t session_of(uid_t uid) {
        uint32_t session = 0;
        EXPECT_EQ(open(user(uid), &session), 0U);
        opened_.push_back(session);
        const protocol::HelloRequest hello{protocol::kVersionMajor, 0, protocol::Login::user, uid};
        EXPECT_EQ(call(session, protocol::Command::hello, hello).result, 0U);
        return session;
    }
    // Closes the sessions that session_of() opened. The TA's instance ends when its last session closes.
    void end_sessions() {
        for (const uint32_t session : opened_) tee_.close_session(session);
        opened_.clear();
    }
    template <class M>
    Answer call(uint32_t session, protocol::Command command, const M& message, Content* payload = nullptr,
                uint32_t payload_type = kNone) {
        std::array<std::byte, protocol::kRequestBytesMax> request{};
        Writer out(request);
        encode(message, out);
        return raw(session, static_cast<uint32_t>(command), {request.data(), out.size()}, payload, payload_type);
    }
    Answer raw(uint32_t session, uint32_t command, std::span<std::byte> request, Content* payload,
               uint32_t payload_type) {
        Answer result;
        result.answer.resize(protocol::kAnswerBytesMax);
        sim::Params params;
        params.types = types(kIn, kOut, payload_type, kNone);
        params.values[0] = {request.data(), request.size(), 0, 0};
        params.values[1] = {result.answer.data(), result.answer.size(), 0, 0};
        if (payload != nullptr) params.values[2] = {payload->data(), payload->size(), 0, 0};
        uint32_t origin = 0;
        result.result = tee_.invoke(session, command, params, &origin);
        result.answer.resize(std::min(params.values[1].size, result.answer.size()));
        result.payload_size = params.values[2].size;
        return result;
    }
    uint32_t put(uint32_t session, std::string_view name, Content content, uint8_t flags = 0, uint64_t if_version = 0) {
        protocol::PutRequest request;
        request.storage = storage_;
        request.flags = flags;
        request.if_version = if_version;
        request.content_size = static_cast<uint32_t>(content.size());
        request.name = bytes_of(name);
        return call(session, protocol::Command::put, request, &content, kIn).result;
    }
    Answer get(uint32_t session, std::string_view name, Content& content) {
        return call(session, protocol::Command::get, protocol::NameRequest{storage_, bytes_of(name)}, &content, kOut);
    }
    uint32_t stat(uint32_t session, std::string_view name) {
        return call(session, protocol::Command::stat, protocol::NameRequest{storage_, bytes_of(name)}).result;
    }
    uint32_t remove(uint32_t session, std::string_view name) {
        return call(session, protocol::Command::remove, protocol::NameRequest{storage_, bytes_of(name)}).result;
    }

    sim::Tee tee_;
    protocol::Storage storage_ = protocol::Storage::ree;

private:
    std::vector<uint32_t> opened_;
};

inline uint32_t number(Code code) { return static_cast<uint32_t>(code); }
inline Content filled(size_t size, unsigned value) { return Content(size, static_cast<std::byte>(value)); }

}  // namespace festore::ta
