// SPDX-License-Identifier: BSD-2-Clause
#include "ree_fs/reader.h"

#include "ree_fs/limits.h"

namespace festore::ree_fs {

std::optional<uint8_t> choose_by_counters(uint32_t counter0, uint32_t counter1) {
    const bool fits0 = counter0 % 2 == 0;
    const bool fits1 = counter1 % 2 == 1;
    if (fits0 && fits1) return counter0 > counter1 ? uint8_t{0} : uint8_t{1};
    if (fits0) return uint8_t{0};
    if (fits1) return uint8_t{1};
    return std::nullopt;
}

std::optional<Head> read_head(FileSource& file, HeadLayout layout, uint8_t version) {
    std::array<std::byte, head_bytes(HeadLayout::padded)> image{};
    const MutableBytes used = MutableBytes(image).first(head_bytes(layout));
    if (!file.read(head_offset(layout, version), used)) return std::nullopt;
    return decode_head(used, layout);
}

std::optional<Node> read_node(FileSource& file, uint32_t id, uint8_t version) {
    std::array<std::byte, kNodeBytes> image{};
    if (id == 0 || !file.read(node_offset(id, version), image)) return std::nullopt;
    return decode_node(image);
}

FileView view_file(FileSource& file, HeadLayout layout) {
    FileView view;
    view.size = file.size();
    view.layout = layout;
    for (uint8_t version = 0; version < 2; ++version) {
        view.heads[version] = read_head(file, layout, version);
        view.roots[version] = read_node(file, 1, version);
    }
    if (view.heads[0] && view.heads[1])
        view.chosen = choose_by_counters(view.heads[0]->counter, view.heads[1]->counter);
    return view;
}

HeadLayout likely_layout(FileSource& file) {
    // With the right layout the two heads hold the same sealed file key (unless version 0 is blank), and counters of
    // two successive commits. If one of these is damaged, the other still decides.
    const auto score = [&file](HeadLayout layout) {
        const std::optional<Head> head0 = read_head(file, layout, 0);
        const std::optional<Head> head1 = read_head(file, layout, 1);
        if (!head0 || !head1) return 0;
        const bool same_key = head0->is_blank() ? !head1->is_blank() : head0->sealed_fek == head1->sealed_fek;
        const bool neighbours =
            head0->counter % 2 == 0 && (head0->counter + 1 == head1->counter || head0->counter - 1 == head1->counter);
        return (same_key ? 1 : 0) + (neighbours ? 1 : 0);
    };
    return score(HeadLayout::packed) > score(HeadLayout::padded) ? HeadLayout::packed : HeadLayout::padded;
}

uint32_t nodes_that_fit(uint64_t file_size) {
    uint32_t low = 0;
    uint32_t high = kNodesMax;
    while (low < high) {
        const uint32_t middle = low + (high - low + 1) / 2;
        if (node_offset(middle, 0) + kNodeBytes <= file_size) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    return low;
}

}  // namespace festore::ree_fs
