// SPDX-License-Identifier: BSD-2-Clause
#include "client/store_directory.h"

#include "client/errors.h"

#include <cerrno>
#include <cstring>
#include <thread>

namespace festore {
namespace {

constexpr std::chrono::milliseconds kLockPause{10};

std::string parent_of(const std::string& path) {
    const size_t slash = path.find_last_of('/');
    return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

// What the system said about one of the store's files, for a person.
Error error_of_file(std::string_view verb, const std::string& file, int number) {
    ErrorCode code = ErrorCode::failure;
    if (number == ENOSPC || number == EDQUOT || number == EFBIG) code = ErrorCode::no_space;
    if (number == EACCES || number == EPERM || number == EROFS) code = ErrorCode::not_permitted;
    if (number == ENOENT) code = ErrorCode::not_found;
    return {code, "cannot " + std::string(verb) + " " + quote(file) + ": " + std::strerror(number), 0, 0};
}

StoreDirectory::StoreDirectory(Files& files, std::string path, std::optional<uint32_t> group)
    : files_(files), path_(std::move(path)), group_(group) {
    while (path_.size() > 1 && path_.ends_with('/')) path_.pop_back();
}

StoreDirectory::~StoreDirectory() {
    close_pages();
    if (new_pages_ != Files::kNoHandle) files_.close(new_pages_);
}

void StoreDirectory::close_pages() {
    if (pages_ != Files::kNoHandle) files_.close(std::exchange(pages_, Files::kNoHandle));
}

std::string StoreDirectory::file(std::string_view name) const { return path_ + "/" + std::string(name); }
std::string StoreDirectory::payload_file(const std::array<std::byte, 16>& id) const {
    const protocol::PayloadName name = protocol::payload_name(id);
    return payload_file(std::string_view(name.data(), name.size()));
}
std::string StoreDirectory::payload_file(std::string_view name) const {
    return file(protocol::kPayloadFolder) + "/" + std::string(name);
}

Expected<std::optional<protocol::StoreHeader>> StoreDirectory::read_header() {
    const std::string path = file(protocol::kHeaderFile);
    Files::Handle handle = Files::kNoHandle;
    int fault = files_.open(path, Files::Open::read, 0, handle);
    if (fault == ENOENT) return std::nullopt;
    std::array<std::byte, protocol::kStoreHeaderBytes + 1> bytes{};
    size_t count = 0;
    if (fault == 0) fault = files_.read(handle, 0, bytes, count);
    if (handle != Files::kNoHandle) files_.close(handle);
    if (fault != 0) return unexpected(error_of_file("read", path, fault));
    const auto header = protocol::decode_store_header(Bytes(bytes).first(count));
    if (header) return *header;
    if (header.error().code == Code::not_supported)
        return unexpected({ErrorCode::failure, quote(path) + " is of a newer version of festore: it is left alone", 0, 0});
    return unexpected({ErrorCode::damaged, quote(path) + " is damaged: it is no header of a store", 0, 0});
}

// Whether all names are ones that the store itself makes.
Expected<bool> StoreDirectory::has_only_ours(bool& has_payloads) {
    std::vector<std::string> names;
    if (const int fault = files_.list_folder(path_, names); fault != 0)
        return unexpected(error_of_file("list", path_, fault));
    bool only_ours = true;
    for (const std::string& name : names)
        only_ours = only_ours && (name == protocol::kHeaderFile || name == protocol::kPageFile ||
                                  name == protocol::kLockFile || name == protocol::kNewPageFile || name == protocol::kOldPageFile ||
                                  name == protocol::kOlderPageFile ||
                                  name == protocol::kPayloadFolder ||
                                  name == protocol::kNewHeaderFile);
    names.clear();
    const std::string payloads = file(protocol::kPayloadFolder);
    if (const int fault = files_.list_folder(payloads, names); fault != 0 && fault != ENOENT && fault != ENOTDIR)
        return unexpected(error_of_file("list", payloads, fault));
    has_payloads = !names.empty();
    return only_ours;
}

Expected<DirectoryContents> StoreDirectory::look() {
    DirectoryContents contents;
    Files::Information folder;
    // A link to a folder is a folder here: it is the last part of a path only for the files in it.
    if (const int fault = files_.information(path_ + "/.", folder); fault == ENOENT) return contents;
    else if (fault == ENOTDIR) return DirectoryContents{DirectoryContents::Kind::foreign, {}};
    else if (fault != 0) return unexpected(error_of_file("look at", path_, fault));
    const Expected<std::optional<protocol::StoreHeader>> header = read_header();
    if (!header) return unexpected(header.error());
    Files::Information pages;
    const std::string page_file = file(protocol::kPageFile);
    if (const int fault = files_.information(page_file, pages); fault != 0 && fault != ENOENT)
        return unexpected(error_of_file("look at", page_file, fault));
    if (*header) {
        contents.kind = pages.bytes == 0 ? DirectoryContents::Kind::unused : DirectoryContents::Kind::store;
        contents.header = **header;
        return contents;
    }
    bool has_payloads = false;
    const Expected<bool> only_ours = has_only_ours(has_payloads);
    if (!only_ours) return unexpected(only_ours.error());
    // Pages or payloads without a header: it was lost. That is no place for a new store.
    const bool empty = *only_ours && !has_payloads && pages.bytes == 0;
    const bool headless = *only_ours && pages.bytes != 0;
    contents.kind = empty      ? DirectoryContents::Kind::empty
                    : headless ? DirectoryContents::Kind::headless
                               : DirectoryContents::Kind::foreign;
    return contents;
}

Expected<void> StoreDirectory::make_folder(const std::string& path, unsigned mode, bool& made) {
    made = false;
    const int fault = files_.make_folder(path, mode);
    if (fault == ENOENT) {
        const size_t slash = path.find_last_of('/');
        if (slash == std::string::npos || slash == 0) return unexpected(error_of_file("make", path, fault));
        // Those above belong to whoever they belong to: the usual mode.
        if (const auto above = make_folder(path.substr(0, slash), 0755, made); !above) return above;
        return make_folder(path, mode, made);
    }
    if (fault == EEXIST) return {};
    if (fault != 0) return unexpected(error_of_file("make", path, fault));
    made = true;
    return sync_parent(path);
}

Expected<void> StoreDirectory::make_own_folder(const std::string& path) {
    bool made = false;
    if (const auto done = make_folder(path, group_ ? 02770 : 0700, made); !done) return done;
    if (!group_) return {};
    // One that is there may be what an interrupted attempt left; or another member's, who has done it.
    const int fault = files_.give_to_group(path, *group_);
    if (fault != 0 && made) return unexpected(error_of_file("give to its group", path, fault));
    return {};
}

Expected<void> StoreDirectory::sync_parent(const std::string& path) {
    const std::string parent = parent_of(path);
    if (const int fault = files_.sync_folder(parent); fault != 0)
        return unexpected(error_of_file("sync", parent, fault));
    return {};
}

// All folders above: one that is there may have been made by a program that was killed before it synced. What this user
// may not open, this user's programs have not made.
Expected<void> StoreDirectory::sync_folders_above() {
    std::string folder = path_;
    do {
        folder = parent_of(folder);
        const int fault = files_.sync_folder(folder);
        if (fault != 0 && fault != EACCES && fault != EPERM) return unexpected(error_of_file("sync", folder, fault));
    } while (folder != "/" && folder != ".");
    return {};
}

Expected<void> StoreDirectory::make_file(std::string_view name) {
    const std::string path = file(name);
    Files::Handle handle = Files::kNoHandle;
    int fault = files_.open(path, Files::Open::create, file_mode(), handle);
    if (fault == 0) fault = files_.sync(handle);
    if (handle != Files::kNoHandle) files_.close(handle);
    if (fault != 0) return unexpected(error_of_file("make", path, fault));
    return {};
}

Expected<void> StoreDirectory::make_files() {
    if (const auto made = make_own_folder(path_); !made) return made;
    if (const auto made = make_file(protocol::kLockFile); !made) return made;
    if (const auto made = make_file(protocol::kPageFile); !made) return made;
    if (const auto made = make_own_folder(file(protocol::kPayloadFolder)); !made) return made;
    if (const int fault = files_.sync_folder(path_); fault != 0) return unexpected(error_of_file("sync", path_, fault));
    return sync_folders_above();
}

Expected<void> StoreDirectory::write_header(const StoreHeaderBytes& header) {
    const std::string beside = file(protocol::kNewHeaderFile);
    const std::string path = file(protocol::kHeaderFile);
    (void)files_.remove(beside);  // an interrupted attempt's
    Files::Handle handle = Files::kNoHandle;
    int fault = files_.open(beside, Files::Open::create_new, file_mode(), handle);
    if (fault == 0) fault = files_.write(handle, 0, header);
    if (fault == 0) fault = files_.sync(handle);
    if (handle != Files::kNoHandle) files_.close(handle);
    if (fault == 0) fault = files_.rename(beside, path);
    if (fault == 0) fault = files_.sync_folder(path_);
    if (fault != 0) return unexpected(error_of_file("write", path, fault));
    return {};
}

int StoreDirectory::compare(Files::Handle handle, const std::string& path, bool& same) const {
    Files::Information opened;
    Files::Information named;
    int fault = files_.information(handle, opened);
    if (fault == 0) fault = files_.information(path, named);
    same = fault == 0 && opened.device == named.device && opened.inode == named.inode;
    return fault;
}

bool StoreDirectory::is_named(Files::Handle handle, const std::string& path) const {
    bool same = false;
    return handle != Files::kNoHandle && compare(handle, path, same) == 0 && same;
}

Expected<StoreLock> StoreDirectory::lock(LockKind kind, std::chrono::milliseconds wait) {
    const std::string path = file(protocol::kLockFile);
    const auto deadline = std::chrono::steady_clock::now() + wait;
    while (true) {
        Files::Handle handle = Files::kNoHandle;
        // Some file systems (NFS) want a file that may be written for an exclusive lock.
        const bool exclusive = kind == LockKind::exclusive;
        int fault = files_.open(path, exclusive ? Files::Open::read_write : Files::Open::read, 0, handle);
        if (fault == ENOENT) fault = files_.open(path, Files::Open::create, file_mode(), handle);
        if (fault != 0) {
            if (handle != Files::kNoHandle) files_.close(handle);
            return unexpected(error_of_file("lock", path, fault));
        }
        StoreLock lock(files_, handle);
        fault = files_.lock(handle, exclusive);
        if (fault == 0) {
            // The lock counts only on the file that the next one will find under the name.
            bool same = false;
            fault = compare(handle, path, same);
            if (fault == 0 && same) {
                // So do pages: the folder may have been exchanged since they were opened.
                if (!is_named(pages_, file(protocol::kPageFile))) close_pages();
                return lock;
            }
        }
        if (fault != 0 && fault != EWOULDBLOCK && fault != ENOENT) return unexpected(error_of_file("lock", path, fault));
        if (std::chrono::steady_clock::now() >= deadline)
            return unexpected({ErrorCode::busy,
                               "the store at " + quote(path_) + " is in use by another program; repeat it later, or wait "
                               "longer with --wait",
                               0, 0});
        std::this_thread::sleep_for(kLockPause);
    }
}

}  // namespace festore
