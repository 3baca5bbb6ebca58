// SPDX-License-Identifier: BSD-2-Clause
// Chooses the root record from which a store is read: the live one from a copy of the TEE's own storage, else a recovery copy.
#pragma once
#include "inspect/store_view.h"
#include "inspect/store_check.h"
#include "engine/records/recovery.h"

namespace festore::inspect {

// A root record holds the store's secret, so it is wiped.
class RootRecords {
public:
    RootRecords() = default;
    RootRecords(const RootRecords&) = delete;
    RootRecords& operator=(const RootRecords&) = delete;
    RootRecords(RootRecords&&) noexcept = default;
    RootRecords& operator=(RootRecords&&) noexcept = default;
    ~RootRecords();
    void add(const engine::RootRecord& record) { list_.push_back(std::make_unique<engine::RootRecord>(record)); }
    // Null: there is none.
    [[nodiscard]] const engine::RootRecord* of_store(const engine::StoreId& id) const;

private:
    std::vector<std::unique_ptr<engine::RootRecord>> list_;
};

struct RootTableCopy {
    RootRecords records;
    bool storage_damaged = false;  // in any object
};
// The root table of festore's TA in `directory`, a copy of OP-TEE's storage. Errors say why it cannot be read.
Result<RootTableCopy> read_root_table(const std::string& directory, const ree_fs::Huk& huk);

enum class RootSource : uint8_t {
    none,
    tee,            // the live one
    recovery_copy,  // which may be older than the live one
};

struct ChosenRoot {
    RootSource source = RootSource::none;
    uint32_t slot = 0;  // of the recovery copy
    std::optional<engine::RootRecord> record;
    engine::StoreKeys keys;
    bool key_fits = false;        // something of this store opens with the key
    StoreFindings findings;

    ChosenRoot() = default;
    ChosenRoot(ChosenRoot&&) noexcept = default;
    ChosenRoot& operator=(ChosenRoot&&) noexcept = default;
    ~ChosenRoot() {
        if (record) wipe(record->secret);
    }
};
// `table`: null without the TEE's storage.
ChosenRoot choose_root(engine::Crypto& crypto, Bytes device_key, const StoreView& view, const StoreViewer& reader,
                       const RootTableCopy* table);

}  // namespace festore::inspect
