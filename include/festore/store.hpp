// SPDX-License-Identifier: BSD-2-Clause
// libfestore, C++: types for stores. The functions are members of Client (client.hpp).
#pragma once
#include "festore/types.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace festore {

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
    StoreInfo store;
};

}  // namespace festore
