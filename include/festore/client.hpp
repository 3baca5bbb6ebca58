// SPDX-License-Identifier: BSD-2-Clause
// libfestore, C++: named objects in the secure world of this device.
//
// Names: 1 to 255 bytes of UTF-8 without control characters. Sizes in bytes, times in seconds since 1970.
// No function throws for what the TEE, the system or a caller's data do; memory exhaustion in this process does.
//
// Thread safety: a Client may be moved between threads, and used by one at a time. Several Clients, in one process or
// many, work side by side.
//
// Durability: when put() or remove() has returned success, the change survives any crash. When it failed, the object is
// as it was, or, after no_tee (the TEE died or did not answer in time), as it was or as it was to be: repeat the call.
#pragma once
#include "festore/error.hpp"
#include "festore/export.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace festore {

enum class Storage { ree, rpmb };      // the TEE's trusted storage that holds the objects
enum class TeeKind { automatic, optee, sim };  // sim protects nothing; only development builds have it

// Whose objects: the calling user's, those of a group of which the caller is a member, or everybody's.
struct Owner {
    enum class Kind { user, group, everybody } kind = Kind::user;
    uint32_t gid = 0;  // for group
    static Owner user() { return {}; }
    static Owner group(uint32_t gid) { return {Kind::group, gid}; }
    static Owner everybody() { return {Kind::everybody, 0}; }
};

struct ClientOptions {
    TeeKind tee = TeeKind::automatic;
    Owner owner;
    Storage storage = Storage::ree;
    // How long one call into the TEE may take; then no_tee. OP-TEE waits without end for a missing tee-supplicant.
    std::chrono::seconds call_timeout{60};
};

struct PutOptions {
    bool if_absent = false;              // conflict when the name exists
    std::optional<uint64_t> if_version;  // conflict unless the object has this version
    bool write_once = false;             // never to be replaced; removing stays possible
    std::optional<int64_t> modified;     // default: now, by this system's clock
};

struct ObjectInfo {
    std::string name;
    uint64_t size = 0;
    uint64_t version = 0;  // 1 at first, one more with each replacement; 0 for objects of the first demo
    int64_t created = 0;   // times are this system's claims; 0 for objects of the first demo
    int64_t modified = 0;
    bool write_once = false;
    bool legacy = false;   // stored by the first demo's TA
};

struct Listing {
    std::vector<ObjectInfo> objects;  // sorted by name, bytewise
    uint32_t damaged = 0;             // objects that the TEE found damaged, and whose names are lost with them
};

struct TeeStatus {
    TeeKind kind = TeeKind::automatic;  // optee or sim
    std::string library;                // the libteec in use
    std::string ta_version;             // of the TA that is running
    std::string tee_version;            // of OP-TEE, "" when it does not tell
    uint16_t protocol_major = 0;
    uint16_t protocol_minor = 0;
    std::string identity;               // login and UUID by which the TEE knows the caller
    uint64_t object_bytes_max = 0;
    bool has_ree = false;
    bool has_rpmb = false;
    bool zero_huk = false;              // the device has no secret of its own: see docs
    uint32_t rollback_protection_ree = 0;   // as the TEE claims it: 0 none, 100 by the REE, 1000 by hardware
    uint32_t rollback_protection_rpmb = 0;
    bool huk_compared = false;     // the TA could compare the device's key with well-known ones; else zero_huk is not known
    bool predictable_huk = false;  // the device's key is a well-known one, but not zero: no secret either
};

class FESTORE_API Client {
public:
    // Opens a session with the TA as the given owner. Costs one or two calls into the TEE.
    static Expected<Client> connect(const ClientOptions& options = {});
    Client(Client&&) noexcept;
    Client& operator=(Client&&) noexcept;
    ~Client();

    // Stores content under name, replacing what was there, atomically. Content: up to TeeStatus::object_bytes_max.
    Expected<ObjectInfo> put(std::string_view name, std::span<const std::byte> content, const PutOptions& options = {});
    // The whole content, verified.
    Expected<std::vector<std::byte>> get(std::string_view name);
    Expected<ObjectInfo> stat(std::string_view name);
    Expected<void> remove(std::string_view name);
    // All objects of the owner whose names begin with prefix.
    Expected<Listing> list(std::string_view prefix = {});
    Expected<TeeStatus> status();

private:
    struct State;
    explicit Client(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
    friend struct ClientAccess;
};

// The library's version, "0.1.0".
FESTORE_API std::string_view version();

}  // namespace festore
