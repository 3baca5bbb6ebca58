// SPDX-License-Identifier: BSD-2-Clause
#include "client/errors.h"

#include "base/limits.h"
#include "base/tee_client_api.h"
#include "client/tee/device.h"

#include <array>
#include <cstdio>

namespace festore {
namespace {

std::string hex(uint32_t v) {
    std::array<char, 16> text{};
    std::snprintf(text.data(), text.size(), "0x%08x", v);
    return text.data();
}

struct Explained {
    Code code;
    ErrorCode error;
    const char* text;
};

// What the TA's and the TEE's answers mean for a command.
constexpr Explained kCommandErrors[] = {
    {Code::item_not_found, ErrorCode::not_found, "there is no such object"},
    {Code::access_conflict, ErrorCode::conflict, "an object of that name exists, or another program is using it"},
    {Code::version_conflict, ErrorCode::conflict, "the object has another version; see 'festore stat'"},
    {Code::write_once, ErrorCode::conflict, "the object was stored as write-once; remove it first if it must change"},
    {Code::corrupt_object, ErrorCode::damaged,
     "the TEE found it damaged or tampered with, and has deleted it; store it again"},
    {Code::corrupt_object_2, ErrorCode::damaged,
     "the TEE found it damaged or tampered with, and has deleted it; store it again"},
    {Code::storage_no_space, ErrorCode::no_space, "the TEE's storage is full; remove objects, or free its file system"},
    {Code::out_of_memory, ErrorCode::no_space, "the TEE is out of memory; close other users of the TEE and repeat"},
    {Code::limit_exceeded, ErrorCode::no_space, "it is larger than a limit of the TEE"},
    {Code::storage_not_available, ErrorCode::no_tee,
     "this TEE does not offer that storage (for rpmb: no RPMB built in, no device with one, or no key in it)"},
    {Code::storage_not_available_2, ErrorCode::no_tee, "the TEE's storage cannot be reached; is tee-supplicant running?"},
    {Code::not_allowed, ErrorCode::not_permitted,
     "root lets only some users and groups store here; ask for: festore allow USER"},
    {Code::over_limit, ErrorCode::no_space, "limit exceeded: root has set it; see 'festore status'"},
    {Code::access_denied, ErrorCode::not_permitted, "the TEE does not permit it"},
    {Code::busy, ErrorCode::busy, "the TEE is busy; repeat it later"},
    {Code::target_dead, ErrorCode::no_tee,
     "the trusted application died; whether the change was made is not known: repeat the command"},
    {Code::communication, ErrorCode::no_tee, "the connection to the TEE broke; is tee-supplicant running? Repeat the command"},
    {Code::no_identity, ErrorCode::no_tee,
     "this kernel gives the TEE no identities of users (Linux before 5.8, or a user namespace); only --public works"},
    {Code::not_supported, ErrorCode::no_tee,
     "this TEE or its trusted application does not support it (an OP-TEE without the system pseudo-TA?)"},
};

std::string unexplained(uint32_t result, uint32_t origin) {
    return "the TEE answered " + hex(result) + " (origin " + std::to_string(origin) + ")";
}

const Explained* explained(uint32_t result) {
    for (const Explained& e : kCommandErrors)
        if (static_cast<uint32_t>(e.code) == result) return &e;
    return nullptr;
}

}  // namespace

Error error_of_command(uint32_t result, uint32_t origin, const Operation& operation) {
    Error error{ErrorCode::failure, "cannot " + std::string(operation.verb), result, origin};
    if (!operation.name.empty()) error.message += " " + quote(operation.name);
    error.message += ": ";
    if (const Explained* e = explained(result); e != nullptr) {
        error.code = e->error;
        error.reason = reason_of(e->code);
        // OP-TEE ends a TA when the RPMB gives an answer that GlobalPlatform does not define.
        const bool rpmb_failed = operation.storage == Storage::rpmb && e->code == Code::target_dead;
        error.message += rpmb_failed ? "the trusted application died, as it does when the RPMB device is absent, has "
                                       "no key, or a foreign one; 'festore doctor' asks it"
                                     : e->text;
    } else {
        error.message += unexplained(result, origin);
    }
    return error;
}

Reason reason_of(Code code) {
    switch (code) {
    case Code::access_conflict: return Reason::exists;
    case Code::version_conflict: return Reason::other_version;
    case Code::write_once: return Reason::write_once;
    case Code::store_destroyed: return Reason::store_destroyed;
    default: return Reason::none;
    }
}

bool rpmb_gave_no_answer(uint32_t tee_result) {
    const auto code = static_cast<Code>(tee_result);
    return code == Code::target_dead || code == Code::communication || code == Code::storage_not_available;
}

Error public_has_no_store() {
    return {ErrorCode::usage, "a store belongs to a user or a group; public objects are in the storage ree or rpmb", 0, 0};
}

Error error_of_session(uint32_t result, uint32_t origin, const Owner& owner) {
    Error error{ErrorCode::no_tee, "", result, origin};
    switch (static_cast<Code>(result)) {
    case Code::item_not_found:
        error.message = "the trusted application is not installed: tee-supplicant found no "
                        "b7e89fc1-5044-431e-b4c5-9fb6ae256423.ta in its folder (usually /lib/optee_armtz)";
        return error;
    case Code::access_denied:
        if (owner.kind == Owner::Kind::group) return not_a_member(*owner.id);
        error.code = ErrorCode::not_permitted;
        error.message = "the TEE refuses the login";
        return error;
    case Code::security:
        error.message = "the TEE refuses the trusted application: its signature or version is not one that this TEE accepts";
        return error;
    case Code::busy:
        error.code = ErrorCode::busy;
        error.message = "too many sessions with the trusted application are open; repeat it later";
        return error;
    case Code::access_conflict:
        if (origin != TEEC_ORIGIN_TEE) break;
        // OP-TEE keeps the highest version of each trusted application that it has loaded (ta_ver.db), and of each subkey.
        error.message = "the TEE refuses the trusted application: it is an older trusted application than this device has run, or "
                        "signed with an older subkey; install the newest one where tee-supplicant looks for it (usually "
                        "/lib/optee_armtz)";
        return error;
    case Code::corrupt_object:
    case Code::corrupt_object_2:
        // OP-TEE looks up the version of each trusted application in its own storage before it loads it.
        error.code = ErrorCode::damaged;
        error.message = "the TEE loads no trusted application, since its own storage is damaged; 'A lost record' in festore's "
                        "docs/store.md says how stores are brought back";
        return error;
    default: break;
    }
    error = error_of_command(result, origin, {"open a session with the trusted application", {}});
    if (error.code == ErrorCode::failure) error.code = ErrorCode::no_tee;
    if (error.code != ErrorCode::conflict) return error;
    return {ErrorCode::no_tee, "cannot open a session with the trusted application: " + unexplained(result, origin), result, origin};
}

Error not_a_member(uint32_t gid) {
    return {ErrorCode::not_permitted,
            "the kernel refuses the login as group " + std::to_string(gid) + ": you are not a member of it",
            TEEC_ERROR_ACCESS_DENIED, TEEC_ORIGIN_COMMS};
}

Error error_of_context(uint32_t result, TeeKind kind) {
    if (kind == TeeKind::sim && result == TEEC_ERROR_BUSY)
        return {ErrorCode::busy, "the simulated TEE has too many connections; repeat it later", result, TEEC_ORIGIN_API};
    if (kind == TeeKind::sim)
        return {ErrorCode::no_tee, "the simulated TEE does not start; FESTORE_SIM_DIR must be a folder that it can write",
                result, TEEC_ORIGIN_API};
    const TeeDevice device = find_tee_device();
    Error error{ErrorCode::no_tee, "", result, TEEC_ORIGIN_API};
    if (device.path.empty()) {
        error.message = "there is no TEE here: no /dev/tee0. Is the kernel's OP-TEE driver loaded (modprobe optee)?";
    } else if (!device.accessible) {
        error.code = ErrorCode::not_permitted;
        error.message = "no permission to use " + device.path + ": it belongs to the group " + device.group +
                        "; become a member (usermod -aG " + device.group + " USER) and log in again";
    } else {
        error.message = "the TEE at " + device.path + " does not answer (" + hex(result) + ")";
    }
    return error;
}

Error with_version(Error error, uint64_t wanted, const Result<ObjectInfo>& now) {
    if (!now || now->version == wanted) return error;  // it has changed again
    error.message = "cannot put " + quote(now->name) + ": it has version " + std::to_string(now->version) + ", not " +
                    std::to_string(wanted);
    return error;
}

Error usage_of_name(std::string_view name, NameFault fault) {
    Error error{ErrorCode::usage, "", 0, 0};
    switch (fault) {
    case NameFault::empty: error.message = "a name must not be empty"; break;
    case NameFault::too_long:
        error.message = "the name has " + std::to_string(name.size()) + " bytes; " +
                        std::to_string(limits::kNameBytesMax) + " is the limit";
        break;
    case NameFault::not_utf8: error.message = "the name " + quote(name) + " is not UTF-8"; break;
    default: error.message = "the name " + quote(name) + " has a control character"; break;
    }
    return error;
}

Result<void> require_prefix(std::string_view prefix) {
    if (const NameFault fault = check_prefix(bytes_of(prefix)); fault != NameFault::none)
        return unexpected(usage_of_name(prefix, fault));
    return {};
}

Result<void> require_name(std::string_view name) {
    if (const NameFault fault = check_name(bytes_of(name)); fault != NameFault::none)
        return unexpected(usage_of_name(name, fault));
    return {};
}

}  // namespace festore
