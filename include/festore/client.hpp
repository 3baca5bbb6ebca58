// SPDX-License-Identifier: BSD-2-Clause
// libfestore, C++: named objects in the secure world of this device.
//
// Names: 1 to 255 bytes of UTF-8 without control characters. Sizes in bytes, times in seconds since 1970.
// Errors of the TEE, of the system or in a caller's data never cause an exception; memory exhaustion in this process does.
//
// Thread safety: a Client may be moved between threads; only one thread at a time may use it. Several Clients, in one process or
// in several, work side by side.
//
// A Client serves only the process, and the effective user and group, that connected it; with Owner::group, only a member of that group.
// Any other caller gets not_permitted from every function, e.g. a forked child, or a process after seteuid() or setgroups(); it must
// connect its own Client. A process that returns to its former identity is served again. Destructors in a forked child touch nothing
// that belongs to the parent.
//
// Durability: when put() or remove() has returned success, the change survives any crash. If it failed, the object is unchanged;
// only after no_tee (the TEE died or did not answer in time) the change may or may not have happened: repeat the call.
#pragma once
#include "festore/allow.hpp"
#include "festore/export.h"
#include "festore/object.hpp"
#include "festore/result.hpp"
#include "festore/store.hpp"
#include "festore/verify.hpp"

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

struct ClientOptions {
    TeeKind tee = TeeKind::automatic;
    // For the simulated TEE: the path of its client library, libteec-festore-sim.so. Development builds know one.
    std::string sim_library;
    Owner owner;  // the calling user, a group, or the public; connecting for another user fails with not_permitted
    Storage storage = Storage::store;
    // How long one call into the TEE may take; after that it fails with no_tee. OP-TEE waits for a missing tee-supplicant for ever.
    std::chrono::seconds call_timeout{60};
    // A session that has been idle for this long is closed, because an open session hinders a restart of tee-supplicant; the next call
    // opens another. 0: never. A running transaction keeps its session open.
    std::chrono::milliseconds idle_timeout{10'000};
    // Directory of the storage `store`. Empty: default_store_directory().
    std::string store_directory;
    // Which of the owner's stores: 1 to 63 of the characters A-Z a-z 0-9 . _ -. Empty: if a directory is named, the name in its
    // header, else "default". The name is checked against the TEE's record. A Client stays with the store that it opened
    // first.
    std::string store_name;
    // How long to wait for a busy store or a busy TEE; after that the call fails with busy.
    std::chrono::seconds wait{30};
    // Called with one line for a person, at most once for each Client and reason, by the thread that uses the Client. Reasons: a repair
    // gave up the store's freshness, and nobody has acknowledged it; or the TEE has not answered for a second and no tee-supplicant runs,
    // without which OP-TEE waits for ever. The call is served, or goes on waiting, all the same.
    std::function<void(std::string_view)> on_warning;
};

// What the trusted application can tell of the device's own key (OP-TEE's hardware unique key), on which all secrecy rests: it compares
// what is derived from it with what well-known keys give.
enum class DeviceKey {
    not_compared,   // it is not known whether the device has a secret of its own
    zero,           // all zeroes: anybody who has the disk can decrypt it
    predictable,    // another well-known one: likewise
    not_known_weak  // none of the well-known ones
};

struct TeeStatus {
    TeeKind kind = TeeKind::automatic;  // optee or sim
    std::string library;                // the libteec in use
    std::string ta_version;             // of the running TA
    std::string tee_version;            // of OP-TEE, "" if it does not say
    uint16_t protocol_major = 0;
    uint16_t protocol_minor = 0;
    std::string identity;               // login and UUID by which the TEE knows the caller
    uint64_t object_bytes_max = 0;
    bool has_ree = false;
    bool has_rpmb = false;
    uint32_t rollback_protection_ree = 0;   // always 0: no TEE claims any for its files
    uint32_t rollback_protection_rpmb = 0;  // 1000 if the TEE claims it, which does not prove that it is in force; else 0
    DeviceKey device_key = DeviceKey::not_compared;
};

// Whether the RPMB is asked for a record of the owner before a store with the anchor ree is opened.
struct RpmbUse {
    bool built_in = false;   // this TEE is built with RPMB support; only a call shows whether there is a device
    bool none_here = false;  // root has declared that this device has no RPMB: it is not asked
};

class FESTORE_API Client {
public:
    // Opens a session with the TA for the given owner. Costs one or two calls into the TEE.
    static Result<Client> connect(const ClientOptions& options = {});
    Client(Client&&) noexcept;
    Client& operator=(Client&&) noexcept;
    ~Client();

