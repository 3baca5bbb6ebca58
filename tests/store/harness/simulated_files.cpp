// SPDX-License-Identifier: BSD-2-Clause
#include "tests/store/harness/simulated_files.h"

#include <algorithm>
#include <cerrno>

namespace festore::store_test {
namespace {

constexpr size_t kSector = 512;

std::string folder_of(const std::string& path) {
    const size_t slash = path.find_last_of('/');
    return slash == 0 ? "/" : path.substr(0, slash);
}

void put_at(Content& content, uint64_t offset, Bytes bytes) {
    content.resize(std::max<size_t>(content.size(), offset + bytes.size()));
    copy_bytes(bytes, MutableBytes(content).subspan(offset));
}

}  // namespace

SimulatedFiles::NodePointer SimulatedFiles::make_node(bool is_folder) const {
    auto node = std::make_shared<Node>();
    node->is_folder = is_folder;
    node->number = next_number_++;
    return node;
}

// Begins every operation: events and lost power.
int SimulatedFiles::begin(bool event) {
    if (event && on_event && !off_) on_event();
    return off_ ? EIO : 0;
}

bool SimulatedFiles::fails_now() { return fail_at_ != 0 && --fail_at_ == 0; }

int SimulatedFiles::check_folder_of(const std::string& path) const {
    const auto found = names_.find(folder_of(path));
    if (found == names_.end()) return ENOENT;
    return found->second->is_folder ? 0 : ENOTDIR;
}

int SimulatedFiles::find(const std::string& path, NodePointer& node) const {
    const auto found = names_.find(path);
    if (found == names_.end()) {
        const int fault = path == "/" ? 0 : check_folder_of(path);
        return fault != 0 ? fault : ENOENT;
    }
    node = found->second;
    return 0;
}

int SimulatedFiles::path_in(Handle folder, const std::string& name, std::string& path) {
    const Opened* const above = opened(folder);
    if (above == nullptr) return off_ ? EIO : EBADF;
    if (!above->node->is_folder) return ENOTDIR;
    const auto named = names_.find(above->path);
    path = above->path == "/" ? "/" + name : above->path + "/" + name;
    return named != names_.end() && named->second == above->node ? 0 : ENOENT;
}

SimulatedFiles::Information SimulatedFiles::information_of(const Node& node) const {
    const auto names = std::count_if(names_.begin(), names_.end(), [&](const auto& named) { return named.second.get() == &node; });
    return {node.is_folder ? Information::Kind::folder : Information::Kind::file, node.content.size(), 1, node.number,
            static_cast<uint64_t>(names), 1, node.held};
}

SimulatedFiles::Opened* SimulatedFiles::opened(Handle handle) {
    const auto found = handles_.find(handle);
    return found == handles_.end() ? nullptr : &found->second;
}

void SimulatedFiles::apply(const Change& change, Names& names) {
    if (!change.removed.empty()) names.erase(change.removed);
    if (!change.added.empty()) names[change.added] = change.node;
}

void SimulatedFiles::change_name(Change change) {
    apply(change, names_);
    unsynced_.push_back(std::move(change));
}

int SimulatedFiles::open_folder_at(const std::string& path, Handle& folder) {
    folder = kNoHandle;
    NodePointer node;
    if (const int fault = find(path, node); fault != 0) return fault;
    if (!node->is_folder) return ENOTDIR;
    folder = next_handle_++;
    handles_[folder] = {node, path, false, false, false};
    return 0;
}

int SimulatedFiles::open_folder(const std::string& path, Handle& folder) {
    if (const int fault = begin(false); fault != 0) return fault;
    if (fails_now()) return fail_with_;
    return open_folder_at(path, folder);
}

int SimulatedFiles::open_folder(Handle above, const std::string& name, Handle& folder) {
    if (const int fault = begin(false); fault != 0) return fault;
    if (fails_now()) return fail_with_;
    std::string path;
    if (const int fault = path_in(above, name, path); fault != 0) return fault;
    return open_folder_at(name == "." ? opened(above)->path : path, folder);
}

int SimulatedFiles::open(Handle folder, const std::string& name, Open how, unsigned, Handle& handle) {
    handle = kNoHandle;
    NodePointer node;
    std::string path;
    int fault = path_in(folder, name, path);
    const bool may_make = how == Open::create || how == Open::create_new;
    if (const int off = begin(fault == 0 && may_make && !names_.contains(path)); off != 0) return off;
    if (fails_now()) return fail_with_;
    if (fault == 0) fault = find(path, node);
    if (fault == 0 && how == Open::create_new) return EEXIST;
    if (fault == ENOENT && may_make && path_in(folder, name, path) == 0) {
        node = make_node(false);
        change_name({folder_of(path), "", path, node});
        fault = 0;
    }
    if (fault != 0) return fault;
    if (node->is_folder) return EISDIR;
    handle = next_handle_++;
    handles_[handle] = {node, path, how != Open::read, false, false};
    return 0;
}

int SimulatedFiles::information(Handle folder, const std::string& name, Information& information) {
    if (const int fault = begin(false); fault != 0) return fault;
    if (fails_now()) return fail_with_;
    NodePointer node;
    std::string path;
    int fault = path_in(folder, name, path);
    if (fault == 0) fault = find(path, node);
    if (fault != 0) return fault;
    information = information_of(*node);
    return 0;
}

int SimulatedFiles::information(Handle handle, Information& information) {
    if (const int fault = begin(false); fault != 0) return fault;
    if (fails_now()) return fail_with_;
    const Opened* const file = opened(handle);
    if (file == nullptr) return EBADF;
    information = information_of(*file->node);
    return 0;
}

int SimulatedFiles::read(Handle handle, uint64_t offset, MutableBytes out, size_t& count) {
    count = 0;
    if (const int fault = begin(false); fault != 0) return fault;
    if (fails_now()) return fail_with_;
    const Opened* const file = opened(handle);
    if (file == nullptr) return EBADF;
    const Content& content = file->node->content;
    if (offset >= content.size()) return 0;
    count = std::min<size_t>(out.size(), content.size() - offset);
    copy_bytes(Bytes(content).subspan(offset, count), out);
    return 0;
}

int SimulatedFiles::write(Handle handle, uint64_t offset, Bytes bytes) {
    if (const int fault = begin(true); fault != 0) return fault;
    Opened* const file = opened(handle);
    if (file == nullptr || !file->writable) return EBADF;
    if (offset > kFileBytesMax - bytes.size()) return EFBIG;
    const bool fails = fails_now();
    if (fails) bytes = bytes.first(bytes.size() / 2);
    if (const int fault = hold(*file->node, offset + bytes.size()); fault != 0) return fault;
    put_at(file->node->content, offset, bytes);
    file->node->unsynced.push_back({offset, Content(bytes.begin(), bytes.end())});
    return fails ? fail_with_ : 0;
}

// Each write happened in whole, in part or not at all, in any order; or only the file's size has changed.
void SimulatedFiles::settle(Node& node, std::mt19937_64& random) {
    std::shuffle(node.unsynced.begin(), node.unsynced.end(), random);
    for (const Write& w : node.unsynced) {
        const size_t sectors = w.bytes.size() / kSector + 1;
        size_t begin = 0;
        size_t end = w.bytes.size();
        switch (random() % 5) {
        case 0: continue;
        case 1: end = std::min(end, kSector * (random() % sectors)); break;
        case 2: begin = std::min(end, kSector * (random() % sectors)); break;
        case 3:
            node.durable.resize(std::max<size_t>(node.durable.size(), w.offset + end));
            continue;
        default: break;
        }
        if (begin < end) put_at(node.durable, w.offset + begin, Bytes(w.bytes).subspan(begin, end - begin));
    }
    node.unsynced.clear();
}

int SimulatedFiles::sync(Handle handle) {
    if (const int fault = begin(true); fault != 0) return fault;
    Opened* const file = opened(handle);
    if (file == nullptr) return EBADF;
    if (fails_now()) {
        settle(*file->node, luck_);
        return fail_with_;
    }
    for (const Write& w : file->node->unsynced) put_at(file->node->durable, w.offset, w.bytes);
    file->node->unsynced.clear();
    return 0;
}

int SimulatedFiles::add_folder(const std::string& path) {
    if (const int fault = begin(!names_.contains(path)); fault != 0) return fault;
    if (fails_now()) return fail_with_;
    if (names_.contains(path)) return EEXIST;
    if (const int fault = check_folder_of(path); fault != 0) return fault;
    change_name({folder_of(path), "", path, make_node(true)});
    return 0;
}

int SimulatedFiles::make_folder(const std::string& path, unsigned, std::optional<uint32_t>) { return add_folder(path); }

int SimulatedFiles::make_folder(Handle above, const std::string& name, unsigned) {
    std::string path;
    const int fault = path_in(above, name, path);
    return fault != 0 ? fault : add_folder(path);
}

int SimulatedFiles::sync_names(const std::string& path) {
    if (fails_now()) return fail_with_;
    NodePointer node;
    if (const int fault = find(path, node); fault != 0) return fault;
    if (!node->is_folder) return ENOTDIR;
    std::erase_if(unsynced_, [&](const Change& change) {
        if (change.folder != path) return false;
        apply(change, durable_);
        return true;
    });
    return 0;
}

int SimulatedFiles::sync_folder(const std::string& path) {
    if (const int fault = begin(true); fault != 0) return fault;
    return sync_names(path);
}

int SimulatedFiles::sync_folder(Handle folder) {
    if (const int fault = begin(true); fault != 0) return fault;
    const Opened* const file = opened(folder);
    return file == nullptr ? EBADF : sync_names(file->path);
}

int SimulatedFiles::list_folder(Handle folder, std::vector<std::string>& names) {
    if (const int fault = begin(false); fault != 0) return fault;
    if (fails_now()) return fail_with_;
    const Opened* const listed = opened(folder);
    if (listed == nullptr) return EBADF;
    if (!listed->node->is_folder) return ENOTDIR;
    for (const auto& [name, unused] : names_)
        if (name != "/" && folder_of(name) == listed->path) names.push_back(name.substr(name.find_last_of('/') + 1));
    return 0;
}

int SimulatedFiles::rename(Handle folder, const std::string& from, const std::string& to) {
    if (const int fault = begin(true); fault != 0) return fault;
    if (fails_now()) return fail_with_;
    NodePointer node;
    std::string old_path;
    std::string new_path;
    int fault = path_in(folder, from, old_path);
    if (fault == 0) fault = path_in(folder, to, new_path);
    if (fault == 0) fault = find(old_path, node);
    if (fault != 0) return fault;
    if (node->is_folder) return EINVAL;  // not modelled
    change_name({folder_of(new_path), old_path, new_path, node});
    return 0;
}

int SimulatedFiles::link(Handle folder, const std::string& from, const std::string& to) {
    if (const int fault = begin(true); fault != 0) return fault;
    if (fails_now()) return fail_with_;
    NodePointer node;
    std::string old_path;
    std::string new_path;
    int fault = path_in(folder, from, old_path);
    if (fault == 0) fault = path_in(folder, to, new_path);
    if (fault == 0) fault = find(old_path, node);
    if (fault != 0) return fault;
    if (names_.contains(new_path)) return EEXIST;
    if (node->is_folder) return EINVAL;  // not modelled
    change_name({folder_of(new_path), "", new_path, node});
    return 0;
}

int SimulatedFiles::remove(Handle folder, const std::string& name) {
    if (const int fault = begin(true); fault != 0) return fault;
    if (fails_now()) return fail_with_;
    NodePointer node;
    std::string path;
    int fault = path_in(folder, name, path);
    if (fault == 0) fault = find(path, node);
    if (fault != 0) return fault;
    if (node->is_folder) return EISDIR;
    change_name({folder_of(path), path, "", nullptr});
    return 0;
}

int SimulatedFiles::remove_folder(Handle folder, const std::string& name) {
    if (const int fault = begin(true); fault != 0) return fault;
    if (fails_now()) return fail_with_;
    NodePointer node;
    std::string path;
    int fault = path_in(folder, name, path);
    if (fault == 0) fault = find(path, node);
    if (fault != 0) return fault;
    if (!node->is_folder) return ENOTDIR;
    for (const auto& [other, unused] : names_)
        if (other != path && folder_of(other) == path) return ENOTEMPTY;
    change_name({folder_of(path), path, "", nullptr});
    return 0;
}

int SimulatedFiles::lock(Handle handle, bool exclusive) {
    if (const int fault = begin(false); fault != 0) return fault;
    if (fails_now()) return fail_with_;
    Opened* const file = opened(handle);
    if (file == nullptr) return EBADF;
    for (const auto& [other, o] : handles_)
        if (other != handle && o.node == file->node && o.locked && (o.exclusive || exclusive)) return EWOULDBLOCK;
    file->locked = true;
    file->exclusive = exclusive;
    return 0;
}

void SimulatedFiles::unlock(Handle handle) {
    if (Opened* const file = opened(handle)) file->locked = false;
}

template <class F>
int SimulatedFiles::in_folder_of(const std::string& path, F&& call) {
    Handle folder = kNoHandle;
    if (const int fault = open_folder(folder_of(path), folder); fault != 0) return fault;
    const int result = call(folder, path.substr(path.find_last_of('/') + 1));
    close(folder);
    return result;
}

int SimulatedFiles::open(const std::string& path, Open how, unsigned mode, Handle& handle) {
    return in_folder_of(path, [&](Handle folder, const std::string& name) { return open(folder, name, how, mode, handle); });
}

int SimulatedFiles::information(const std::string& path, Information& information) {
    return in_folder_of(path, [&](Handle folder, const std::string& name) { return this->information(folder, name, information); });
}

int SimulatedFiles::rename(const std::string& from, const std::string& to) {
    return in_folder_of(from, [&](Handle folder, const std::string& name) {
        return rename(folder, name, to.substr(to.find_last_of('/') + 1));
    });
}

int SimulatedFiles::remove(const std::string& path) {
    return in_folder_of(path, [&](Handle folder, const std::string& name) { return remove(folder, name); });
}

}  // namespace festore::store_test
