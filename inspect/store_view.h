// SPDX-License-Identifier: BSD-2-Clause
// A store's directory, read without keys: header, page file, payloads, strangers. It may be hostile; links and devices are
// never followed or opened. Reads only.
#pragma once
#include "inspect/files.h"
#include "inspect/store_findings.h"
#include "protocol/store_files.h"
#include "ree_fs/directory.h"

#include <array>
#include <map>
#include <memory>

namespace festore::inspect {

// True if the folder is a store's, or what is left of one.
bool is_store_directory(int directory);

struct StoreView {
    enum class Slot : uint8_t {
        absent,   // the file ends before it
        empty,    // zeroes
        filled,
        garbage,  // neither
    };
    std::optional<protocol::StoreHeader> header;
    bool newer = false;  // of a newer version of festore: nothing else was looked at
    bool has_pages = false;
    uint64_t page_file_bytes = 0;
    std::array<Slot, 2> slots{};
    std::map<std::string, uint64_t> payloads;  // sizes, by names that payloads can have
    std::vector<std::string> strangers;        // other names; those in the payload folder with its name
    std::vector<std::string> denied;           // files that the system does not permit to read
    StoreFindings findings;
};

// Makes the view, and keeps open what is needed to read further. The caller keeps the descriptor's ownership.
class StoreViewer {
public:
    explicit StoreViewer(int directory);
    // no_space: too many names; not_permitted, failure: the folder cannot be listed.
    Result<StoreView> look(const std::string& shown_name);

    // Null: there is none.
    [[nodiscard]] ree_fs::FileSource* pages() const { return pages_.get(); }
    [[nodiscard]] std::unique_ptr<ree_fs::FileSource> payload(const std::string& name, bool* denied) const;
    // False: the file does not have the whole page.
    bool read_slot(uint32_t slot, MutableBytes page) const;

private:
    void look_at_name(const ree_fs::DirectoryName& name);
    void read_header();
    void read_pages();
    void look_at_slot(uint32_t slot);
    Result<void> list_payloads(const std::string& shown_name);
    std::unique_ptr<ree_fs::FileSource> open_named(std::string_view name);

    int descriptor_;
    ree_fs::StorageDirectory directory_;
    OpenFile payload_folder_;
    ree_fs::StorageDirectory payloads_;
    std::unique_ptr<ree_fs::FileSource> pages_;
    StoreView view_;
};

}  // namespace festore::inspect
