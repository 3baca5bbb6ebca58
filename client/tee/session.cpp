// SPDX-License-Identifier: BSD-2-Clause
#include "client/tee/session.h"

#include "base/result.h"
#include "base/writer.h"
#include "client/tee/caller.h"
#include "base/host/guarded_memory.h"

#include <algorithm>
#include <cstring>
#include <unistd.h>
#include <utility>

namespace festore {
namespace {

constexpr std::chrono::milliseconds kSlowAfter{1000};
constexpr size_t kBufferBytesMin = size_t{64} * 1024;
// The first page of the shared memory holds requests and answers; the buffer for callers follows. It is shared once, while temporary
// memory costs two more calls into the secure world for each call.
constexpr size_t kAnswerOffset = 1024;
constexpr size_t kHeadBytes = 4096;
static_assert(protocol::kRequestBytesMax <= kAnswerOffset && protocol::kStoreRequestBytesMax <= kAnswerOffset &&
              kAnswerOffset + sizeof(Reply::answer) <= kHeadBytes);

TEEC_UUID ta_uuid() {
    TEEC_UUID uuid{protocol::kTaTimeLow, protocol::kTaTimeMid, protocol::kTaTimeHighAndVersion, {}};
    std::copy(protocol::kTaClockSeqAndNode.begin(), protocol::kTaClockSeqAndNode.end(), uuid.clockSeqAndNode);
    return uuid;
}

uint32_t login_method(const Owner& owner) {
    switch (owner.kind) {
    case Owner::Kind::user: return TEEC_LOGIN_USER;
    case Owner::Kind::group: return TEEC_LOGIN_GROUP;
    case Owner::Kind::public_: break;
    }
    return TEEC_LOGIN_PUBLIC;
}

}  // namespace

struct Session::Connection {
    TeecFunctions tee{};
    TEEC_Context context{};
    TEEC_Session session{};
    TEEC_SharedMemory memory{};
    bool has_context = false;
    bool has_session = false;
    bool has_memory = false;

    const ProcessMark process;

