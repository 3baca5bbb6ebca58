// SPDX-License-Identifier: BSD-2-Clause
#include "inspect/store_root.h"

#include "inspect/report.h"
#include "base/host/error.h"
#include "base/host/text.h"
#include "ree_fs/inspection.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>

namespace festore::inspect {
namespace {

using engine::RootRecord;

constexpr size_t kTableBytesMax = engine::kTableHeaderBytes + limits::kStoresMax * engine::kRootRecordBytes;

// Receives the root table's content and nothing else, up to its largest size.
class TableReceiver final : public ree_fs::ObjectReceiver, private ree_fs::ContentSink {
public:
    TableReceiver() { content_.reserve(kTableBytesMax); }
    TableReceiver(const TableReceiver&) = delete;
    TableReceiver& operator=(const TableReceiver&) = delete;
    ~TableReceiver() override { wipe(content_); }

    ree_fs::ContentSink* begin(const ree_fs::DirEntry& entry) override {
        return entry.owner == kFestoreTa && entry.id == engine::kRootTableId ? this : nullptr;
    }
    void end(const ree_fs::DirEntry&, bool whole) override { whole_ = whole; }
    [[nodiscard]] bool whole() const {
        return whole_ && !too_large_ && engine::places_of_table(content_);
    }
    [[nodiscard]] Bytes places() const { return engine::places_of_table(content_).value_or(Bytes()); }

private:
    void take(Bytes more) override {
        too_large_ = too_large_ || more.size() > kTableBytesMax - content_.size();
        if (!too_large_) content_.insert(content_.end(), more.begin(), more.end());
    }
    std::vector<std::byte> content_;
    bool whole_ = false;
    bool too_large_ = false;
};

bool has_entry(const ree_fs::Inspection& storage) {
    const auto is_table = [](const ree_fs::DirEntry& entry) {
        return entry.owner == kFestoreTa && entry.id == engine::kRootTableId;
    };
    return std::ranges::any_of(storage.files, [&](const auto& file) { return file.entry && is_table(*file.entry); }) ||
           std::ranges::any_of(storage.without_file, is_table);
}

Error no_table(const std::string& directory, const ree_fs::Inspection& storage) {
    const std::string shown = escaped(directory);
    if (!storage.recognised())
        return {ErrorCode::failure, shown + " is not a storage directory of OP-TEE, which --tee-storage needs", 0, 0};
    if (storage.key == ree_fs::KeyState::does_not_fit)
        return {ErrorCode::not_permitted, "this hardware unique key does not open " + shown, 0, 0};
    if (storage.key == ree_fs::KeyState::untested)
        return {ErrorCode::not_permitted, shown + ": dirf.db is not permitted to be read", 0, 0};
    const std::string how = has_entry(storage)  ? "the root records of festore's stores are damaged in "
                            : storage.listed    ? "there are no root records of festore's stores in "
                                                : "the list of objects is damaged in ";
    return {ErrorCode::damaged, how + shown + ": see 'festore inspect " + shown + "'", 0, 0};
}

// One of the two recovery copies, opened.
struct Copy {
    Status opened = fail(Code::item_not_found);
    engine::RecoveryCopy content;
    [[nodiscard]] const RootRecord* record() const { return opened ? &content.record : nullptr; }
    [[nodiscard]] bool is(Code code) const { return !opened && opened.error().code == code; }
    [[nodiscard]] bool blank() const { return is(Code::item_not_found); }  // absent, or zeroes
    // Under the anchor rpmb: sealed with a secret that no copy of the storage has.
    [[nodiscard]] bool needs_rpmb() const { return is(Code::bad_state); }
};

constexpr const char* kNeedsRpmb = "sealed with a secret that only the RPMB of its device has";

class Chooser {
public:
    Chooser(engine::Crypto& crypto, Bytes device_key, const StoreView& view, const StoreViewer& reader)
        : crypto_(crypto), device_key_(device_key), view_(view), reader_(reader) {}

