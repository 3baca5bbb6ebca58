// SPDX-License-Identifier: BSD-2-Clause
// A session with the TA: opened as one owner, checked by hello, with one buffer that both worlds share. Every call has a
// time limit (client/tee/worker.h). Thread safety: one caller at a time.
#pragma once
#include "base/bytes.h"
#include "base/tee_client_api.h"
#include "client/tee/tee_choice.h"
#include "client/tee/worker.h"
#include "protocol/messages.h"
#include "protocol/store_messages.h"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

namespace festore {

struct Reply {
    uint32_t result = 0;
    uint32_t origin = 0;
    std::array<std::byte, std::max(protocol::kAnswerBytesMax, protocol::kStoreAnswerBytesMax)> answer{};
    size_t answer_size = 0;   // never more than answer holds
    size_t payload_size = 0;  // according to the TA: bytes that it wrote, or needs

    [[nodiscard]] bool ok() const { return result == TEEC_SUCCESS; }
    [[nodiscard]] Bytes bytes() const { return Bytes(answer).first(answer_size); }
};

enum class Payload { none, input, output, inout };

// A part of the shared buffer, and what the TA does with it.
struct Region {
    Payload use = Payload::none;
    size_t offset = 0;
    size_t size = 0;
};

class Session {
public:
    // Opens the context and the session, and says hello. `claimed_id`: instead of the caller's current id. `when_slow`: called each time
    // a call has not been answered for a second.
    static Result<std::unique_ptr<Session>> open(const LoadedTee& tee, const ClientOptions& options,
                                                 std::optional<uint32_t> claimed_id, std::function<void()> when_slow);
    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    // One command. For input, `size` bytes of buffer() go to the TA; for output, it may write that many.
    // no_tee: the TEE did not answer in time. Any answer of the TEE is in the Reply.
    Result<Reply> invoke(protocol::Command command, Bytes request, Payload payload = Payload::none, size_t size = 0) {
        return invoke(static_cast<uint32_t>(command), request, {payload, 0, size}, {});
    }
    // The same for any command: `content` is its third parameter, `area` its fourth. `meanwhile` runs while the TEE works; it
    // must leave the session and its buffer alone.
    Result<Reply> invoke(uint32_t command, Bytes request, Region content, Region area,
                         const std::function<void()>& meanwhile = nullptr);

    // The shared buffer, at least `size` bytes. It holds the normal world's copy of plaintext: wipe what was used.
    Result<MutableBytes> buffer(size_t size);

    // A session that nobody holds ends by itself after ClientOptions::idle_timeout. It begins held. hold(): false if it
    // has ended.
    bool hold() { return worker_.hold(); }
    void let_go() { worker_.let_go(); }

    [[nodiscard]] const protocol::HelloAnswer& hello() const { return hello_; }

private:
    struct Connection;  // what the worker's calls touch; lives until the last of them ends
    Session() = default;
    Result<void> say_hello(const ClientOptions& options, std::optional<uint32_t> claimed_id);
    Error timed_out() const;

    std::shared_ptr<Connection> connection_;
    Worker worker_;
    std::function<SupplicantSeen()> look_for_supplicant_;
    std::chrono::milliseconds limit_{};
    protocol::HelloAnswer hello_;
};

}  // namespace festore
