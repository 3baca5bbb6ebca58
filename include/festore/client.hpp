// SPDX-License-Identifier: BSD-2-Clause
// libfestore, C++: named objects in the secure world of this device.
//
// Names: 1 to 255 bytes of UTF-8 without control characters. Sizes in bytes, times in seconds since 1970.
// No function throws for what the TEE, the system or a caller's data do; memory exhaustion in this process does.
//
// Thread safety: a Client may be moved between threads, and used by one at a time. Several Clients, in one process or
// many, work side by side.
//
// A Client serves the process, and the effective user and group, that connected it, and for Owner::group a member of that group. Any
// other caller gets not_permitted from every function: a forked child, a process after seteuid() or setgroups(). It connects anew.
// One that becomes again who it was is served again. Destructors in a forked child touch nothing of the parent's.
//
// Durability: when put() or remove() has returned success, the change survives any crash. When it failed, the object is
// as it was, or, after no_tee (the TEE died or did not answer in time), as it was or as it was to be: repeat the call.
#pragma once
#include "festore/allow.hpp"
#include "festore/care.hpp"
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

// Where objects live: in the owner's store (a directory of sealed files, with its root in the TEE), or whole in one of the
// TEE's trusted storages. The store is not for everybody(): it has an owner.
enum class Storage { ree, rpmb, store };
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
    // A session that has not been used for this long is closed, and the next call opens another: an open one is in the way
    // when tee-supplicant is restarted. 0: never. A transaction that runs keeps it open.
    std::chrono::milliseconds idle_timeout{10'000};
    // Of storage `store`: its directory; empty: FESTORE_STORE, else the owner's default (docs/store.md).
    std::string store_directory;
    // Which of the owner's stores: 1 to 63 of the characters A-Z a-z 0-9 . _ -. Empty: FESTORE_NAME, else the one whose directory is
    // named, by what its header says; else "default". The TEE's record says whether that is true. A Client stays with the store that it
    // opened first.
    std::string store_name;
    // How long to wait for a store, or a TEE, that is busy; then busy.
    std::chrono::seconds wait{30};
    // Called with one line for a person, at most once for each Client and reason, by the thread that uses the Client: for a store whose
    // freshness a repair gave up, as long as nobody has acknowledged it; and when the TEE has not answered for a second and no
    // tee-supplicant runs, without which OP-TEE waits for ever. Everything is served all the same; the call goes on waiting.
    std::function<void(std::string_view)> on_warning;
};

// The trusted storage that holds a store's root record: how fresh the store can prove to be. Only rpmb sees it when all of
// the disk, the TEE's files included, is put back to an earlier state.
enum class Anchor { ree, rpmb };

struct PutOptions {
    bool if_absent = false;              // conflict when the name exists
    std::optional<uint64_t> if_version;  // conflict unless the object has this version
    // Never to be replaced. In a store it is not to be removed or renamed either, for as long as the store lives, unless it is
    // removable; in the TEE's own storage (ree, rpmb) it can always be removed.
    bool write_once = false;
    bool removable = false;              // with write_once, in a store: it can be removed
    std::optional<int64_t> modified;     // default: now, by this system's clock
    std::optional<uint64_t> size;        // of a stream's content, when it is known: no_space at once where the disk cannot hold it
};

struct ObjectInfo {
    std::string name;
    uint64_t size = 0;
    // Another one after each replacement. In a store no version is used twice, by whichever object: each put and each rename takes
    // the next number of the store's counter. In the TEE's own storage: 1 at first, one more with each replacement, and 1 again
    // for an object that was removed and stored anew. 0 for objects of the first demo.
    uint64_t version = 0;
    int64_t created = 0;   // times are this system's claims; 0 for objects of the first demo
    int64_t modified = 0;
    bool write_once = false;
    bool kept = false;     // write-once, and neither to be removed nor to be renamed
    bool legacy = false;   // stored by the first demo's TA
};

// Names that cannot be told, since a page of a store's index is damaged, or was. The bounds need not be names themselves.
struct MissingRange {
    std::string from;           // from this one on; empty: from the first
    std::string before;         // up to, and without, this one; empty: to the last
    bool without_from = false;  // `from` itself is not among them: it is listed
    bool dropped = false;       // they were lost with damage that was dropped (LostRange), and nobody has acknowledged it
};

