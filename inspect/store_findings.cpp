// SPDX-License-Identifier: BSD-2-Clause
#include "inspect/store_findings.h"

#include "base/host/text.h"
#include "protocol/store_files.h"

namespace festore::inspect {

const char* name_of(StorePart part) {
    switch (part) {
    case StorePart::recovery_copy: return "recovery_copy";
    case StorePart::page: return "page";
    case StorePart::segment: return "segment";
    case StorePart::root_record: return "root_record";
    case StorePart::file: break;
    }
    return "file";
}

std::string place_of(const StoreFinding& finding) {
    if (finding.part == StorePart::root_record) return "root record";
    std::string place = escaped(finding.file);
    const std::string number = std::to_string(finding.number);
    if (finding.part == StorePart::recovery_copy) place += ": recovery copy in page " + number;
    if (finding.part == StorePart::page) place += ": page " + number;
    if (finding.part == StorePart::segment) place += ": segment " + number;
    if (finding.part != StorePart::file)
        place += " (offset " + std::to_string(finding.offset) + ", " + std::to_string(finding.size) + " bytes)";
    if (!finding.object.empty()) place += ", of object " + escaped(finding.object);
    return place;
}

StoreFinding about_file(bool damage, std::string file, uint64_t size, std::string text) {
    return {damage, StorePart::file, std::move(file), 0, 0, size, {}, std::move(text)};
}

StoreFinding about_page(bool damage, uint32_t page, std::string text) {
    return {damage, StorePart::page, std::string(protocol::kPageFile), page, protocol::page_offset(page),
            limits::kPageBytes, {}, std::move(text)};
}

StoreFinding about_copy(bool damage, uint32_t slot, std::string text) {
    StoreFinding finding = about_page(damage, slot, std::move(text));
    finding.part = StorePart::recovery_copy;
    return finding;
}

StoreFinding about_root(bool damage, std::string text) {
    return {damage, StorePart::root_record, {}, 0, 0, 0, {}, std::move(text)};
}

void StoreFindings::add(StoreFinding finding) {
    size_t& count = finding.damage ? damages_ : notes_;
    if (++count > kFindingsMax) {
        ++dropped_;
        return;
    }
    list_.push_back(std::move(finding));
}

void StoreFindings::add_all(const StoreFindings& other) {
    for (const StoreFinding& finding : other.list_) add(finding);
    dropped_ += other.dropped_;
}

void StoreFindings::add_all_as_notes(const StoreFindings& other, const std::string& prefix) {
    for (StoreFinding finding : other.list_) {
        finding.damage = false;
        finding.text = prefix + finding.text;
        add(std::move(finding));
    }
    dropped_ += other.dropped_;
}

}  // namespace festore::inspect
