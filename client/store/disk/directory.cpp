// SPDX-License-Identifier: BSD-2-Clause
#include "client/store/disk/directory.h"

#include "base/result.h"
#include "client/errors.h"

#include <algorithm>
#include <cerrno>

namespace festore {
namespace {

std::string without_last_slashes(std::string path) {
    while (path.size() > 1 && path.ends_with('/')) path.pop_back();
    return path;
}

std::string parent_of(const std::string& path) {
    const size_t slash = path.find_last_of('/');
    return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

StoreDirectory::StoreDirectory(Files& files, std::string path, std::optional<uint32_t> group)
    : files_(files), group_(group), folder_(files, without_last_slashes(std::move(path))),
      payloads_(files, folder_.path_of(protocol::kPayloadFolder)) {}

StoreDirectory::~StoreDirectory() {
    unlock();
    close_pages();
    if (new_pages_ != Files::kNoHandle) files_.close(new_pages_);
    close_old_pages();
}

void StoreDirectory::close_pages() {
    if (pages_ != Files::kNoHandle) files_.close(std::exchange(pages_, Files::kNoHandle));
}

// A program that holds the lock keeps using the folder that it has locked.
Result<bool> StoreDirectory::open_folder() {
    if (locked_) return true;
    bool changed = false;
    const Result<bool> there = folder_.open(changed);
    if (changed) {
        close_pages();
        payloads_.close();
    }
    return there;
}

Result<void> StoreDirectory::require_folder() {
    if (folder_.is_open()) return {};
    const bool there = FESTORE_TRY(open_folder());
    return there ? Result<void>() : unexpected(error_of_file("open", path(), ENOENT));
}

Result<bool> StoreDirectory::open_payloads() {
    FESTORE_CHECK(require_folder());
    bool changed = false;
    return payloads_.open_in(folder_, protocol::kPayloadFolder, changed);
}

Result<std::optional<protocol::StoreHeader>> StoreDirectory::read_header() {
    const std::string path = file(protocol::kHeaderFile);
    const Result<Files::Handle> opened = folder_.open_file("read", protocol::kHeaderFile, Files::Open::read, 0);
    if (!opened && opened.error().code == ErrorCode::not_found) return std::nullopt;
    if (!opened) return unexpected(opened.error());
    std::array<std::byte, protocol::kNamedStoreHeaderBytes + 1> bytes{};
    size_t count = 0;
    const int fault = files_.read(*opened, 0, bytes, count);
    files_.close(*opened);
    if (fault != 0) return unexpected(error_of_file("read", path, fault));
    const auto header = protocol::decode_store_header(Bytes(bytes).first(count));
    if (header) return *header;
    if (header.error().code == Code::not_supported)
        return unexpected({ErrorCode::failure, quote(path) + " is of a newer version of festore: it is left alone", 0, 0});
    return unexpected({ErrorCode::damaged, quote(path) + " is damaged: it is not a store header", 0, 0});
}

Result<StoreDirectory::Names> StoreDirectory::list_names() {
    std::vector<std::string> names;
    if (const int fault = files_.list_folder(folder_.handle(), names); fault != 0)
        return unexpected(error_of_file("list", path(), fault));
    Names found;
    // The store's lock file is empty.
    const auto lock = folder_.look(protocol::kLockFile, Files::Information::Kind::file);
    found.only_ours = !lock || !*lock || (*lock)->bytes == 0;
    for (const std::string& name : names) {
        const bool is_of_repair = protocol::is_old_page_file(name) || name == protocol::kNewPageFile ||
                                  name == protocol::kNextPageFile;
        found.has_other_pages = found.has_other_pages || is_of_repair;
        found.has_frame = found.has_frame || name == protocol::kLockFile || name == protocol::kPayloadFolder;
        found.only_ours = found.only_ours && (is_of_repair || name == protocol::kHeaderFile || name == protocol::kPageFile ||
                                              name == protocol::kLockFile || name == protocol::kPayloadFolder ||
                                              name == protocol::kNewHeaderFile);
    }
    names.clear();
    const bool payloads = FESTORE_TRY(open_payloads());
    if (payloads)
        if (const int fault = files_.list_folder(payloads_.handle(), names); fault != 0)
            return unexpected(error_of_file("list", payloads_.path(), fault));
    found.has_payloads = std::any_of(names.begin(), names.end(), is_of_a_payload);
    found.has_foreign_payloads = !std::all_of(names.begin(), names.end(), is_of_a_payload);
    return found;
}

Result<DirectoryContents> StoreDirectory::look() {
    DirectoryContents contents;
    const Result<bool> there = open_folder();
    if (!there && folder_.is_not_a_folder()) return DirectoryContents{DirectoryContents::Kind::foreign, {}};
    if (!there) return unexpected(there.error());
    if (!*there) return contents;
    const std::optional<protocol::StoreHeader> header = FESTORE_TRY(read_header());
    const auto pages = FESTORE_TRY(folder_.look(protocol::kPageFile, Files::Information::Kind::file));
    const uint64_t page_bytes = pages ? pages->bytes : 0;
    contents.header = header;
    if (header && page_bytes != 0) {
        contents.kind = DirectoryContents::Kind::store;
        return contents;
    }
    const Names names = FESTORE_TRY(list_names());
    const bool was_used = page_bytes != 0 || names.has_payloads || names.has_other_pages;
    if (header) {  // a store may have lost its pages
        contents.kind = was_used ? DirectoryContents::Kind::store : DirectoryContents::Kind::unused;
        return contents;
    }
    // Pages or payloads without a header: the header was lost. No new store is made there.
    const bool empty = names.only_ours && !names.has_foreign_payloads && !was_used;
    // Other files may be there, too.
    const bool headless = was_used && (names.only_ours || (names.has_frame && (page_bytes != 0 || names.has_other_pages)));
    contents.kind = empty      ? DirectoryContents::Kind::empty
                    : headless ? DirectoryContents::Kind::headless
                               : DirectoryContents::Kind::foreign;
    return contents;
}

Result<void> StoreDirectory::make_folder(const std::string& path, unsigned mode, bool& made) {
    made = false;
    // Only the store's own folder is given to the group. Folders above it get the usual mode.
    const int fault = files_.make_folder(path, mode, path == this->path() ? group_ : std::nullopt);
    if (fault == ENOENT) {
        const size_t slash = path.find_last_of('/');
        if (slash == std::string::npos || slash == 0) return unexpected(error_of_file("make", path, fault));
        FESTORE_CHECK(make_folder(path.substr(0, slash), 0755, made));
        return make_folder(path, mode, made);
    }
    if (fault == EEXIST) return {};
    if (fault != 0) return unexpected(error_of_file("make", path, fault));
    made = true;
    return sync_parent(path);
}

// A folder that exists already belongs to another member, who gave it to the group.
Result<void> StoreDirectory::make_own_folder() {
    bool made = false;
    FESTORE_CHECK(make_folder(path(), folder_mode(), made));
    const bool there = FESTORE_TRY(open_folder());
    return there ? Result<void>() : unexpected(error_of_file("open", path(), ENOENT));
}

// Only an empty folder is given to the group: another member may have moved another folder of this user here.
Result<void> StoreDirectory::make_payload_folder() {
    const int fault = files_.make_folder(folder_.handle(), std::string(protocol::kPayloadFolder), folder_mode());
    if (fault != 0 && fault != EEXIST) return unexpected(error_of_file("make", payloads_.path(), fault));
    if (fault == 0) durable_names_.reset();  // it may have the inode of a folder that was lost
    const bool there = FESTORE_TRY(open_payloads());
    if (!there) return unexpected(error_of_file("open", payloads_.path(), ENOENT));
    const int set = files_.set_folder(payloads_.handle(), folder_mode(), group_);
    if (set != 0 && fault == 0) return unexpected(error_of_file("give to its group", payloads_.path(), set));
    return {};
}

Result<void> StoreDirectory::sync_parent(const std::string& path) {
    const std::string parent = parent_of(path);
    if (const int fault = files_.sync_folder(parent); fault != 0)
        return unexpected(error_of_file("sync", parent, fault));
    return {};
}

// Syncs all folders above: an existing one may have been made by a program that was killed before it synced. Programs of
// this user have not made a folder that this user may not open.
Result<void> StoreDirectory::sync_folders_above() {
    std::string folder = path();
    do {
        folder = parent_of(folder);
        const int fault = files_.sync_folder(folder);
        if (fault != 0 && fault != EACCES && fault != EPERM) return unexpected(error_of_file("sync", folder, fault));
    } while (folder != "/" && folder != ".");
    return {};
}

Result<void> StoreDirectory::make_file(std::string_view name) {
    // If a store is being destroyed here, the file may be removed again.
    constexpr int kAttemptsMax = 3;
    Result<Files::Handle> made = unexpected(Error{});
    for (int attempt = 0; attempt < kAttemptsMax && !made; ++attempt) {
        made = folder_.open_file("make", name, Files::Open::create, file_mode());
        if (!made && made.error().code != ErrorCode::busy) break;
    }
    if (!made) return unexpected(made.error());
    if (name == protocol::kPageFile) files_.overwrite_in_place(*made);
    const int fault = files_.sync(*made);
    files_.close(*made);
    if (fault != 0) return unexpected(error_of_file("make", file(name), fault));
    return {};
}

Result<void> StoreDirectory::make_files() {
    FESTORE_CHECK(make_own_folder());
    FESTORE_CHECK(make_file(protocol::kLockFile));
    FESTORE_CHECK(make_file(protocol::kPageFile));
    FESTORE_CHECK(make_payload_folder());
    if (const int fault = folder_.sync(); fault != 0) return unexpected(error_of_file("sync", path(), fault));
    return sync_folders_above();
}

Result<void> StoreDirectory::write_header(const protocol::StoreHeader& header) {
    std::array<std::byte, protocol::kNamedStoreHeaderBytes> encoded{};
    Writer out(encoded);
    encode(header, out);
    FESTORE_CHECK(folder_.look(protocol::kNewHeaderFile, Files::Information::Kind::file));
    (void)folder_.remove(protocol::kNewHeaderFile);  // left by an interrupted attempt
    const Files::Handle made = FESTORE_TRY(folder_.open_file("write", protocol::kNewHeaderFile, Files::Open::create_new, file_mode()));
    int fault = files_.write(made, 0, out.written());
    if (fault == 0) fault = files_.sync(made);
    if (fault == 0) fault = folder_.rename(protocol::kNewHeaderFile, protocol::kHeaderFile);
    bool same = false;
    if (fault == 0) fault = folder_.compare(made, protocol::kHeaderFile, same);
    files_.close(made);
    if (fault == 0 && !same) fault = ENOENT;  // the name led to another file by then
    if (fault == 0) fault = folder_.sync();
    if (fault != 0) return unexpected(error_of_file("write", file(protocol::kHeaderFile), fault));
    return {};
}

}  // namespace festore
