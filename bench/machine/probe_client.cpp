// SPDX-License-Identifier: BSD-2-Clause
#include "bench/machine/probe_client.h"

#include "base/limits.h"

#include <array>
#include <cstdio>

namespace festore::bench {
namespace {

static_assert(PROBE_SEGMENT_BYTES_MAX == limits::kSegmentBytesServed);

LoadedTee loaded() {
    const Result<LoadedTee> tee = load_tee(TeeKind::optee, {});
    if (!tee) throw Failed(tee.error().message);
    return *tee;
}

void must(TEEC_Result result, const char* what) {
    if (result == TEEC_SUCCESS) return;
    std::array<char, 80> text{};
    std::snprintf(text.data(), text.size(), "the probe: %s: %08x", what, result);
    throw Failed(text.data());
}

// The API takes pointers to non-const and only reads through those of inputs.
TEEC_Parameter input_of(Bytes bytes) {
    TEEC_Parameter parameter{};
    parameter.tmpref = {const_cast<std::byte*>(bytes.data()), bytes.size()};
    return parameter;
}

TEEC_Operation operation_of(uint32_t types, std::initializer_list<TEEC_Parameter> parameters) {
    TEEC_Operation operation{};
    operation.paramTypes = types;
    std::copy(parameters.begin(), parameters.end(), operation.params);
    return operation;
}

TEEC_Parameter value_of(uint32_t a, uint32_t b = 0) {
    TEEC_Parameter parameter{};
    parameter.value = {a, b};
    return parameter;
}

const char* name_of(probe_command command) {
    constexpr std::array names = {"empty", "put", "get", "remove", "hold", "write", "seal", "open"};
    return names[static_cast<size_t>(command)];
}

constexpr uint32_t kIn = TEEC_MEMREF_TEMP_INPUT;
constexpr uint32_t kOut = TEEC_MEMREF_TEMP_OUTPUT;

}  // namespace

ProbeSession::ProbeSession() : tee_(loaded()) {
    const TEEC_UUID uuid = PROBE_UUID;
    uint32_t origin = 0;
    must(tee_.functions.initialize_context(nullptr, &context_), "no TEE");
    const TEEC_Result opened =
        tee_.functions.open_session(&context_, &session_, &uuid, TEEC_LOGIN_PUBLIC, nullptr, nullptr, &origin);
    if (opened == TEEC_SUCCESS) return;
    tee_.functions.finalize_context(&context_);
    must(opened, "no session (is its TA where tee-supplicant looks?)");
}

ProbeSession::~ProbeSession() {
    tee_.functions.close_session(&session_);
    if (shared_.buffer != nullptr) tee_.functions.release_shared_memory(&shared_);
    tee_.functions.finalize_context(&context_);
}

TEEC_Result ProbeSession::call(probe_command command, TEEC_Operation& operation) {
    uint32_t origin = 0;
    return tee_.functions.invoke_command(&session_, command, &operation, &origin);
}

void ProbeSession::invoke(probe_command command, TEEC_Operation& operation) { must(call(command, operation), name_of(command)); }

void ProbeSession::empty() {
    TEEC_Operation operation = operation_of(TEEC_NONE, {});
    invoke(PROBE_EMPTY, operation);
}

void ProbeSession::put(const std::string& id, Bytes content, probe_put how) {
    TEEC_Operation operation = operation_of(TEEC_PARAM_TYPES(kIn, kIn, TEEC_VALUE_INPUT, TEEC_NONE),
                                            {input_of(bytes_of(id)), input_of(content), value_of(how)});
    invoke(PROBE_PUT, operation);
}

std::vector<std::byte> ProbeSession::get(const std::string& id, size_t room) {
    std::vector<std::byte> content(room);
    TEEC_Operation operation = operation_of(TEEC_PARAM_TYPES(kIn, kOut, TEEC_NONE, TEEC_NONE),
                                            {input_of(bytes_of(id)), input_of(content)});
    invoke(PROBE_GET, operation);
    content.resize(operation.params[1].tmpref.size);
    return content;
}

void ProbeSession::remove(const std::string& id) {
    TEEC_Operation operation = operation_of(TEEC_PARAM_TYPES(kIn, TEEC_NONE, TEEC_NONE, TEEC_NONE), {input_of(bytes_of(id))});
    invoke(PROBE_REMOVE, operation);
}

void ProbeSession::hold(const std::string& id) {
    TEEC_Operation operation = operation_of(TEEC_PARAM_TYPES(kIn, TEEC_NONE, TEEC_NONE, TEEC_NONE), {input_of(bytes_of(id))});
    invoke(PROBE_HOLD, operation);
}

void ProbeSession::write(uint32_t value) {
    TEEC_Operation operation = operation_of(TEEC_PARAM_TYPES(TEEC_VALUE_INPUT, TEEC_NONE, TEEC_NONE, TEEC_NONE), {value_of(value)});
    invoke(PROBE_WRITE, operation);
}

MutableBytes ProbeSession::share(size_t input_bytes, size_t output_bytes) {
    shared_.size = input_bytes + output_bytes;
    shared_.flags = TEEC_MEM_INPUT | TEEC_MEM_OUTPUT;
    must(tee_.functions.allocate_shared_memory(&context_, &shared_), "no shared memory");
    input_bytes_ = input_bytes;
    return input();
}

bool ProbeSession::can_seal(probe_cipher cipher) {
    std::array<std::byte, 64> sealed{};
    TEEC_Operation operation = operation_of(TEEC_PARAM_TYPES(kIn, kOut, TEEC_VALUE_INPUT, TEEC_NONE),
                                            {input_of(bytes_of("x")), input_of(sealed), value_of(cipher, PROBE_SEGMENT_BYTES_MAX)});
    const TEEC_Result result = call(PROBE_SEAL, operation);
    if (result != TEEC_ERROR_NOT_SUPPORTED) must(result, "seal");
    return result == TEEC_SUCCESS;
}

size_t ProbeSession::transform(probe_command command, probe_cipher cipher, size_t size) {
    TEEC_Parameter from{};
    from.memref = {&shared_, size, 0};
    TEEC_Parameter to{};
    to.memref = {&shared_, output().size(), input_bytes_};
    TEEC_Operation operation = operation_of(
        TEEC_PARAM_TYPES(TEEC_MEMREF_PARTIAL_INPUT, TEEC_MEMREF_PARTIAL_OUTPUT, TEEC_VALUE_INPUT, TEEC_NONE),
        {from, to, value_of(cipher, PROBE_SEGMENT_BYTES_MAX)});
    invoke(command, operation);
    return operation.params[1].memref.size;
}

}  // namespace festore::bench
