// SPDX-License-Identifier: BSD-2-Clause
// Reads the objects of a store, one by one as its index is read: verifies and hashes their contents, and writes them out on
// request.
#pragma once
#include "inspect/extract.h"
#include "inspect/store_view.h"
#include "inspect/store_check.h"
#include "ree_fs/crypto.h"

#include <set>

namespace festore::inspect {

struct StoreObject {
    std::string name;
    uint64_t version = 0;
    int64_t created = 0;
    int64_t modified = 0;
    uint64_t size = 0;
    bool write_once = false;
    bool kept = false;
    engine::Cipher cipher = engine::Cipher::aes_256_gcm;  // of the content, or of the page that has it
    std::string payload;  // the name of its file; "" if the index has the content
    bool whole = false;   // all of it verified
    ree_fs::Hash sha256{};      // when whole
    std::string extracted_to;   // "" if it was not
};

class ObjectReader final : public EntrySink {
public:
    // `extractor` may be null. All must outlive this.
    ObjectReader(engine::Crypto& crypto, const engine::RootRecord& root, const StoreView& view, const StoreViewer& reader,
                 Extractor* extractor)
        : crypto_(crypto), root_(root), view_(view), reader_(reader), extractor_(extractor) {}

    void take(Bytes name, const engine::Entry& entry) override;
    // After the last object: notes payloads that belong to no object.
    void find_strangers();

    [[nodiscard]] std::vector<StoreObject>& objects() { return objects_; }
    [[nodiscard]] const StoreFindings& findings() const { return findings_; }
    [[nodiscard]] const std::vector<std::string>& denied() const { return denied_; }

private:
    bool read_payload(StoreObject& object, const engine::Entry& entry);
    bool read_segments(StoreObject& object, const engine::Entry& entry, ree_fs::FileSource& file);
    void content(Bytes plain);
    void damage(const StoreObject& object, StorePart part, uint32_t number, uint64_t offset, uint64_t size, std::string text);

    engine::Crypto& crypto_;
    const engine::RootRecord& root_;
    const StoreView& view_;
    const StoreViewer& reader_;
    Extractor* extractor_;
    ree_fs::ContentSink* out_ = nullptr;  // of the current object
    ree_fs::Sha256 sha_;
    std::vector<StoreObject> objects_;
    std::set<std::string> used_payloads_;
    StoreFindings findings_;
    std::vector<std::string> denied_;
};

}  // namespace festore::inspect
