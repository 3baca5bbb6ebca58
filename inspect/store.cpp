// SPDX-License-Identifier: BSD-2-Clause
#include "inspect/store.h"

#include "inspect/report.h"
#include "inspect/openssl_crypto.h"
#include "base/host/text.h"

namespace festore::inspect {
namespace {

InspectAnswer refused(Error error) { return {{}, nlohmann::ordered_json::object(), {std::move(error)}}; }

// True if the root record is in RPMB, and so in no file.
bool anchored_elsewhere(const StoreView& view) {
    return view.header && view.header->anchor == engine::Anchor::rpmb;
}

void look_inside(StoreInspection& inspection, const StoreViewer& reader, const ree_fs::Huk& huk,
                 const RootTableCopy* table, Extractor* extractor) {
    OpenSslCrypto crypto;
    const auto device_key = ree_fs::derive_ta_unique_key(huk, kFestoreTa, bytes_of(engine::kDeviceKeyLabel));
    inspection.root = choose_root(crypto, device_key.expose(), inspection.view, reader, table);
    if (!inspection.root.record || !inspection.view.has_pages) return;
    const engine::RootRecord& record = *inspection.root.record;
    ObjectReader objects(crypto, record, inspection.view, reader, extractor);
    inspection.check = check_store(crypto, inspection.root.keys, record, reader.pages(), &objects);
    // If a part of the index is missing, it is not known which payloads belong to it.
    if (inspection.check->whole()) objects.find_strangers();
    inspection.objects = std::move(objects.objects());
    inspection.object_findings = objects.findings();
    inspection.denied.insert(inspection.denied.end(), objects.denied().begin(), objects.denied().end());
}

}  // namespace

bool StoreInspection::any_damage() const {
    return view.findings.any_damage() || root.findings.any_damage() || (check && check->findings.any_damage()) ||
           object_findings.any_damage();
}

std::vector<const StoreFinding*> StoreInspection::findings() const {
    std::vector<const StoreFinding*> all;
    const auto add = [&](const StoreFindings& some) {
        for (const StoreFinding& finding : some.list()) all.push_back(&finding);
    };
    add(view.findings);
    add(root.findings);
    if (check) add(check->findings);
    add(object_findings);
    return all;
}

size_t StoreInspection::dropped() const {
    return view.findings.dropped() + root.findings.dropped() + (check ? check->findings.dropped() : 0) +
           object_findings.dropped();
}

InspectAnswer inspect_store(const InspectRequest& request, int directory, const ree_fs::Huk* huk, Extractor* extractor) {
    StoreViewer reader(directory);
    StoreInspection inspection;
    Result<StoreView> view = reader.look(request.directory);
    if (!view) return refused(view.error());
    inspection.view = std::move(*view);
    inspection.denied = inspection.view.denied;
    inspection.key_given = huk != nullptr;
    if (inspection.view.newer)
        return refused({ErrorCode::failure, escaped(request.directory) + " is of a newer version of festore", 0, 0});
    std::optional<RootTableCopy> table;
    if (huk != nullptr && !request.tee_storage.empty()) {
        if (anchored_elsewhere(inspection.view))
            return refused({ErrorCode::usage,
                            "the root record of " + escaped(request.directory) +
                                " is in RPMB, so in no storage directory: leave out --tee-storage",
                            0, 0});
        Result<RootTableCopy> read = read_root_table(request.tee_storage, *huk);
        if (!read) return refused(read.error());
        table.emplace(std::move(*read));
        inspection.storage_damaged = table->storage_damaged;
    }
    if (huk != nullptr) look_inside(inspection, reader, *huk, table ? &*table : nullptr, extractor);
    return {store_text(request.directory, inspection), store_json(request.directory, inspection),
            store_errors(request, inspection)};
}

}  // namespace festore::inspect
