// SPDX-License-Identifier: BSD-2-Clause
// Examines every file of a storage directory, with or without the device's hardware unique key. Reads only.
#pragma once
#include "ree_fs/directory.h"
#include "ree_fs/dirfile.h"
#include "ree_fs/object.h"
#include "ree_fs/scan.h"

#include <span>

namespace festore::ree_fs {

// Receives objects for extraction: begin(), the data, end(). Nothing is retried.
class ObjectReceiver {
public:
    virtual ~ObjectReceiver() = default;
    // Null: this object is not wanted.
    virtual ContentSink* begin(const DirEntry& entry) = 0;
    // `whole`: everything was verified. Otherwise the data must not be used.
    virtual void end(const DirEntry& entry, bool whole) = 0;
};

struct InspectionOptions {
    const Huk* huk = nullptr;
    const ChipId* chip_id = nullptr;
    // TAs whose files are recognised even without an entry in dirf.db. OP-TEE's own are always known.
    std::span<const Uuid> known_owners;
    ObjectReceiver* receiver = nullptr;
};

enum class KeyState : uint8_t {
    none,
    fits,
    does_not_fit,
    untested,  // dirf.db may not be read, and no other file shows whether it fits
};

// What the keys showed of one file.
struct OpenedReport {
    uint8_t version = 0;
    uint32_t counter = 0;
    HeadLayout layout = HeadLayout::padded;
    HeadRule rule = HeadRule::first_half;
    uint32_t nodes = 0;
    uint64_t length = 0;
    bool verified = false;  // the tree and every block
};

struct ObjectReport {
    std::optional<ObjectHead> head;  // none for OP-TEE's own files
    uint64_t data_bytes = 0;
    Hash data_hash{};
};

struct FileReport {
    DirectoryName name;
    FileView view;                     // of regular dirf.db and numbered files
    std::optional<Scan> scan;      // of the version that the counters choose, if no key was used
    std::optional<DirEntry> entry;     // in dirf.db
    std::optional<Uuid> former_owner;  // of a file without entry: the TA whose key opens it
    std::optional<OpenedReport> opened;
    std::optional<ObjectReport> object;  // if all of it was verified
    bool denied = false;                 // the system does not permit reading it, so nothing is known about it
    Findings findings;
};

struct Inspection {
    KeyState key = KeyState::none;
    Derivation derivation = Derivation::compatible;  // if the key fits
    std::vector<FileReport> files;                   // in the order of StorageDirectory::names()
    bool listed = false;                             // dirf.db could be read, so entries are known
    uint32_t entries = 0;
    uint32_t free_entries = 0;
    Findings directory_findings;         // about the content of dirf.db
    std::vector<DirEntry> without_file;  // each of them is damage
    bool no_directory_file = false;      // damage

    [[nodiscard]] bool any_damage() const;
    // False if there is neither dirf.db nor a numbered file: this is not a storage directory.
    [[nodiscard]] bool recognised() const;
};

// generic or limit_exceeded: the directory itself cannot be listed.
Outcome<Inspection> inspect_storage(const StorageDirectory& directory, const InspectionOptions& options);

}  // namespace festore::ree_fs
