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
#include "festore/care.hpp"
#include "festore/export.h"
#include "festore/result.hpp"
#include "festore/store.hpp"

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
    Owner owner;
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

struct PutOptions {
    bool if_absent = false;              // conflict if the name exists
    std::optional<uint64_t> if_version;  // conflict unless the object has this version
    // The object can never be replaced. In a store it cannot be removed or renamed either, as long as the store lives, unless it is
    // removable; in the TEE's own storage (ree, rpmb) it can always be removed.
    bool write_once = false;
    bool removable = false;              // with write_once, in a store: the object can be removed
    std::optional<int64_t> modified;     // default: now, by this system's clock
    std::optional<uint64_t> size;        // of a stream's content, if known: fails at once with no_space if the disk cannot hold it
};

struct ObjectInfo {
    std::string name;
    uint64_t size = 0;
    // Changes with each replacement. In a store no version is used twice, not even by another object: each put and each rename takes
    // the next number of the store's counter. In the TEE's own storage: 1 at first, one more with each replacement, and 1 again
    // for an object that was removed and stored again. 0 for objects of the first demo.
    uint64_t version = 0;
    int64_t created = 0;   // times are what this system claimed; 0 for objects of the first demo
    int64_t modified = 0;
    bool write_once = false;
    bool kept = false;     // write-once, and cannot be removed or renamed
    bool legacy = false;   // stored by the first demo's TA
};

// A range of names that cannot be listed, because a page of a store's index is or was damaged. The bounds need not be names of objects.
struct MissingRange {
    std::string from;           // the first name, inclusive; empty: no lower bound
    std::string before;         // the last name, exclusive; empty: no upper bound
    bool without_from = false;  // `from` itself is not missing: it is listed
    bool dropped = false;       // lost with damage that was dropped (LostRange), and nobody has acknowledged it
};

struct Listing {
    std::vector<ObjectInfo> objects;    // sorted by name, bytewise
    uint32_t damaged = 0;               // the caller's objects in the TEE's own storage that are damaged; their names are lost. Not
                                        // counted: damaged objects whose owner the TEE cannot tell; verify() reports those
    std::vector<MissingRange> missing;  // of a store: ranges that may have more objects. If nothing can be listed, list() fails instead
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
    bool zero_huk = false;              // the device has no secret of its own: see docs
    uint32_t rollback_protection_ree = 0;   // always 0: no TEE claims any for its files
    uint32_t rollback_protection_rpmb = 0;  // 1000 if the TEE claims it, which does not prove that it is in force; else 0
    bool huk_compared = false;     // the TA could compare the device's key with well-known ones; if not, zero_huk is not known
    bool predictable_huk = false;  // the device's key is a well-known one other than zero, so it is no secret either
};

// Whether the RPMB is asked for a record of the owner before a store with the anchor ree is opened.
struct RpmbUse {
    bool built_in = false;   // this TEE is built with RPMB support; only a call shows whether there is a device
    bool none_here = false;  // root has declared that this device has no RPMB: it is not asked
};

// The content of one put, in parts, of any length. In a store each part is sealed and goes to the disk as it comes; memory does not
// grow with the content, and other programs can change the store meanwhile. A persistent object's content (ree, rpmb) is
// collected in memory. The object appears, or is replaced, only at finish(): a stream that ends without finish() leaves
// nothing. Of several streams of one Client only one at a time can store more than fits into a store's index; the others, and puts of
// that size, are refused with conflict, by write() or finish(). In a store the stream keeps the Client's session open.
class FESTORE_API WriteStream {
public:
    WriteStream(WriteStream&&) noexcept;
    WriteStream& operator=(WriteStream&&) noexcept;
    ~WriteStream();

    // Appends the next part. After an error the stream is over: later calls fail with usage. If the TA dies, the parts given so far are
    // lost: no_tee.
    Result<void> write(std::span<const std::byte> part);
    // Stores the object, as Client::put does; the conditions of PutOptions are checked now. The stream is over, whatever the result.
    Result<ObjectInfo> finish();

private:
    struct State;
    explicit WriteStream(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
    friend class Client;
    friend class Transaction;
};

// The content of an object, in parts. It is verified before it is handed out, and is that of the object when the stream was opened:
// if the object is replaced or removed meanwhile, the stream keeps reading the old version, or fails with busy if this Client's session
// has ended or has looked up another object since (several streams of one Client take turns: each turn costs one more call into the TEE).
class FESTORE_API ReadStream {
public:
    ReadStream(ReadStream&&) noexcept;
    ReadStream& operator=(ReadStream&&) noexcept;
    ~ReadStream();

    [[nodiscard]] const ObjectInfo& info() const;
    [[nodiscard]] uint64_t position() const;
    // Sets the position. In a store only the segments that are read are opened. A position beyond the end means the end.
    void seek(uint64_t position);
    // Fills `out`, or as much of it as there is content before the end, and advances the position. 0: the end, or `out` is empty.
    // After an error the position is unchanged.
    Result<size_t> read(std::span<std::byte> out);

private:
    struct State;
    explicit ReadStream(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
    friend class Client;
};

// Changes of a store that become visible together, all or none, by one write in the TEE. While a transaction lives, it holds the
// store's lock, and its Client can otherwise only read. It ends without effect unless committed.
class FESTORE_API Transaction {
public:
    Transaction(Transaction&&) noexcept;
    Transaction& operator=(Transaction&&) noexcept;
    ~Transaction();

