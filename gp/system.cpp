// SPDX-License-Identifier: BSD-2-Clause
#include "gp/system.h"

#include "base/version.h"

#include <algorithm>

extern "C" {
#include <pta_system.h>
}

namespace festore::gp {
namespace {

Uuid to_uuid(const TEE_UUID& u) {
    std::array<uint8_t, 8> rest{};
    std::copy(std::begin(u.clockSeqAndNode), std::end(u.clockSeqAndNode), rest.begin());
    return Uuid::from_fields(u.timeLow, u.timeMid, u.timeHiAndVersion, rest);
}

using PropertyText = std::array<char, 64>;

// A string property of the TEE implementation; empty if it does not exist or is longer than `text`.
std::string_view read_property(const char* name, PropertyText& text) {
    Size size = static_cast<Size>(text.size());
    const TEE_Result result = TEE_GetPropertyAsString(TEE_PROPSET_TEE_IMPLEMENTATION, name, text.data(), &size);
    if (result != TEE_SUCCESS) return {};
    const auto end = std::find(text.begin(), text.end(), '\0');
    return {text.data(), static_cast<size_t>(end - text.begin())};
}

class TaSession {
public:
    static Outcome<TaSession> open(const TEE_UUID& ta) {
        TEE_TASessionHandle handle = TEE_HANDLE_NULL;
        uint32_t origin = 0;
        const TEE_Result result = TEE_OpenTASession(&ta, TEE_TIMEOUT_INFINITE, 0, nullptr, &handle, &origin);
        if (result != TEE_SUCCESS) return fail_with(result);
        return TaSession(handle);
    }
    TaSession(TaSession&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
    TaSession& operator=(TaSession&&) = delete;
    ~TaSession() {
        if (handle_ != TEE_HANDLE_NULL) TEE_CloseTASession(handle_);
    }
    Status invoke(uint32_t command, uint32_t types, std::array<TEE_Param, 4>& params) {
        uint32_t origin = 0;
        const TEE_Result result =
            TEE_InvokeTACommand(handle_, TEE_TIMEOUT_INFINITE, command, types, params.data(), &origin);
        if (result != TEE_SUCCESS) return fail_with(result);
        return {};
    }

private:
    explicit TaSession(TEE_TASessionHandle handle) : handle_(handle) {}
    TEE_TASessionHandle handle_;
};

}  // namespace

Outcome<ClientIdentity> client_identity() {
    TEE_Identity identity{};
    const TEE_Result result =
        TEE_GetPropertyAsIdentity(TEE_PROPSET_CURRENT_CLIENT, "gpd.client.identity", &identity);
    if (result != TEE_SUCCESS) return fail_with(result);
    return ClientIdentity{identity.login, to_uuid(identity.uuid)};
}

uint32_t tee_property_u32(const char* name) {
    uint32_t value = 0;
    return TEE_GetPropertyAsU32(TEE_PROPSET_TEE_IMPLEMENTATION, name, &value) == TEE_SUCCESS ? value : 0;
}

uint32_t tee_property_version(const char* name) {
    PropertyText text;
    return version_in(read_property(name, text));
}

bool tee_is_simulated() {
    PropertyText text;
    return read_property("gpd.tee.description", text).starts_with("festore simulated TEE");
}

Outcome<SecretBytes<32>> derive_ta_unique_key(Bytes label) {
    const TEE_UUID system_pta = PTA_SYSTEM_UUID;
    TaSession session = FESTORE_TRY(TaSession::open(system_pta));
    SecretBytes<32> key;
    std::array<TEE_Param, 4> params{};
    params[0].memref.buffer = const_cast<std::byte*>(label.data());  // only read
    params[0].memref.size = static_cast<Size>(label.size());
    params[1].memref.buffer = key.fill().data();
    params[1].memref.size = static_cast<Size>(key.size());
    const uint32_t types = TEE_PARAM_TYPES(TEE_PARAM_TYPE_MEMREF_INPUT, TEE_PARAM_TYPE_MEMREF_OUTPUT,
                                           TEE_PARAM_TYPE_NONE, TEE_PARAM_TYPE_NONE);
    FESTORE_CHECK(session.invoke(PTA_SYSTEM_DERIVE_TA_UNIQUE_KEY, types, params));
    if (params[1].memref.size != key.size()) return fail(Code::generic);
    return key;
}

}  // namespace festore::gp
