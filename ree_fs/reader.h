// SPDX-License-Identifier: BSD-2-Clause
// One storage file, read without keys: both heads, both root nodes, and which of the two OP-TEE takes.
// Never fails: missing parts are absent from the view.
#pragma once
#include "ree_fs/finding.h"
#include "ree_fs/layout.h"
#include "ree_fs/source.h"

#include <array>
#include <optional>

namespace festore::ree_fs {

struct FileView {
    uint64_t size = 0;
    HeadLayout layout = HeadLayout::padded;
    std::array<std::optional<Head>, 2> heads;
    std::array<std::optional<Node>, 2> roots;  // node 1
    // The version that the counters choose, by OP-TEE's rule. Nothing: a head is missing, or OP-TEE refuses the counters.
    // For dirf.db OP-TEE takes this version; for the other files dirf.db's root hash decides, and the counters only show
    // which version is likely.
    std::optional<uint8_t> chosen;
};

FileView view_file(FileSource& file, HeadLayout layout);
// The layout whose heads look more consistent, for use without keys. `padded` when in doubt.
HeadLayout likely_layout(FileSource& file);
// OP-TEE's rule: version 0 needs an even counter, version 1 an odd one; if both fit, the higher counter decides.
std::optional<uint8_t> choose_by_counters(uint32_t counter0, uint32_t counter1);

std::optional<Head> read_head(FileSource& file, HeadLayout layout, uint8_t version);
std::optional<Node> read_node(FileSource& file, uint32_t id, uint8_t version);
// How many nodes a file of this size has room for (both versions, or only version 0 of the last).
uint32_t nodes_that_fit(uint64_t file_size);

}  // namespace festore::ree_fs
