// SPDX-License-Identifier: BSD-2-Clause
// What a power cut leaves, and the snapshots of the disk that a test takes and restores.
#include "tests/store/harness/simulated_files.h"

#include <algorithm>
#include <string>

namespace festore::store_test {
namespace {

std::string folder_of(const std::string& path) {
    const size_t slash = path.find_last_of('/');
    return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

void SimulatedFiles::end_program() {
    handles_.clear();
    off_ = false;
}

void SimulatedFiles::cut_power(std::mt19937_64& random) {
    end_program();
    // A change may be durable without the one before it: file systems order them, but do not promise it.
    for (const Change& change : unsynced_)
        if (random() % 2 == 0) apply(change, durable_);
    unsynced_.clear();
    std::erase_if(durable_, [&](const auto& named) { return named.first != "/" && !durable_.contains(folder_of(named.first)); });
    for (const auto& [name, node] : durable_) {
        settle(*node, random);
        node->content = node->durable;
        node->held = node->content.size();
    }
    names_ = durable_;
}

SimulatedFiles::Snapshot SimulatedFiles::snapshot() const {
    Snapshot taken;
    for (const auto& [name, node] : names_) {
        if (node->is_folder) taken.folders.insert(name);
        else taken.files[name] = node->content;
    }
    return taken;
}

void SimulatedFiles::restore(const Snapshot& snapshot) {
    end_program();
    unsynced_.clear();
    names_.clear();
    for (const std::string& folder : snapshot.folders) names_[folder] = make_node(true);
    for (const auto& [name, content] : snapshot.files) {
        const NodePointer node = names_[name] = make_node(false);
        node->content = node->durable = content;
        node->held = content.size();
    }
    durable_ = names_;
}

}  // namespace festore::store_test