    // As the members of Client. A failed one leaves the transaction as it was, unless is_over() is true.
    Result<ObjectInfo> put(std::string_view name, std::span<const std::byte> content, const PutOptions& options = {});
    // A put in parts. Finish the stream before you commit the transaction.
    Result<WriteStream> write(std::string_view name, const PutOptions& options = {});
    Result<void> remove(std::string_view name);
    Result<ObjectInfo> rename(std::string_view from, std::string_view to, bool replace = false);
    // Returns the store's new generation. After an error none of the changes are made, except that after no_tee they may have been made:
    // check.
    Result<uint64_t> commit();
    [[nodiscard]] bool is_over() const;

private:
    struct State;
    explicit Transaction(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
    friend class Client;
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
    // For uid 0: lists, or removes, another owner's objects in the TEE's own storage (ree, rpmb). Nobody can read another owner's
    // objects. not_permitted: the caller is not uid 0. usage: in a store.
    Result<Listing> list_of(const OtherOwner& owner, std::string_view prefix = {});
    Result<void> remove_of(const OtherOwner& owner, std::string_view name);
    // Renames the object. conflict: `to` exists, and `replace` is false. This and everything up to verify() are for storage `store` only.
    Result<ObjectInfo> rename(std::string_view from, std::string_view to, bool replace = false);
    Result<Transaction> begin();
    // Makes an empty store. conflict: a store exists, in the directory or in the TEE.
    Result<StoreInfo> init(const InitOptions& options = {});
    Result<StoreInfo> store_status();  // not_found: this owner has no store here
    // What the TEE knows of stores without their directories.
    Result<std::vector<StoreRecord>> own_stores();     // of this Client's owner, all names
    Result<std::vector<StoreRecord>> store_records();  // all of this device; for uid 0 only, else not_permitted
    // This owner's store, or, for uid 0, another owner's. not_found: there is none.
    Result<StoreInfo> store_record(const std::optional<DestroyOptions::Other>& other = {});
    // Destroys the store: first its record in the TEE, then the store's files; other files in the directory stay. If interrupted,
    // the store is still whole, or another call removes the rest. not_found: there is no store.
    Result<DestroyReport> destroy(const DestroyOptions& options = {});

    // Recreates the store from its directory if the TEE has lost its record. Freshness is given up: nobody can tell any more whether this
    // is the newest state; the store reports that until it is acknowledged. conflict: the record is intact. damaged: the directory holds
    // no state that verifies as a whole. If interrupted, it can be repeated.
    Result<StoreInfo> repair();
    Result<StoreInfo> acknowledge();  // conflict: there is nothing to acknowledge

    // Rewrites the index of an intact store, in a page file without holes, under new keys; all objects stay as they are, and nothing
    // is given up. If interrupted, it leaves the old or the new index. damaged: drop_damaged() leaves out what cannot be read. conflict:
    // lost names are not acknowledged; or the record is in the RPMB and was to move to ree.
    // To another cipher: the content of each payload is also sealed again, in the TEE, each in its own commit, while other programs
    // read and change the store. After an interruption or an error the store is whole and reports it (has_other_cipher); the same call
    // again continues. damaged: some contents are damaged; all others have the new cipher. no_tee: the TA is older, or lacks that cipher.
    Result<StoreInfo> rebuild(const RebuildOptions& options = {});
    // The same, but leaves out what is damaged. The names lost with it are closed from then on: get, stat, put, remove and rename of
    // a name that the index does not have fail with damaged, until somebody acknowledges the range by one of its names. An object that
    // is kept for good may have been among them: in a store that ever had such an object, the names stay closed for put and rename
    // even then. conflict: nothing is damaged; or more than 1 % of the objects, or the root of the index, would be lost.
    Result<DropReport> drop_damaged(const DropOptions& options = {});
    // After somebody has put back what was damaged: reads what the last drop_damaged() left out from pages.old, and adds it to
    // the store as it is now. damaged: it is still damaged; nothing has changed. conflict: nothing was dropped.
    Result<StoreInfo> undo_drop();
    Result<StoreInfo> acknowledge_lost(std::string_view name);  // conflict: it is not in an unacknowledged range
    Result<std::vector<LostRange>> lost_ranges();

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
    Result<void> allow(const std::vector<AllowName>& names, const Allowance& limits = {});
    Result<void> disallow(const std::vector<AllowName>& names);  // removes these names. not_found: one of them is not in the list
    // Those that are not named may store, with these limits; not set: they may store nothing new.
    Result<void> allow_others(const std::optional<Allowance>& limits);
    // The limits in that storage, ree or rpmb, of everybody but root together. Without limits: revokes them.
    Result<void> allow_in_all(Storage storage, const Allowance& limits);
    Result<void> allow_all();  // removes the list
    Result<AllowReport> allowed();

private:
    struct State;
    explicit Client(std::shared_ptr<State> state);
    std::shared_ptr<State> state_;  // with a running transaction
    friend struct ClientAccess;
    friend class Transaction;
    friend class WriteStream;
    friend class ReadStream;
};

// Where the command and this library look for the owner's store of that name (empty: "default") unless a directory is named: docs/store.md.
// The library reads STATE_DIRECTORY, XDG_DATA_HOME and HOME for it, and no other variable of the environment. usage: the name is not
// valid, or none of these gives a directory.
FESTORE_API Result<std::string> default_store_directory(const Owner& owner = {}, std::string_view name = {});

// The library's version, "0.1.0".
FESTORE_API std::string_view version();

}  // namespace festore
