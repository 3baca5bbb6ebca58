// SPDX-License-Identifier: BSD-2-Clause
// What the reader and the verifier report about a place in a storage file. Plain data, without keys and without content.
#pragma once
#include "ree_fs/layout.h"

#include <string>
#include <vector>

namespace festore::ree_fs {

enum class Severity : uint8_t {
    note,    // odd, or left behind by an interrupted change; OP-TEE still serves every object
    damage,  // OP-TEE refuses, deletes or misreads something here
};

enum class Part : uint8_t { file, head, node, block, entry };
const char* name_of(Part part);

// `offset` and `size` give the faulty bytes in the file (for Part::entry: in the opened content of dirf.db).
struct Place {
    Part part = Part::file;
    uint32_t number = 0;  // node id from 1, block from 0, entry of dirf.db from 0
    uint8_t version = 0;  // heads, nodes and blocks: 0 or 1
    uint64_t offset = 0;
    uint64_t size = 0;

    [[nodiscard]] bool contains(uint64_t at) const { return at >= offset && at - offset < size; }
};

struct Finding {
    Severity severity = Severity::damage;
    Place place;
    std::string text;  // a part of a sentence, for people to read, without the place
};

// Findings of one file; at most kFindingsPerFileMax are kept.
class Findings {
public:
    void damage(const Place& place, std::string text) { add({Severity::damage, place, std::move(text)}); }
    void note(const Place& place, std::string text) { add({Severity::note, place, std::move(text)}); }
    void add(Finding finding);
    void add_all(const Findings& other);
    // Adds all of them as notes: what looks like damage may be in a version that is not in force.
    void add_all_as_notes(const Findings& other);
    // Keeps `count` findings, kFindingsPerFileMax at most.
    void keep_at_most(size_t count) { kept_max_ = count; }

    [[nodiscard]] const std::vector<Finding>& list() const { return list_; }
    [[nodiscard]] bool any_damage() const { return damages_ != 0; }
    [[nodiscard]] size_t dropped() const { return dropped_; }

private:
    std::vector<Finding> list_;
    size_t kept_max_ = SIZE_MAX;
    size_t damages_ = 0;
    size_t dropped_ = 0;
};

Place whole_file(uint64_t size);
Place place_of_head(HeadLayout layout, uint8_t version);
Place place_of_counter(HeadLayout layout, uint8_t version);
Place place_of_node(uint32_t id, uint8_t version);
Place place_of_node_hash(uint32_t id, uint8_t version);
Place place_of_node_fields(uint32_t id, uint8_t version);
Place place_of_block(uint32_t block, uint8_t version);
// The structure that the byte at `offset` of a storage file belongs to; nothing for the unused bytes between structures.
std::optional<Place> structure_at(uint64_t offset, HeadLayout layout);
// "node 3 version 1 (offset 4360, 66 bytes)"
std::string describe(const Place& place);

}  // namespace festore::ree_fs
