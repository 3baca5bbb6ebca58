// SPDX-License-Identifier: BSD-2-Clause
#include "ree_fs/finding.h"

#include "ree_fs/limits.h"

#include <algorithm>
#include <limits>

namespace festore::ree_fs {

const char* name_of(Part part) {
    switch (part) {
    case Part::file: return "file";
    case Part::head: return "head";
    case Part::node: return "node";
    case Part::block: return "block";
    case Part::entry: return "entry";
    }
    return "?";
}

void Findings::add(Finding finding) {
    if (finding.severity == Severity::damage) ++damages_;
    if (list_.size() < std::min(kept_max_, kFindingsPerFileMax)) {
        list_.push_back(std::move(finding));
    } else {
        ++dropped_;
    }
}

void Findings::add_all(const Findings& other) {
    for (const Finding& finding : other.list_) add(finding);
    dropped_ += other.dropped_;
}

void Findings::add_all_as_notes(const Findings& other) {
    for (const Finding& finding : other.list_) note(finding.place, finding.text);
    dropped_ += other.dropped_;
}

Place whole_file(uint64_t size) { return {.part = Part::file, .number = 0, .version = 0, .offset = 0, .size = size}; }
Place place_of_head(HeadLayout layout, uint8_t version) {
    return {Part::head, 0, version, head_offset(layout, version), head_bytes(layout)};
}
Place place_of_counter(HeadLayout layout, uint8_t version) {
    return {Part::head, 0, version, head_offset(layout, version) + head_counter_offset(layout), 4};
}
Place place_of_node(uint32_t id, uint8_t version) {
    return {Part::node, id, version, node_offset(id, version), kNodeBytes};
}
Place place_of_node_hash(uint32_t id, uint8_t version) {
    return {Part::node, id, version, node_offset(id, version), kHashBytes};
}
Place place_of_node_fields(uint32_t id, uint8_t version) {
    return {Part::node, id, version, node_offset(id, version) + kHashBytes, kNodeFieldsBytes};
}
Place place_of_block(uint32_t block, uint8_t version) {
    return {Part::block, block, version, block_offset(block, version), kBlockBytes};
}

std::optional<Place> structure_at(uint64_t offset, HeadLayout layout) {
    const uint64_t physical = offset / kBlockBytes;
    const uint64_t within = offset % kBlockBytes;
    // Physical blocks 1, 63, 125, … hold nodes.
    constexpr uint64_t kGroup = uint64_t{2} * kNodePairsPerBlock;
    if (physical / kGroup >= std::numeric_limits<uint32_t>::max() / kNodePairsPerBlock) return std::nullopt;
    if (physical == 0) {
        const uint64_t version = within / head_bytes(layout);
        if (version > 1) return std::nullopt;
        return place_of_head(layout, static_cast<uint8_t>(version));
    }
    const uint64_t group = (physical - 1) / kGroup;
    if ((physical - 1) % kGroup == 0) {
        const uint64_t image = within / kNodeBytes;
        if (image >= kGroup) return std::nullopt;
        return place_of_node(static_cast<uint32_t>(group * kNodePairsPerBlock + image / 2 + 1),
                             static_cast<uint8_t>(image % 2));
    }
    const uint64_t index = physical - 2 - group;  // one node block before it in its own group and in each earlier one
    return place_of_block(static_cast<uint32_t>(index / 2), static_cast<uint8_t>(index % 2));
}

std::string describe(const Place& place) {
    const std::string bytes = "offset " + std::to_string(place.offset) + ", " + std::to_string(place.size) + " bytes";
    switch (place.part) {
    case Part::file: return "the file";
    case Part::head: return "head version " + std::to_string(place.version) + " (" + bytes + ")";
    case Part::entry: return "entry " + std::to_string(place.number) + " (" + bytes + " of the content)";
    case Part::node:
    case Part::block:
        return std::string(name_of(place.part)) + " " + std::to_string(place.number) + " version " +
               std::to_string(place.version) + " (" + bytes + ")";
    }
    return {};
}

}  // namespace festore::ree_fs