    // In a forked child all of this still belongs to the parent: its session, and its memory, which both share.
    ~Connection() {
        if (process.is_here()) close();
    }
    void close() {
        release_memory();
        if (std::exchange(has_session, false)) tee.close_session(&session);
        if (std::exchange(has_context, false)) tee.finalize_context(&context);
    }
    void release_memory() {
        if (!has_memory) return;
        const MutableBytes bytes(static_cast<std::byte*>(memory.buffer), memory.size);
        wipe(bytes);
        unguard(bytes);
        tee.release_shared_memory(&memory);
        has_memory = false;
    }
};

Error Session::timed_out() const {
    const std::string limit = "the TEE did not answer within " + std::to_string(limit_.count() / 1000) + " s";
    switch (look_for_supplicant_ ? look_for_supplicant_() : SupplicantSeen::unknown) {
    case SupplicantSeen::missing:
        return {ErrorCode::no_tee, limit + ": no tee-supplicant runs. Start it and repeat the command", 0, 0};
    case SupplicantSeen::runs:
        return {ErrorCode::no_tee, limit + ", though a tee-supplicant runs: repeat the command", 0, 0};
    case SupplicantSeen::unknown: break;
    }
    return {ErrorCode::no_tee, limit + ": is tee-supplicant running? Start it and repeat the command", 0, 0};
}

Result<std::unique_ptr<Session>> Session::open(const LoadedTee& tee, const ClientOptions& options,
                                               std::optional<uint32_t> claimed_id, std::function<void()> when_slow) {
    std::unique_ptr<Session> session(new Session);
    session->worker_.when_slow(kSlowAfter, std::move(when_slow));
    session->look_for_supplicant_ = tee.look_for_supplicant;
    if (!session->worker_.started())
        return unexpected({ErrorCode::failure, "cannot start a thread: the system's limit is reached", 0, 0});
    // Checked here, since libteec gives one answer for all that the kernel refuses, and complains on standard error.
    if (tee.kind == TeeKind::optee && options.owner.kind == Owner::Kind::group && !is_member_of(*options.owner.id))
        return unexpected(not_a_member(*options.owner.id));
    session->limit_ = options.call_timeout;
    session->connection_ = std::make_shared<Connection>();
    session->connection_->tee = tee.functions;

    struct Opening {
        std::shared_ptr<Connection> connection;
        uint32_t method = 0;
        uint32_t gid = 0;
        TEEC_Result context_result = TEEC_SUCCESS;
        TEEC_Result result = TEEC_SUCCESS;
        uint32_t origin = 0;
    };
    const auto opening = std::make_shared<Opening>();
    opening->connection = session->connection_;
    opening->method = login_method(options.owner);
    opening->gid = options.owner.id.value_or(0);
    const bool answered = session->worker_.run(
        [opening] {
            Connection& c = *opening->connection;
            opening->context_result = c.tee.initialize_context(nullptr, &c.context);
            if (opening->context_result != TEEC_SUCCESS) return;
            c.has_context = true;
            const TEEC_UUID uuid = ta_uuid();
            const void* data = opening->method == TEEC_LOGIN_GROUP ? &opening->gid : nullptr;
            // If another TA's listing had not ended when tee-supplicant was restarted, OP-TEE fails once over a directory that is no
            // longer open (docs/decisions/0006).
            for (int tries = 0; tries < 2; ++tries) {
                opening->result = c.tee.open_session(&c.context, &c.session, &uuid, opening->method, data, nullptr,
                                                     &opening->origin);
                if (opening->result != TEEC_ERROR_GENERIC || opening->origin != TEEC_ORIGIN_TEE) break;
            }
            c.has_session = opening->result == TEEC_SUCCESS;
        },
        session->limit_);
    if (!answered) return unexpected(session->timed_out());
    if (opening->context_result != TEEC_SUCCESS) return unexpected(error_of_context(opening->context_result, tee.kind));
    if (opening->result != TEEC_SUCCESS)
        return unexpected(error_of_session(opening->result, opening->origin, options.owner));
    FESTORE_CHECK(session->say_hello(options, claimed_id));
    if (options.idle_timeout.count() > 0)
        session->worker_.when_idle(options.idle_timeout, [connection = session->connection_] { connection->close(); });
    return session;
}

// The worker closes the session, since closing may hang like any other call. The destructor waits for it up to the time limit.
Session::~Session() {
    if (!connection_ || worker_.lost() || worker_.is_parents()) return;
    worker_.when_slow({}, nullptr);  // no more warnings to a caller that ends its client
    worker_.run([connection = std::move(connection_)]() mutable { connection.reset(); }, limit_);
}

Result<void> Session::say_hello(const ClientOptions& options, std::optional<uint32_t> claimed_id) {
    protocol::HelloRequest request;
    switch (options.owner.kind) {
    case Owner::Kind::user:
        request.login = protocol::Login::user;
        request.id = claimed_id.value_or(geteuid());  // Linux reports the effective user to the TEE
        break;
    case Owner::Kind::group:
        request.login = protocol::Login::group;
        request.id = claimed_id.value_or(*options.owner.id);
        break;
    case Owner::Kind::public_: break;
    }
    std::array<std::byte, encoded_bytes(protocol::HelloRequest{})> encoded{};
    Writer out(encoded);
    encode(request, out);
    const Reply reply = FESTORE_TRY(invoke(protocol::Command::hello, out.written()));
    if (reply.result == TEEC_ERROR_NOT_SUPPORTED)
        return unexpected({ErrorCode::no_tee,
                           "the trusted application installed under this UUID is not festore's (the first demo's?): "
                           "install the one that belongs to this version",
                           reply.result, reply.origin});
    if (!reply.ok())
        return unexpected(error_of_command(reply.result, reply.origin, {"use the trusted application", {}}));
    const auto answer = protocol::decode<protocol::HelloAnswer>(reply.bytes());
    if (!answer)
        return unexpected({ErrorCode::no_tee, "the trusted application's answer makes no sense", 0, 0});
    hello_ = *answer;
    if (hello_.version_major != protocol::kVersionMajor)
        return unexpected({ErrorCode::no_tee,
                           "this festore speaks protocol " + std::to_string(protocol::kVersionMajor) +
                               " and the trusted application speaks " + std::to_string(hello_.version_major) +
                               ": install both from one version",
                           0, 0});
    return {};
}

Result<MutableBytes> Session::buffer(size_t size) {
    Connection& c = *connection_;
    if (size > SIZE_MAX / 2)  // only a TEE that lies asks for so much
        return unexpected({ErrorCode::no_tee, "the trusted application's answer makes no sense", 0, 0});
    if (c.has_memory && c.memory.size >= kHeadBytes + size)
        return MutableBytes(static_cast<std::byte*>(c.memory.buffer), c.memory.size).subspan(kHeadBytes);
    c.release_memory();
    c.memory = {};
    c.memory.size = kHeadBytes + std::max(size, kBufferBytesMin);
    c.memory.flags = TEEC_MEM_INPUT | TEEC_MEM_OUTPUT;
    const TEEC_Result result = c.tee.allocate_shared_memory(&c.context, &c.memory);
    if (result != TEEC_SUCCESS)
        return unexpected(error_of_command(result, TEEC_ORIGIN_API, {"share memory with the TEE", {}}));
    c.has_memory = true;
    guard({static_cast<std::byte*>(c.memory.buffer), c.memory.size});
    return MutableBytes(static_cast<std::byte*>(c.memory.buffer), c.memory.size).subspan(kHeadBytes);
}

namespace {

uint32_t type_of(Payload use) {
    switch (use) {
    case Payload::input: return TEEC_MEMREF_PARTIAL_INPUT;
    case Payload::output: return TEEC_MEMREF_PARTIAL_OUTPUT;
    case Payload::inout: return TEEC_MEMREF_PARTIAL_INOUT;
    default: return TEEC_NONE;
    }
}

}  // namespace

Result<Reply> Session::invoke(uint32_t command, Bytes request, Region content, Region area,
                              const std::function<void()>& meanwhile) {
    struct Call {
        std::shared_ptr<Connection> connection;
        std::vector<std::byte> request;
        TEEC_Operation operation{};
        Reply reply;
    };
    const auto call = std::make_shared<Call>();
    call->connection = connection_;
    TEEC_Operation& operation = call->operation;
    TEEC_SharedMemory* const memory = &connection_->memory;
    const bool shared = connection_->has_memory && request.size() <= kAnswerOffset;
    const MutableBytes head = shared ? MutableBytes(static_cast<std::byte*>(memory->buffer), kHeadBytes) : MutableBytes();
    if (shared) {
        copy_bytes(request, head);
        operation.paramTypes = TEEC_PARAM_TYPES(TEEC_MEMREF_PARTIAL_INPUT, TEEC_MEMREF_PARTIAL_OUTPUT, type_of(content.use),
                                                type_of(area.use));
        operation.params[0].memref = {memory, request.size(), 0};
        operation.params[1].memref = {memory, call->reply.answer.size(), kAnswerOffset};
    } else {
        call->request.assign(request.begin(), request.end());
        operation.paramTypes = TEEC_PARAM_TYPES(TEEC_MEMREF_TEMP_INPUT, TEEC_MEMREF_TEMP_OUTPUT, type_of(content.use),
                                                type_of(area.use));
        operation.params[0].tmpref = {call->request.data(), call->request.size()};
        operation.params[1].tmpref = {call->reply.answer.data(), call->reply.answer.size()};
    }
    if (content.use != Payload::none) operation.params[2].memref = {memory, content.size, kHeadBytes + content.offset};
    if (area.use != Payload::none) operation.params[3].memref = {memory, area.size, kHeadBytes + area.offset};
    const bool answered = worker_.run(
        [call, command] {
            Connection& c = *call->connection;
            call->reply.result = c.tee.invoke_command(&c.session, command, &call->operation, &call->reply.origin);
        },
        limit_, meanwhile);
    if (!answered) return unexpected(timed_out());
    Reply reply = call->reply;
    reply.answer_size = std::min(shared ? operation.params[1].memref.size : operation.params[1].tmpref.size, reply.answer.size());
    if (shared) {
        copy_bytes(head.subspan(kAnswerOffset, reply.answer_size), reply.answer);
        wipe(head.first(request.size()));
        wipe(head.subspan(kAnswerOffset, reply.answer_size));
    }
    reply.payload_size = content.use != Payload::none ? operation.params[2].memref.size : 0;
    return reply;
}

}  // namespace festore