    ChosenRoot run(const RootTableCopy* table) {
        for (uint32_t slot = 0; slot < engine::kRecoverySlots; ++slot) open_copy(slot);
        const bool check_fits = key_check_fits();
        const RootRecord* const live = table == nullptr ? nullptr : live_record(*table);
        chosen_.key_fits = check_fits || live != nullptr || copies_[0].opened || copies_[1].opened;
        if (!chosen_.key_fits) return std::move(chosen_);
        if (live != nullptr) take_live(*live);
        else take_a_copy();
        if (table != nullptr && live == nullptr)
            add(about_root(true, "the TEE's storage has none of this store: it was destroyed, or the two do not belong together"));
        if (chosen_.record) compare_header(check_fits);
        return std::move(chosen_);
    }

private:
    void add(StoreFinding finding) { chosen_.findings.add(std::move(finding)); }

    void open_copy(uint32_t slot) {
        engine::PageBytes page{};
        if (!reader_.read_slot(slot, page)) return;
        copies_[slot].opened = engine::open_recovery_copy(crypto_, device_key_, nullptr, page, copies_[slot].content);
    }

    bool key_check_fits() {
        if (!view_.header) return false;
        const auto value = engine::key_check_value(crypto_, device_key_, view_.header->store_id);
        return value && equal_constant_time(*value, view_.header->key_check);
    }

    // The header is not authenticated, but the sealed copies are, so they come first.
    const RootRecord* live_record(const RootTableCopy& table) {
        for (const Copy& copy : copies_) {
            if (!copy.opened) continue;
            if (const RootRecord* const found = table.records.of_store(copy.record()->store_id)) return found;
        }
        return view_.header ? table.records.of_store(view_.header->store_id) : nullptr;
    }

    void take(const RootRecord& record, RootSource source, uint32_t slot) {
        chosen_.source = source;
        chosen_.slot = slot;
        chosen_.record = record;
        if (auto keys = engine::derive_store_keys(crypto_, device_key_, record)) chosen_.keys = std::move(*keys);
    }

    void take_live(const RootRecord& live) {
        const uint32_t slot = engine::recovery_slot(live.generation);
        take(live, RootSource::tee, slot);
        for (uint32_t other = 0; other < engine::kRecoverySlots; ++other)
            if (other != slot) note_unreadable(other);
        if (live.generation == 0 || !view_.has_pages) return;
        const Copy& copy = copies_[slot];
        const RootRecord* const record = copy.record();
        if (copy.needs_rpmb()) return;
        if (record == nullptr) add(about_copy(true, slot, "does not open, but belongs to the root record in force"));
        else if (record->epoch != live.epoch || record->generation != live.generation ||
                 record->transaction_id != live.transaction_id)
            add(about_copy(true, slot, "of generation " + std::to_string(record->generation) +
                                           ", but the root record in force has " + std::to_string(live.generation)));
    }

    void note_unreadable(uint32_t slot) {
        if (copies_[slot].opened || copies_[slot].blank()) return;
        if (copies_[slot].needs_rpmb()) return add(about_copy(false, slot, kNeedsRpmb));
        add(about_copy(false, slot, "does not open: altered, or a write that a power cut interrupted"));
    }

    // Takes the newest copy whose index is whole. Damage in a newer one may be a change that a power cut interrupted.
    void take_a_copy() {
        std::array<uint32_t, 2> order = {0, 1};
        const auto generation = [&](uint32_t slot) {
            return copies_[slot].opened ? copies_[slot].record()->generation : 0;
        };
        if (generation(1) > generation(0)) order = {1, 0};
        if (!copies_[0].opened && !copies_[1].opened) return no_copy();
        for (const uint32_t slot : order) note_unreadable(slot);
        StoreFindings of_newer;
        for (const uint32_t slot : order) {
            if (!copies_[slot].opened) continue;
            const RootRecord& record = *copies_[slot].record();
            const auto keys = engine::derive_store_keys(crypto_, device_key_, record);
            if (!keys) continue;
            const StoreCheck check = check_store(crypto_, *keys, record, reader_.pages(), nullptr);
            if (check.whole()) {
                chosen_.findings.add_all(of_newer);
                return take(record, RootSource::recovery_copy, slot);
            }
            of_newer.add_all_as_notes(check.findings, "in generation " + std::to_string(record.generation) +
                                                          ", a change that was interrupted, or damage: ");
        }
        const uint32_t newest = copies_[order[0]].opened ? order[0] : order[1];
        take(*copies_[newest].record(), RootSource::recovery_copy, newest);
    }