struct Listing {
    std::vector<ObjectInfo> objects;    // sorted by name, bytewise
    uint32_t damaged = 0;               // the caller's objects in the TEE's own storage that are damaged, and whose names are lost
                                        // with them. Those that the TEE cannot tell the owner of are not among them: verify() is
    std::vector<MissingRange> missing;  // of a store: what may be there besides. Where nothing can be listed, that is the error
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
    uint32_t rollback_protection_ree = 0;   // always 0: no TEE claims any for its files
    uint32_t rollback_protection_rpmb = 0;  // 1000 where the TEE claims it, which does not show that it is in force; else 0
    bool huk_compared = false;     // the TA could compare the device's key with well-known ones; else zero_huk is not known
    bool predictable_huk = false;  // the device's key is a well-known one, but not zero: no secret either
};

// A store as its root record describes it.
struct StoreInfo {
    std::string directory;
    std::string name;           // "default", if the owner gave it none
    std::string store_id;       // 32 hexadecimal digits
    Anchor anchor = Anchor::ree;
    std::string cipher;         // "aes-256-gcm" or "chacha20-poly1305"
    TeeKind tee = TeeKind::automatic;  // that made it: optee or sim
    uint64_t epoch = 0;
    uint64_t generation = 0;    // number of the last commit
    uint64_t objects = 0;
    uint64_t content_bytes = 0;
    uint32_t height = 0;        // levels of the index
    uint32_t pages = 0;         // of 4096 bytes, in the page file
    uint32_t free_pages = 0;    // of them
    uint64_t pages_sealed = 0;  // in this epoch
    bool freshness_lost = false;  // a repair gave up freshness, and nobody has acknowledged it
    uint32_t freshness_lost_count = 0;
    uint64_t freshness_lost_generation = 0;
    int64_t created = 0;
    // Anchor ree: the RPMB, which could have held a record of another store of this owner, gave no answer when the store was made, or was
    // not asked. Such a store is opened also where it gives none.
    bool made_without_rpmb_answer = false;
    // Contents are, or may be, still sealed with the other cipher than this one: a rebuild to this cipher goes on with them.
    bool has_other_cipher = false;
};

// Whether stores with the anchor ree are opened only after the RPMB was asked for one of their owner's.
struct RpmbUse {
    bool built_in = false;   // into this TEE; whether a device is behind it, only asking shows
    bool none_here = false;  // root has said that this device has none: it is not asked
};

// What the owner, and uid 0, may know of a store without its directory.
struct StoreRecord {
    bool is_group = false;
    std::string identity;           // of its owner: the UUID by which the TEE knows the user or group
    Anchor anchor = Anchor::ree;
    uint32_t place = 0;             // of the record in the TEE's table, from 0; it keeps it for as long as the store lives
    std::optional<StoreInfo> info;  // without directory and tee; none: the record is damaged, or of a newer version
    std::string name;       // "default", or the one it was given; empty: the TEE does not know it any more
    std::string directory;  // where it was when it was made, repaired or rebuilt, as its owner said; empty: not told
};

// What seals a store, once and for all: AES-256-GCM, which the TEE does itself, by a crypto engine where the board has one; or
// ChaCha20-Poly1305, which is faster where it has none.
enum class Cipher { automatic, aes_256_gcm, chacha20_poly1305 };

struct InitOptions {
    Anchor anchor = Anchor::ree;
    Cipher cipher = Cipher::automatic;  // the TA measures
    // Make a store with the anchor ree though the RPMB, which could hold a record of another one, does not answer. The store says so
    // for as long as it lives: StoreInfo::made_without_rpmb_answer.
    bool without_asking_rpmb = false;
};

// Names of a store that were lost with damage which was dropped.
struct LostRange {
    std::string from;    // from this one on; empty: from the first
    std::string before;  // up to, and without, this one; empty: to the last
    bool acknowledged = false;  // such a range is kept only where an object that is kept for good may have been in it
};

struct RebuildProgress {  // of contents that are sealed anew
    uint64_t objects = 0;
    uint64_t content_bytes = 0;
};

struct RebuildOptions {
    std::optional<Anchor> anchor;  // rpmb: a record under ree moves there; none: it stays where it is
    // The store's cipher from now on, index and contents; automatic: it stays. Not together with an anchor.
    Cipher cipher = Cipher::automatic;
    std::function<void(const RebuildProgress&)> on_progress;  // now and then, while contents are sealed anew
};

struct DropOptions {
    bool most = false;  // also where more than one of a hundred objects is lost
};

struct DropReport {
    uint64_t objects = 0;         // that are lost
    std::vector<LostRange> lost;  // all of the store's, earlier ones too
    StoreInfo store;
};

// The content of one put, in parts, of any length. In a store the parts go to the disk as they come, sealed; memory does not
// grow with the content, and other programs can change the store meanwhile. A persistent object's content (ree, rpmb) is
// collected in memory. The object appears, or is replaced, at finish() and not before: a stream that ends without it leaves
// nothing. Of several streams of one Client only one at a time can store more than fits a store's index; the others are refused with
// conflict, by write() or finish(), and so are puts of that much. It keeps the Client's session open.
class FESTORE_API WriteStream {
public:
    WriteStream(WriteStream&&) noexcept;
    WriteStream& operator=(WriteStream&&) noexcept;
    ~WriteStream();

