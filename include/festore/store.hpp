// SPDX-License-Identifier: BSD-2-Clause
// libfestore, C++: what only a store has: its care, transactions, and renaming. Client::store() (client.hpp) gives it.
#pragma once
#include "festore/object.hpp"
#include "festore/types.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace festore {

struct ClientState;

// The trusted storage that holds a store's root record. It decides which rollback is detected: only rpmb detects that the whole disk,
// the TEE's files included, was put back to an earlier state.
enum class Anchor { ree, rpmb };

// A store as its root record describes it.
struct StoreInfo {
    std::string directory;
    std::string name;           // "default", if the owner gave it none
    std::string store_id;       // 32 hexadecimal digits
    Anchor anchor = Anchor::ree;
    std::string cipher;         // "aes-256-gcm" or "chacha20-poly1305"
    TeeKind tee = TeeKind::automatic;  // the kind that made the store: optee or sim
    uint64_t epoch = 0;
    uint64_t generation = 0;    // number of the last commit
    uint64_t objects = 0;
    uint64_t content_bytes = 0;
    uint32_t height = 0;        // levels of the index
    uint32_t pages = 0;         // number of pages in the page file, of 4096 bytes each
    uint32_t free_pages = 0;    // how many of those pages are free
    uint64_t pages_sealed = 0;  // in this epoch
    bool freshness_lost = false;  // a repair gave up freshness, and nobody has acknowledged it
    uint32_t freshness_lost_count = 0;
    uint64_t freshness_lost_generation = 0;
    int64_t created = 0;
    // Anchor ree: when the store was made, the RPMB, which could have held a record of another store of this owner, gave no answer or was
    // not asked. Such a store opens even if the RPMB gives no answer.
    bool made_without_rpmb_answer = false;
    // Some contents are, or may be, still sealed with another cipher than `cipher`: a rebuild to `cipher` continues with them.
    bool has_other_cipher = false;
};

// What the owner, and uid 0, may know of a store without its directory.
struct StoreRecord {
    bool is_group = false;
    std::string identity;           // of its owner: the UUID by which the TEE knows the user or group
    Anchor anchor = Anchor::ree;
    uint32_t place = 0;             // of the record in the TEE's table, from 0; the same for as long as the store lives
    std::optional<StoreInfo> info;  // without directory and tee; not set: the record is damaged, or of a newer version
    std::string name;       // "default", or the name it was given; empty: the TEE no longer knows it
    std::string directory;  // where it was when it was made, repaired or rebuilt, as its owner said; empty: not known
};

// What seals a store: AES-256-GCM, which the TEE itself does, with a crypto engine if the board has one; or ChaCha20-Poly1305, which is
// faster if the board has none. Only a rebuild changes it.
enum class Cipher { automatic, aes_256_gcm, chacha20_poly1305 };

struct InitOptions {
    Anchor anchor = Anchor::ree;
    Cipher cipher = Cipher::automatic;  // automatic: the TA measures which one is faster
    // Make a store with the anchor ree even if the RPMB, which could hold a record of another store, does not answer. The store is marked
    // for as long as it is under ree: StoreInfo::made_without_rpmb_answer.
    bool without_asking_rpmb = false;
};

// A range of names of a store that were lost with damage that was dropped.
struct LostRange {
    std::string from;    // the first name, inclusive; empty: no lower bound
    std::string before;  // the last name, exclusive; empty: no upper bound
    bool acknowledged = false;  // an acknowledged range is kept only if an object that is kept for good may have been in it
};

struct RebuildProgress {  // of contents that are sealed again
    uint64_t objects = 0;
    uint64_t content_bytes = 0;
};

struct RebuildOptions {
    std::optional<Anchor> anchor;  // rpmb: a record under ree moves to the RPMB; not set: it stays where it is
    // The store's cipher from now on, for index and contents; automatic: unchanged. Not together with an anchor.
    Cipher cipher = Cipher::automatic;
    std::function<void(const RebuildProgress&)> on_progress;  // called from time to time while contents are sealed again
};

struct DropOptions {
    bool most = false;  // drop even if more than 1 % of the objects are lost, or the root of the index is
};

struct DropReport {
    uint64_t objects = 0;         // number of objects lost
    std::vector<LostRange> lost;  // all lost ranges of the store, earlier ones included
    bool can_be_undone = true;    // false: this file system has no hard links, so the old pages were not kept
    StoreInfo store;
};

struct DestroyOptions {
    // The store's directory is lost: only the TEE's record of the store is dropped.
    bool lost_directory = false;
    // For uid 0: drop the record of another owner's store. That store's directory is left alone.
    std::optional<Owner> other;
};

struct DestroyReport {
    bool record_dropped = false;     // false: the record was already gone, and only the rest of the directory was removed
    uint64_t files = 0;              // number of files removed
    std::vector<std::string> left;   // paths in the directory that do not belong to the store
    // The RPMB gave no answer. The store may have moved there although its record under ree does not say so (an older record that was put
    // back); then it still exists in the RPMB. Once the RPMB answers, another destroy with lost_directory removes it there.
    bool may_be_in_rpmb = false;
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
    friend class Store;
};

// The owner's store, as a Client with the storage `store` has chosen it; there need not be one yet. Its objects are read and changed by
// the Client's functions; these are what only a store can do. A copy is another handle of the same connection, which lasts as long as any
// of them; one thread at a time may use them and the Client.
class FESTORE_API Store {
public:
    // Renames the object. conflict: `to` exists, and `replace` is false.
    Result<ObjectInfo> rename(std::string_view from, std::string_view to, bool replace = false);
    Result<Transaction> begin();
    // Makes an empty store. conflict: a store exists, in the directory or in the TEE.
    Result<StoreInfo> init(const InitOptions& options = {});
    Result<StoreInfo> status();  // not_found: this owner has no store here
    // What the TEE knows of stores without their directories.
    Result<std::vector<StoreRecord>> own_records();  // of this owner's stores, all names
    Result<std::vector<StoreRecord>> all_records();  // all of this device; for uid 0 only, else not_permitted
    // This owner's store, or, for uid 0, another owner's. not_found: there is none.
    Result<StoreInfo> record(const std::optional<Owner>& other = {});
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

private:
    explicit Store(std::shared_ptr<ClientState> state);
    std::shared_ptr<ClientState> state_;  // never null; with a running transaction
    friend class Client;
};

}  // namespace festore
