// SPDX-License-Identifier: BSD-2-Clause
// A store's directory as a whole: what lies in it, and its removal.
#include "client/errors.h"
#include "client/store_directory.h"

#include <cerrno>

namespace festore {

Expected<std::vector<std::string>> StoreDirectory::list_payloads() {
    const std::string folder = file(protocol::kPayloadFolder);
    std::vector<std::string> names;
    if (const int fault = files_.list_folder(folder, names); fault != 0 && fault != ENOENT)
        return unexpected(error_of_file("list", folder, fault));
    return names;
}

Expected<std::optional<uint64_t>> StoreDirectory::size_of_idle_payload(const std::string& name) {
    const std::string path = payload_file(name);
    Files::Handle handle = Files::kNoHandle;
    int fault = files_.open(path, Files::Open::read, 0, handle);
    Files::Information information;
    if (fault == 0) fault = files_.information(handle, information);
    if (fault == 0) fault = files_.lock(handle, false);
    if (handle != Files::kNoHandle) files_.close(handle);
    if (fault == ENOENT || fault == EWOULDBLOCK) return std::nullopt;
    if (fault != 0) return unexpected(error_of_file("look at", path, fault));
    return information.bytes;
}

// Under its lock, so that it is no upload's that goes on.
bool StoreDirectory::collect(const std::string& name) {
    const std::string path = payload_file(name);
    Files::Handle handle = Files::kNoHandle;
    bool same = false;
    int fault = files_.open(path, Files::Open::read_write, 0, handle);
    if (fault == 0) fault = files_.lock(handle, true);
    if (fault == 0) fault = compare(handle, path, same);
    if (fault == 0 && same) fault = files_.remove(path);
    if (handle != Files::kNoHandle) files_.close(handle);
    return fault == 0 && same;
}

void StoreDirectory::collect_uploads() {
    const Expected<std::vector<std::string>> names = list_payloads();
    if (!names) return;
    for (const std::string& name : *names)
        if (protocol::is_upload_name(name)) (void)collect(name);
}

// A full disk is no hindrance; who may make a file here may remove one.
Expected<void> StoreDirectory::check_removable() {
    const std::string probe = file(protocol::kNewHeaderFile);
    Files::Handle handle = Files::kNoHandle;
    const int fault = files_.open(probe, Files::Open::create, file_mode(), handle);
    if (handle != Files::kNoHandle) files_.close(handle);
    (void)files_.remove(probe);
    if (fault == EACCES || fault == EPERM || fault == EROFS) return unexpected(error_of_file("remove files in", path_, fault));
    return {};
}

Expected<void> StoreDirectory::remove_file(const std::string& path, uint64_t& removed) {
    const int fault = files_.remove(path);
    if (fault == 0) ++removed;
    if (fault != 0 && fault != ENOENT) return unexpected(error_of_file("remove", path, fault));
    return {};
}

// They hold the store's secret, sealed for this device. A file system, or flash memory, may keep older versions all the
// same: so nothing depends on it.
void StoreDirectory::wipe_recovery_copies(std::string_view name) {
    Files::Information information;
    const std::string path = file(name);
    Files::Handle handle = Files::kNoHandle;
    const std::vector<std::byte> zeroes(limits::kPageBytes);
    if (files_.open(path, Files::Open::read_write, 0, handle) == 0 && files_.information(handle, information) == 0) {
        for (uint64_t at = 0; at < 2 * limits::kPageBytes && at < information.bytes; at += limits::kPageBytes)
            (void)files_.write(handle, at, zeroes);
        (void)files_.sync(handle);
    }
    if (handle != Files::kNoHandle) files_.close(handle);
}

Expected<void> StoreDirectory::remove_payloads(uint64_t& removed, std::vector<std::string>& left) {
    const std::string folder = file(protocol::kPayloadFolder);
    const Expected<std::vector<std::string>> names = list_payloads();
    if (!names) return unexpected(names.error());
    for (const std::string& name : *names) {
        const std::string path = payload_file(name);
        if (!protocol::is_payload_name(name) && !protocol::is_upload_name(name)) left.push_back(path);
        else if (const auto done = remove_file(path, removed); !done) return done;
    }
    int fault = files_.sync_folder(folder);
    if (fault == 0 && left.empty()) fault = files_.remove_folder(folder);
    if (fault != 0 && fault != ENOENT) return unexpected(error_of_file("remove", folder, fault));
    return {};
}

// The header last but one: by it the rest is known, and refused to everybody but its owner. The lock last: whoever waits
// for it makes a new store of a folder that nothing is removed from any more.
Expected<void> StoreDirectory::remove_files(uint64_t& removed, std::vector<std::string>& left) {
    close_pages();
    for (const std::string_view name :
         {protocol::kPageFile, protocol::kNewPageFile, protocol::kOldPageFile, protocol::kOlderPageFile})
        wipe_recovery_copies(name);
    if (const auto done = remove_payloads(removed, left); !done) return done;
    if (const auto done = remove_file(file(protocol::kPageFile), removed); !done) return done;
    for (const std::string_view name : {protocol::kOlderPageFile, protocol::kOldPageFile, protocol::kNewPageFile, protocol::kNewHeaderFile,
                                        protocol::kHeaderFile, protocol::kLockFile}) {
        if (const int fault = files_.sync_folder(path_); fault != 0) return unexpected(error_of_file("sync", path_, fault));
        if (const auto done = remove_file(file(name), removed); !done) return done;
    }
    if (const int fault = files_.sync_folder(path_); fault != 0) return unexpected(error_of_file("sync", path_, fault));
    std::vector<std::string> names;
    if (const int fault = files_.list_folder(path_, names); fault != 0) return unexpected(error_of_file("list", path_, fault));
    for (const std::string& name : names)
        if (name != protocol::kPayloadFolder) left.push_back(file(name));
    return {};
}

}  // namespace festore