    // Stores content under name and replaces an existing object, atomically. In ree and rpmb the content can have up to
    // TeeStatus::object_bytes_max bytes. In storage `store` the first put makes the store if this owner has none and its directory is
    // empty or absent.
    Result<ObjectInfo> put(std::string_view name, std::span<const std::byte> content, const PutOptions& options = {});
    // Returns the whole content, verified.
    Result<std::vector<std::byte>> get(std::string_view name);
    // put and get in parts, with bounded memory.
    Result<WriteStream> write(std::string_view name, const PutOptions& options = {});
    Result<ReadStream> read(std::string_view name);
    Result<ObjectInfo> stat(std::string_view name);
    Result<void> remove(std::string_view name);
    // All objects of the owner whose names begin with prefix.
    Result<Listing> list(std::string_view prefix = {});
    // For uid 0: lists, or removes, the objects of a user (Owner::user(uid)) or group in the TEE's own storage (ree, rpmb). Nobody can
    // read another owner's objects. not_permitted: the caller is not uid 0. usage: in a store.
    Result<Listing> list_of(const Owner& owner, std::string_view prefix = {});
    Result<void> remove_of(const Owner& owner, std::string_view name);
    // What only a store can do. usage: the storage is not `store`. The store need not exist yet.
    Result<Store> store();

    // Reads everything back through the TEE, in any storage, and goes on past damage. Of a store no whole content is held in memory. The
    // TEE deletes a damaged object of ree or rpmb when it reads it. An error: verifying could not be completed.
    Result<VerifyReport> verify(const VerifyOptions& options = {});

    Result<TeeStatus> status();

    // Applies to the whole device, in any storage. no_tee: a TA before protocol 1.6.
    Result<RpmbUse> rpmb_use();
    // For uid 0: declares that this device has no RPMB, or revokes that. not_permitted: the caller is not uid 0. conflict: the RPMB
    // answers, and `without_asking` is false (on some boards asking ends the TA).
    Result<RpmbUse> set_no_rpmb(bool none, bool without_asking = false);

    // Root's list of who may store, for the whole device, in any storage. no_tee: a TA before protocol 1.7. Existing objects are served
    // whatever the list says; uid 0 has no limits. The next five functions are for uid 0, not_permitted for others; each is one write
    // into the TEE, all or nothing. damaged: the list is of a newer version.
    // Adds these names, each with these limits (32 in one call, 128 in all: no_space). Unless allow_others() says otherwise, those that
    // are not named can store nothing new from then on.
    Result<void> allow(const std::vector<Owner>& names, const Allowance& limits = {});
    Result<void> disallow(const std::vector<Owner>& names);  // removes these names. not_found: one of them is not in the list
    // Those that are not named may store, with these limits; not set: they may store nothing new.
    Result<void> allow_others(const std::optional<Allowance>& limits);
    // The limits in that storage, ree or rpmb, of everybody but root together. Without limits: revokes them.
    Result<void> allow_in_all(Storage storage, const Allowance& limits);
    Result<void> allow_all();  // removes the list
    Result<AllowReport> allowed();

private:
    explicit Client(std::shared_ptr<ClientState> state);
    std::shared_ptr<ClientState> state_;  // with streams, stores and a running transaction
    friend struct ClientState;
    friend struct ClientAccess;
    friend class WriteStream;
};

// Where the command and this library look for the owner's store of that name (empty: "default") unless a directory is named: docs/store.md.
// The library reads STATE_DIRECTORY, XDG_DATA_HOME and HOME for it, and no other variable of the environment. usage: the name is not
// valid, or none of these gives a directory.
FESTORE_API Result<std::string> default_store_directory(const Owner& owner = {}, std::string_view name = {});

// The library's version, "0.1.0".
FESTORE_API std::string_view version();

}  // namespace festore
