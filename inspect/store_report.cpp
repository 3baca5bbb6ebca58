// SPDX-License-Identifier: BSD-2-Clause
#include "base/host/hex.h"
#include "inspect/report.h"
#include "inspect/store.h"
#include "base/host/json.h"
#include "base/host/text.h"
#include "inspect/tree_text.h"

#include <fmt/format.h>

namespace festore::inspect {
namespace {

using Branch = TreeText::Branch;
using nlohmann::ordered_json;

constexpr size_t kErrorsShownMax = 10;

std::string login_name(uint32_t login) {
    return login == 1 ? "user" : login == 2 ? "group" : "login " + std::to_string(login);
}
const char* tee_name(protocol::TeeKind tee) { return tee == protocol::TeeKind::simulated ? "sim" : "optee"; }
const char* slot_name(StoreView::Slot slot) {
    constexpr const char* kNames[] = {"absent", "empty", "filled", "garbage"};
    return kNames[static_cast<size_t>(slot)];
}
std::string counted(uint64_t count, const std::string& what) {
    return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

std::string key_state(const StoreInspection& inspection) {
    if (!inspection.key_given) return "none";
    return inspection.root.key_fits ? "fits" : inspection.key_untested() ? "untested" : "does_not_fit";
}

std::string key_line(const StoreInspection& inspection) {
    if (!inspection.key_given) return "no key given: names and contents are not readable";
    if (inspection.key_untested()) return "the key given could not be tried";
    return inspection.root.key_fits ? "the key fits" : "the key given does not open this store";
}

Branch header_branch(const protocol::StoreHeader& header) {
    const std::string name = header.name_bytes == 0 ? "" : fmt::format(" with the name {}", header.name());
    return {fmt::format("store{} of {} {}", name, login_name(header.login), uuid_text(header.identity)),
            {{fmt::format("anchor {}, cipher {}, made by {}", name_of(header.anchor), name_of(header.cipher),
                          header.tee == protocol::TeeKind::simulated ? "the simulated TEE" : "OP-TEE"),
              {}},
             {fmt::format("id {}, key-check value {}", hex(header.store_id), hex(header.key_check)), {}}}};
}

Branch pages_branch(const StoreInspection& inspection) {
    const StoreView& view = inspection.view;
    Branch branch{fmt::format("pages: {} bytes, {}", view.page_file_bytes,
                              counted(view.page_file_bytes / limits::kPageBytes, "page")),
                  {}};
    if (!view.has_pages) branch.line = "pages: not available";
    else if (view.page_file_bytes == 0) branch.line += " (nothing was ever stored)";
    for (size_t slot = 0; slot < view.slots.size() && view.page_file_bytes > 0; ++slot)
        branch.below.push_back({fmt::format("recovery copy in page {}: {}", slot, slot_name(view.slots[slot])), {}});
    if (inspection.check) {
        const StoreCheck& check = *inspection.check;
        branch.below.push_back({fmt::format("{} of the index, {} of the free list, {} listed as free: {}",
                                            counted(check.index_pages, "page"), counted(check.list_pages, "page"),
                                            check.free_numbers, check.whole() ? "all verified" : "NOT verified"),
                                {}});
    }
    return branch;
}

std::string root_line(const ChosenRoot& root) {
    if (root.source == RootSource::none) return "root record: not available";
    const engine::RootRecord& record = *root.record;
    std::string line = fmt::format("root record: generation {}, epoch {:016x}, height {}, ", record.generation,
                                   record.epoch, record.height);
    line += root.source == RootSource::tee
                ? "the one in force, from the TEE's storage"
                : fmt::format("from the recovery copy in page {}: no proof that it is the newest", root.slot);
    if (record.freshness_lost_count > 0)
        line += fmt::format("; freshness given up {} time{} by repair, last at generation {}, {}", record.freshness_lost_count,
                            record.freshness_lost_count == 1 ? "" : "s", record.freshness_lost_generation,
                            (record.flags & engine::kRootFreshnessLost) != 0 ? "not acknowledged" : "acknowledged");
    if ((record.flags & engine::kRootTwoCiphers) != 0)
        line += fmt::format("; contents of another cipher than {} may be left: 'festore rebuild --cipher {}' goes on",
                            name_of(record.cipher), name_of(record.cipher));
    return line;
}

Branch object_branch(const StoreObject& object, engine::Cipher of_store) {
    Branch branch{fmt::format("{}: {} bytes, version {}, {}", escaped(object.name), object.size, object.version,
                              time_text(object.modified)),
                  {}};
    if (object.kept) branch.line += ", write-once and kept";
    else if (object.write_once) branch.line += ", write-once";
    branch.line += object.whole ? ", sha256 " + hex(object.sha256) : ", content not available";
    std::string payload = "payload " + object.payload;
    if (object.cipher != of_store) payload += fmt::format(", sealed with {}", name_of(object.cipher));
    if (!object.payload.empty()) branch.below.push_back({payload, {}});
    return branch;
}

Branch payloads_branch(const StoreInspection& inspection) {
    uint64_t bytes = 0;
    Branch branch;
    for (const auto& [name, size] : inspection.view.payloads) {
        bytes += size;
        // With the key they are shown with their objects.
        if (!inspection.check) branch.below.push_back({fmt::format("{}: {} bytes", name, size), {}});
    }
    branch.line = fmt::format("payloads: {}, {} bytes", counted(inspection.view.payloads.size(), "file"), bytes);
    return branch;
}

ordered_json header_json(const protocol::StoreHeader& header) {
    ordered_json json;
    json["login"] = login_name(header.login);
    json["identity"] = uuid_text(header.identity);
    json["anchor"] = name_of(header.anchor);
    json["cipher"] = name_of(header.cipher);
    json["tee"] = tee_name(header.tee);
    json["name"] = shown_store_name(header.name());
    json["store_id"] = hex(header.store_id);
    json["key_check"] = hex(header.key_check);
    return json;
}

ordered_json root_json(const ChosenRoot& root) {
    const engine::RootRecord& record = *root.record;
    ordered_json json;
    json["source"] = root.source == RootSource::tee ? "tee" : "recovery_copy";
    if (root.source == RootSource::recovery_copy) json["page"] = root.slot;
    json["fresh"] = root.source == RootSource::tee ? ordered_json(true) : ordered_json(nullptr);
    json["login"] = login_name(record.login);
    json["identity"] = uuid_text(record.identity);
    json["store_id"] = hex(record.store_id);
    json["cipher"] = name_of(record.cipher);
    json["has_other_cipher"] = (record.flags & engine::kRootTwoCiphers) != 0;
    json["epoch"] = fmt::format("{:016x}", record.epoch);
    json["generation"] = record.generation;
    json["height"] = record.height;
    json["page_count"] = record.page_count;
    json["pages_sealed"] = record.pages_sealed;
    json["objects"] = record.objects;
    json["content_bytes"] = record.content_bytes;
    json["created"] = time_json(record.created);
    json["freshness_lost"] = (record.flags & engine::kRootFreshnessLost) != 0;
    json["freshness_lost_count"] = record.freshness_lost_count;
    json["freshness_lost_generation"] = record.freshness_lost_generation;
    return json;
}

ordered_json object_json(const StoreObject& object) {
    ordered_json json;
    set_name(json, object.name);
    json["size"] = object.size;
    json["version"] = object.version;
    json["created"] = time_json(object.created);
    json["modified"] = time_json(object.modified);
    json["write_once"] = object.write_once;
    json["kept"] = object.kept;
    json["cipher"] = name_of(object.cipher);
    json["payload"] = object.payload.empty() ? ordered_json(nullptr) : ordered_json(object.payload);
    json["verified"] = object.whole;
    if (object.whole) json["sha256"] = hex(object.sha256);
    if (!object.extracted_to.empty()) json["extracted"] = escaped(object.extracted_to);
    return json;
}

ordered_json finding_json(const StoreFinding& finding) {
    ordered_json json;
    json["severity"] = finding.damage ? "damage" : "note";
    json["part"] = name_of(finding.part);
    json["file"] = finding.file.empty() ? ordered_json(nullptr) : ordered_json(escaped(finding.file));
    const bool numbered = finding.part != StorePart::file && finding.part != StorePart::root_record;
    if (numbered) json["number"] = finding.number;
    json["offset"] = finding.offset;
    json["size"] = finding.size;
    if (!finding.object.empty()) json["object"] = escaped(finding.object);
    json["message"] = finding.text;
    return json;
}

ordered_json pages_json(const StoreInspection& inspection) {
    ordered_json json;
    json["size"] = inspection.view.page_file_bytes;
    json["recovery_copies"] = ordered_json::array();
    for (const StoreView::Slot slot : inspection.view.slots) json["recovery_copies"].push_back(slot_name(slot));
    if (!inspection.check) return json;
    json["index"] = inspection.check->index_pages;
    json["free_list"] = inspection.check->list_pages;
    json["free"] = inspection.check->free_numbers;
    json["not_in_use"] = ordered_json::array();
    for (const auto& [first, last] : inspection.check->not_in_use) json["not_in_use"].push_back({first, last});
    return json;
}

void shorten(std::vector<Error>& errors, const std::string& prefix) {
    if (errors.size() <= kErrorsShownMax) return;
    const size_t more = errors.size() - kErrorsShownMax;
    errors.resize(kErrorsShownMax);
    errors.push_back({errors.front().code, fmt::format("{}and {} more", prefix, more), 0, 0});
}

}  // namespace

std::string store_text(const std::string& directory, const StoreInspection& inspection) {
    TreeText tree(escaped(directory));
    if (inspection.view.header) tree.add(header_branch(*inspection.view.header));
    tree.add({key_line(inspection), {}});
    if (inspection.root.key_fits) tree.add({root_line(inspection.root), {}});
    tree.add(pages_branch(inspection));
    tree.add(payloads_branch(inspection));
    if (inspection.check) {
        Branch objects{fmt::format("{}, {} bytes", counted(inspection.check->objects, "object"),
                                   inspection.check->content_bytes),
                       {}};
        for (const StoreObject& object : inspection.objects) objects.below.push_back(object_branch(object, inspection.root.record->cipher));
        tree.add(std::move(objects));
    }
    Branch strangers{"other names", {}};
    for (const std::string& name : inspection.view.strangers)
        strangers.below.push_back({escaped(name) + ": not part of the store", {}});
    if (!strangers.below.empty()) tree.add(std::move(strangers));
    for (const StoreFinding* finding : inspection.findings())
        tree.add({fmt::format("{}: {}: {}", finding->damage ? "DAMAGED" : "note", place_of(*finding), finding->text), {}});
    if (inspection.dropped() > 0) tree.add({fmt::format("and {} more", inspection.dropped()), {}});
    return tree.finish();
}

ordered_json store_json(const std::string& directory, const StoreInspection& inspection) {
    ordered_json json;
    json["directory"] = escaped(directory);
    json["kind"] = "store";
    json["key"] = key_state(inspection);
    json["damaged"] = inspection.any_damage();
    json["header"] = inspection.view.header ? header_json(*inspection.view.header) : ordered_json(nullptr);
    json["pages"] = pages_json(inspection);
    json["payloads"] = ordered_json::array();
    for (const auto& [name, size] : inspection.view.payloads)
        json["payloads"].push_back({{"name", name}, {"size", size}});
    json["other_names"] = ordered_json::array();
    for (const std::string& name : inspection.view.strangers) json["other_names"].push_back(escaped(name));
    if (inspection.root.record) json["root_record"] = root_json(inspection.root);
    if (inspection.check) {
        json["objects"] = ordered_json::array();
        for (const StoreObject& object : inspection.objects) json["objects"].push_back(object_json(object));
    }
    json["findings"] = ordered_json::array();
    for (const StoreFinding* finding : inspection.findings()) json["findings"].push_back(finding_json(*finding));
    return json;
}

std::vector<Error> store_errors(const InspectRequest& request, const StoreInspection& inspection) {
    std::vector<Error> errors;
    const std::string prefix = escaped(request.directory) + ": ";
    for (const StoreFinding* finding : inspection.findings())
        if (finding->damage) errors.push_back({ErrorCode::damaged, prefix + place_of(*finding) + ": " + finding->text, 0, 0});
    if (inspection.storage_damaged) {
        const std::string storage = escaped(request.tee_storage);
        errors.push_back({ErrorCode::damaged, storage + " is damaged too: see 'festore inspect " + storage + "'", 0, 0});
    }
    for (const std::string& file : inspection.denied)
        errors.push_back({ErrorCode::not_permitted, prefix + escaped(file) + ": not permitted to be read", 0, 0});
    if (key_state(inspection) == "does_not_fit") errors.push_back(wrong_key(request.directory));
    shorten(errors, prefix);
    return errors;
}

}  // namespace festore::inspect