    void no_copy() {
        // A store is made without pages; they come with its first change.
        if (view_.page_file_bytes == 0) return;
        const bool rpmb_has_it = copies_[0].needs_rpmb() || copies_[1].needs_rpmb();
        for (uint32_t slot = 0; slot < engine::kRecoverySlots; ++slot) {
            const Copy& copy = copies_[slot];
            if (rpmb_has_it) note_unreadable(slot);
            else add(about_copy(true, slot, copy.is(Code::not_supported) ? "of a newer version of festore"
                                            : copy.blank()               ? "empty"
                                                                         : "does not open"));
        }
    }

    void compare_header(bool check_fits) {
        if (!view_.header) return;
        const protocol::StoreHeader& header = *view_.header;
        const RootRecord& record = *chosen_.record;
        const auto differs = [&](const std::string& what) {
            add(about_file(true, std::string(protocol::kHeaderFile), protocol::header_bytes(header),
                           what + " not that of the root record"));
        };
        if (header.login != record.login || header.identity != record.identity) differs("its owner is");
        if (header.anchor != record.anchor) differs("its anchor is");
        if (header.cipher != record.cipher)  // nothing depends on it
            add(about_file(false, std::string(protocol::kHeaderFile), protocol::header_bytes(header),
                           "names another cipher than the root record; it is written anew when the store is next opened"));
        const auto name = engine::store_name_tag(crypto_, device_key_, bytes_of(header.name()));
        if (name && *name != record.name) differs("its name is");
        if (header.store_id != record.store_id) differs("its store id is");
        else if (!check_fits) differs("its key-check value is");
    }

    engine::Crypto& crypto_;
    Bytes device_key_;
    const StoreView& view_;
    const StoreViewer& reader_;
    std::array<Copy, engine::kRecoverySlots> copies_;
    ChosenRoot chosen_;
};

}  // namespace

RootRecords::~RootRecords() {
    for (const auto& record : list_) wipe(record->secret);
}

const RootRecord* RootRecords::of_store(const engine::StoreId& id) const {
    const auto found = std::ranges::find_if(list_, [&](const auto& record) { return record->store_id == id; });
    return found == list_.end() ? nullptr : found->get();
}

Result<RootTableCopy> read_root_table(const std::string& directory, const ree_fs::Huk& huk) {
    const OpenFile folder(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder.valid()) return unexpected(file_error("cannot open " + escaped(directory)));
    TableReceiver receiver;
    const auto storage = ree_fs::inspect_storage(ree_fs::StorageDirectory(folder.get()),
                                                 {&huk, nullptr, {&kFestoreTa, 1}, &receiver});
    if (!storage) return unexpected(file_error("cannot list " + escaped(directory)));
    if (!receiver.whole()) return unexpected(no_table(directory, *storage));
    RootTableCopy table;
    table.storage_damaged = storage->any_damage();
    for (Bytes rest = receiver.places(); !rest.empty(); rest = rest.subspan(engine::kRootRecordBytes)) {
        auto record = engine::decode_root_record(rest.first(engine::kRootRecordBytes));
        if (!record) continue;  // a free place, a tombstone, or a record of a newer version
        table.records.add(*record);
        wipe(record->secret);
    }
    return table;
}

ChosenRoot choose_root(engine::Crypto& crypto, Bytes device_key, const StoreView& view, const StoreViewer& reader,
                       const RootTableCopy* table) {
    return Chooser(crypto, device_key, view, reader).run(table);
}

}  // namespace festore::inspect
