// SPDX-License-Identifier: BSD-2-Clause
#include "inspect/report.h"

#include "base/host/hex.h"
#include "base/host/text.h"
#include "inspect/tree_text.h"

#include <fmt/format.h>
#include <map>

namespace festore::inspect {
namespace {

using ree_fs::FileReport;
using ree_fs::Inspection;
using ree_fs::NameKind;
using ree_fs::Severity;

constexpr size_t kErrorsShownMax = 10;

bool is_storage(const FileReport& file) {
    return file.name.kind == NameKind::directory_file || file.name.kind == NameKind::numbered;
}

std::string file_label(const FileReport& file) {
    return file.name.kind == NameKind::numbered ? "file " + file.name.name : escaped(file.name.name);
}

void add_findings(const ree_fs::Findings& findings, std::vector<TreeText::Branch>& below) {
    for (const ree_fs::Finding& finding : findings.list()) {
        below.push_back({fmt::format("{}: {}: {}", finding.severity == Severity::damage ? "DAMAGED" : "note",
                                     describe(finding.place), finding.text),
                         {}});
    }
    if (findings.dropped() > 0) below.push_back({fmt::format("and {} more", findings.dropped()), {}});
}

// Counters, the live version, sizes: what is known of the file itself.
std::string state_of(const FileReport& file) {
    std::string state = fmt::format("{} bytes on disk", file.name.size);
    const auto& heads = file.view.heads;
    if (heads[0] && heads[1]) state += fmt::format(", commits {} and {}", heads[0]->counter, heads[1]->counter);
    if (file.opened) {
        state += fmt::format(", version {} live, {} node{}, {}", file.opened->version, file.opened->nodes,
                             file.opened->nodes == 1 ? "" : "s", file.opened->verified ? "verified" : "NOT verified");
    } else if (file.view.chosen) {
        state += fmt::format(", version {} live by the counters", *file.view.chosen);
    }
    if (!file.opened && file.scan && file.scan->length) {
        state += fmt::format(", {} node{} whose hashes fit, content {} bytes", file.scan->nodes,
                             file.scan->nodes == 1 ? "" : "s", *file.scan->length);
    }
    return state;
}

TreeText::Branch plain_branch(const FileReport& file) {
    TreeText::Branch branch{file_label(file) + ": ", {}};
    if (!is_storage(file)) {
        branch.line += !file.name.regular ? "not a regular file, not part of the storage"
                       : file.name.kind == NameKind::installed_ta
                           ? fmt::format("a TA in OP-TEE's own store, {} bytes", file.name.size)
                           : "not part of the storage";
        return branch;
    }
    branch.line += state_of(file);
    if (file.former_owner) {
        const std::string name = owner_name(*file.former_owner);
        branch.line +=
            fmt::format(", made by TA {}{}", uuid_text(*file.former_owner), name.empty() ? "" : " (" + name + ")");
        if (file.opened) branch.line += fmt::format(", content {} bytes", file.opened->length);
    }
    add_findings(file.findings, branch.below);
    return branch;
}

TreeText::Branch object_branch(const FileReport& file) {
    TreeText::Branch branch{escaped(file.entry->id) + ": ", {}};
    if (file.object) {
        branch.line += fmt::format("{} bytes, sha256 {}", file.object->data_bytes, hex(file.object->data_hash));
        if (file.object->head && file.object->head->type != ree_fs::kTypeData) {
            branch.line += fmt::format(", a key of type 0x{:08x} with {} bytes of attributes", file.object->head->type,
                                       file.object->head->attributes_bytes);
        }
    } else {
        branch.line += "content not available";
    }
    branch.below.push_back({file_label(file) + ": " + state_of(file), {}});
    add_findings(file.findings, branch.below);
    return branch;
}

std::string key_line(const Inspection& inspection) {
    switch (inspection.key) {
    case ree_fs::KeyState::none: return "no key given: owners, names and contents are not readable";
    case ree_fs::KeyState::does_not_fit: return "the key given does not open this directory";
    case ree_fs::KeyState::untested: return "the key given could not be tried: dirf.db may not be read";
    case ree_fs::KeyState::fits: break;
    }
    for (const FileReport& file : inspection.files) {
        if (!file.opened) continue;
        return fmt::format("the key fits ({} derivation; head rule {}, layout {})", name_of(inspection.derivation),
                           name_of(file.opened->rule),
                           file.opened->layout == ree_fs::HeadLayout::padded ? "padded" : "packed");
    }
    return fmt::format("the key fits ({} derivation)", name_of(inspection.derivation));
}

nlohmann::ordered_json findings_json(const ree_fs::Findings& findings) {
    auto list = nlohmann::ordered_json::array();
    for (const ree_fs::Finding& finding : findings.list()) {
        nlohmann::ordered_json one;
        one["severity"] = finding.severity == Severity::damage ? "damage" : "note";
        one["part"] = name_of(finding.place.part);
        one["number"] = finding.place.number;
        one["version"] = finding.place.version;
        one["offset"] = finding.place.offset;
        one["size"] = finding.place.size;
        one["message"] = finding.text;
        list.push_back(std::move(one));
    }
    return list;
}

nlohmann::ordered_json entry_json(const ree_fs::DirEntry& entry) {
    nlohmann::ordered_json json;
    json["index"] = entry.index;
    json["owner"] = uuid_text(entry.owner);
    if (const std::string name = owner_name(entry.owner); !name.empty()) json["owner_name"] = name;
    json["id"] = escaped(entry.id);
    json["id_hex"] = hex(bytes_of(entry.id));
    json["file_number"] = entry.file_number;
    return json;
}

nlohmann::ordered_json opened_json(const ree_fs::OpenedReport& opened) {
    nlohmann::ordered_json json;
    json["version"] = opened.version;
    json["commits"] = opened.counter;
    json["layout"] = opened.layout == ree_fs::HeadLayout::padded ? "padded" : "packed";
    json["head_rule"] = name_of(opened.rule);
    json["nodes"] = opened.nodes;
    json["content_size"] = opened.length;
    json["verified"] = opened.verified;
    return json;
}

nlohmann::ordered_json object_json(const ree_fs::ObjectReport& object) {
    nlohmann::ordered_json json;
    json["size"] = object.data_bytes;
    json["sha256"] = hex(object.data_hash);
    if (object.head) {
        json["type"] = object.head->type;
        json["usage"] = object.head->usage;
        json["attributes_size"] = object.head->attributes_bytes;
        json["key_bits"] = object.head->object_size;
        json["key_bits_max"] = object.head->object_size_max;
    }
    return json;
}

nlohmann::ordered_json file_json(const FileReport& file) {
    constexpr const char* kKinds[] = {"directory", "numbered", "installed_ta", "foreign"};
    nlohmann::ordered_json json;
    json["name"] = escaped(file.name.name);
    json["kind"] = kKinds[static_cast<size_t>(file.name.kind)];
    json["regular"] = file.name.regular;
    json["size"] = file.name.size;
    if (!is_storage(file)) return json;
    if (file.denied) json["denied"] = true;  // so the nulls below say nothing about the file
    json["commits"] = nlohmann::ordered_json::array();
    for (const auto& head : file.view.heads)
        json["commits"].push_back(head ? nlohmann::ordered_json(head->counter) : nullptr);
    json["live_by_counters"] = file.view.chosen ? nlohmann::ordered_json(*file.view.chosen) : nullptr;
    if (file.scan && !file.opened) {
        json["survey"]["version"] = file.scan->version;
        json["survey"]["nodes"] = file.scan->nodes;
        json["survey"]["content_size"] = file.scan->length ? nlohmann::ordered_json(*file.scan->length) : nullptr;
    }
    if (file.opened) json["opened"] = opened_json(*file.opened);
    if (file.entry) json["entry"] = entry_json(*file.entry);
    if (file.former_owner) json["former_owner"] = uuid_text(*file.former_owner);
    if (file.object) json["object"] = object_json(*file.object);
    json["findings"] = findings_json(file.findings);
    return json;
}

void add_damages(const std::string& label, const ree_fs::Findings& findings, std::vector<Error>& errors) {
    for (const ree_fs::Finding& finding : findings.list()) {
        if (finding.severity != Severity::damage) continue;
        errors.push_back(
            {ErrorCode::damaged, fmt::format("{}: {}: {}", label, describe(finding.place), finding.text), 0, 0});
    }
}

std::string without_file_text(const ree_fs::DirEntry& entry) {
    return fmt::format("object {} of TA {}: its file {} is missing", escaped(entry.id), uuid_text(entry.owner),
                       ree_fs::name_of_file(entry.file_number));
}

}  // namespace

std::string owner_name(const Uuid& owner) {
    if (owner == kFestoreTa) return "festore";
    return owner.is_nil() ? "OP-TEE" : "";
}

std::string inspection_text(const std::string& directory, const Inspection& inspection) {
    TreeText tree(escaped(directory));
    std::map<Uuid, TreeText::Branch> owners;
    TreeText::Branch loose{inspection.listed ? "files without an entry in dirf.db" : "files", {}};
    TreeText::Branch foreign{"other names", {}};
    tree.add({key_line(inspection), {}});
    if (inspection.no_directory_file) tree.add({"DAMAGED: dirf.db is missing", {}});
    for (const FileReport& file : inspection.files) {
        if (file.name.kind == NameKind::directory_file) {
            TreeText::Branch branch = plain_branch(file);
            if (inspection.listed)
                branch.line +=
                    fmt::format(", {} objects, {} free entries", inspection.entries, inspection.free_entries);
            add_findings(inspection.directory_findings, branch.below);
            tree.add(std::move(branch));
        } else if (file.entry) {
            owners[file.entry->owner].below.push_back(object_branch(file));
        } else {
            (is_storage(file) ? loose : foreign).below.push_back(plain_branch(file));
        }
    }
    for (const ree_fs::DirEntry& entry : inspection.without_file) {
        owners[entry.owner].below.push_back({fmt::format("{}: DAMAGED: its file {} is missing", escaped(entry.id),
                                                         ree_fs::name_of_file(entry.file_number)),
                                             {}});
    }
    for (auto& [owner, branch] : owners) {
        const std::string name = owner_name(owner);
        branch.line = "TA " + uuid_text(owner) + (name.empty() ? "" : " (" + name + ")");
        tree.add(std::move(branch));
    }
    if (!loose.below.empty()) tree.add(std::move(loose));
    if (!foreign.below.empty()) tree.add(std::move(foreign));
    return tree.finish();
}

nlohmann::ordered_json inspection_json(const std::string& directory, const Inspection& inspection) {
    constexpr const char* kKeys[] = {"none", "fits", "does_not_fit", "untested"};
    nlohmann::ordered_json json;
    json["directory"] = escaped(directory);
    json["key"] = kKeys[static_cast<size_t>(inspection.key)];
    if (inspection.key == ree_fs::KeyState::fits) json["derivation"] = name_of(inspection.derivation);
    json["damaged"] = inspection.any_damage();
    json["listed"] = inspection.listed;
    if (inspection.listed) {
        json["objects"] = inspection.entries;
        json["free_entries"] = inspection.free_entries;
    }
    json["files"] = nlohmann::ordered_json::array();
    for (const FileReport& file : inspection.files) json["files"].push_back(file_json(file));
    json["without_file"] = nlohmann::ordered_json::array();
    for (const ree_fs::DirEntry& entry : inspection.without_file) json["without_file"].push_back(entry_json(entry));
    json["directory_findings"] = findings_json(inspection.directory_findings);
    return json;
}

std::vector<Error> inspection_errors(const std::string& directory, const Inspection& inspection) {
    std::vector<Error> errors;
    const std::string prefix = escaped(directory) + ": ";
    if (inspection.no_directory_file) errors.push_back({ErrorCode::damaged, prefix + "dirf.db is missing", 0, 0});
    add_damages(prefix + "content of dirf.db", inspection.directory_findings, errors);
    for (const ree_fs::DirEntry& entry : inspection.without_file) {
        errors.push_back({ErrorCode::damaged, prefix + without_file_text(entry), 0, 0});
    }
    for (const FileReport& file : inspection.files) add_damages(prefix + file_label(file), file.findings, errors);
    for (const FileReport& file : inspection.files) {
        if (!file.denied) continue;
        errors.push_back({ErrorCode::not_permitted, prefix + file_label(file) + ": not permitted to be read", 0, 0});
    }
    if (errors.size() > kErrorsShownMax) {
        const size_t more = errors.size() - kErrorsShownMax;
        errors.resize(kErrorsShownMax);
        errors.push_back({errors.front().code, fmt::format("{}and {} more", prefix, more), 0, 0});
    }
    return errors;
}

}  // namespace festore::inspect