    // The next part. After an error the stream is over: usage. When the TA dies, what it was given is lost: no_tee.
    Expected<void> write(std::span<const std::byte> part);
    // As Client::put: the conditions are looked at now. The stream is over then, whatever the answer is.
    Expected<ObjectInfo> finish();

private:
    struct State;
    explicit WriteStream(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
    friend class Client;
    friend class Transaction;
};

// The content of an object, in parts. What is handed out is verified, and of the object as it was when the stream was opened:
// if the object is replaced or removed meanwhile, the stream keeps reading the old version, or fails with busy if this Client's session
// has ended or has looked up another object since (several streams of one Client take turns: each turn costs one more call into the TEE).
class FESTORE_API ReadStream {
public:
    ReadStream(ReadStream&&) noexcept;
    ReadStream& operator=(ReadStream&&) noexcept;
    ~ReadStream();

    [[nodiscard]] const ObjectInfo& info() const;
    [[nodiscard]] uint64_t position() const;
    // Where to go on: in a store only the segments that are read are opened. Beyond the end is the end.
    void seek(uint64_t position);
    // Fills `out`, or as much of it as there is up to the end, and moves on. 0: the end, or `out` is empty. After an
    // error the position is where it was.
    Expected<size_t> read(std::span<std::byte> out);

private:
    struct State;
    explicit ReadStream(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
    friend class Client;
};

// Changes of a store that become visible together, all or none, by one write in the TEE. While it lives it holds the
// store's lock, and the Client that made it serves nothing else but reading. Ends without effect unless committed.
class FESTORE_API Transaction {
public:
    Transaction(Transaction&&) noexcept;
    Transaction& operator=(Transaction&&) noexcept;
    ~Transaction();

    // As of Client. An error of one of them leaves the transaction as it was, unless is_over() says otherwise.
    Expected<ObjectInfo> put(std::string_view name, std::span<const std::byte> content, const PutOptions& options = {});
    // The same put in parts. The stream is finished before the transaction is committed.
    Expected<WriteStream> write(std::string_view name, const PutOptions& options = {});
    Expected<void> remove(std::string_view name);
    Expected<ObjectInfo> rename(std::string_view from, std::string_view to, bool replace = false);
    // The store's new generation. After an error nothing of it is done, except that after no_tee it may be: look.
    Expected<uint64_t> commit();
    [[nodiscard]] bool is_over() const;

private:
    struct State;
    explicit Transaction(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
    friend class Client;
};

class FESTORE_API Client {
public:
    // Opens a session with the TA as the given owner. Costs one or two calls into the TEE.
    static Expected<Client> connect(const ClientOptions& options = {});
    Client(Client&&) noexcept;
    Client& operator=(Client&&) noexcept;
    ~Client();

    // Stores content under name, replacing what was there, atomically. Content: up to TeeStatus::object_bytes_max in ree and
    // rpmb. In storage `store` the first put makes the store, where this owner has none and its directory is empty or absent.
    Expected<ObjectInfo> put(std::string_view name, std::span<const std::byte> content, const PutOptions& options = {});
    // The whole content, verified.
    Expected<std::vector<std::byte>> get(std::string_view name);
    // put and get in parts, with bounded memory.
    Expected<WriteStream> write(std::string_view name, const PutOptions& options = {});
    Expected<ReadStream> read(std::string_view name);
    Expected<ObjectInfo> stat(std::string_view name);
    Expected<void> remove(std::string_view name);
    // All objects of the owner whose names begin with prefix.
    Expected<Listing> list(std::string_view prefix = {});
    // Another's objects in the TEE's own storage (ree, rpmb), for uid 0: which there are, and that one goes. Nobody reads another's.
    // not_permitted: for others. usage: in a store.
    Expected<Listing> list_of(const OtherOwner& owner, std::string_view prefix = {});
    Expected<void> remove_of(const OtherOwner& owner, std::string_view name);
    // The same object under another name. conflict: `to` exists, and is not to be replaced. Storage `store` only, like all
    // that follow.
    Expected<ObjectInfo> rename(std::string_view from, std::string_view to, bool replace = false);
    Expected<Transaction> begin();
    // Makes an empty store. conflict: there is one, in the directory or in the TEE.
    Expected<StoreInfo> init(const InitOptions& options = {});
    Expected<StoreInfo> store_status();  // not_found: this owner has none here
    // What the TEE knows of a store, its directory apart: of this owner's, or, for uid 0, of another's. not_found.
    Expected<std::vector<StoreRecord>> own_stores();     // of this Client's owner, all names
    Expected<std::vector<StoreRecord>> store_records();  // all of this device, for uid 0 only: not_permitted
    Expected<StoreInfo> store_record(const std::optional<DestroyOptions::Other>& other = {});
    // Gives the store up: its record in the TEE, then the files of its directory; what else is in there stays. Interrupted,
    // it leaves the whole store, or what another call removes. not_found: there is none.
    Expected<DestroyReport> destroy(const DestroyOptions& options = {});

    // Makes the store anew from its directory, where the TEE has lost its record. What that gives up: whether it is the newest
    // state cannot be told any more; the store says so until it is acknowledged. conflict: the record is intact. damaged:
    // nothing in the directory verifies as a whole. Interrupted, it can be repeated.
    Expected<StoreInfo> repair();
    Expected<StoreInfo> acknowledge();  // conflict: there is nothing to acknowledge

    // Makes the index of an intact store anew, in a page file without holes, under new keys; all objects stay as they are, and nothing
    // is given up. Interrupted, it leaves the one or the other. damaged: drop_damaged() leaves out what cannot be read. conflict: names
    // that were lost are not acknowledged; or a record in the RPMB is to move to ree.
    // To another cipher: then each content of a payload is sealed anew, too, in the TEE, in a commit of its own, while other programs
    // read and change the store. Cut or failed in between, the store is whole, says so (has_other_cipher), and the same again goes on.
    // damaged: contents are; all others have the new cipher. no_tee: the TA is older, or has not that cipher.
    Expected<StoreInfo> rebuild(const RebuildOptions& options = {});
    // The same without what is damaged. The names that are lost with it are closed from then on: get, stat, put, remove and rename of
    // one that the index does not have end with damaged, until somebody acknowledges their range by one of its names. What was stored to
    // be kept for good may have been among them: in a store that ever had such an object, they stay closed for put and rename
    // afterwards, too. conflict: nothing is damaged; or more than one of a hundred objects would be lost, or the root of the index is.
    Expected<DropReport> drop_damaged(const DropOptions& options = {});
    // Reads what the last drop_damaged() left out again, from pages.old, where somebody has put back what was damaged, and puts it into
    // the store as it is now. damaged: it is still damaged; nothing has changed. conflict: nothing was dropped.
    Expected<StoreInfo> undo_drop();
    Expected<StoreInfo> acknowledge_lost(std::string_view name);  // conflict: it is not in a range that is not acknowledged
    Expected<std::vector<LostRange>> lost_ranges();

    // Reads everything back through the TEE, in any storage, without holding a content in memory, and goes on past damage. The
    // TEE deletes a damaged object of ree or rpmb when it reads it. An error: it could not be done to its end.
    Expected<VerifyReport> verify(const VerifyOptions& options = {});

    Expected<TeeStatus> status();

    // Of the whole device, in any storage. no_tee: a TA before protocol 1.6.
    Expected<RpmbUse> rpmb_use();
    // For uid 0: says that this device has no RPMB, or takes that back. not_permitted: for others. conflict: it answers, unless it is
    // not to be asked (on some boards that ends the TA).
    Expected<RpmbUse> set_no_rpmb(bool none, bool without_asking = false);

    // Root's list of who may store, of the whole device, in any storage. no_tee: a TA before protocol 1.7. What somebody has already is
    // served whatever the list says; uid 0 is not limited. The first five are for uid 0, not_permitted for others: one write into the TEE
    // each, all or nothing. damaged: the list is of a newer version.
    // Names them, all with these limits (32 at once, 128 in all: no_space). Unless allow_others() says otherwise, all others store
    // nothing new from then on.
    Expected<void> allow(const std::vector<AllowName>& names, const Allowance& limits = {});
    Expected<void> disallow(const std::vector<AllowName>& names);  // names them no longer. not_found: one is not named
    // Who is not named may store, with these limits; none: nothing new.
    Expected<void> allow_others(const std::optional<Allowance>& limits);
    // What all but root together may have in that storage, ree or rpmb. Without limits: takes it back.
    Expected<void> allow_in_all(Storage storage, const Allowance& limits);
    Expected<void> allow_all();  // no list any more
    Expected<AllowReport> allowed();

private:
    struct State;
    explicit Client(std::shared_ptr<State> state);
    std::shared_ptr<State> state_;  // with a running transaction
    friend struct ClientAccess;
    friend class Transaction;
    friend class WriteStream;
    friend class ReadStream;
};

// The library's version, "0.1.0".
FESTORE_API std::string_view version();

}  // namespace festore
