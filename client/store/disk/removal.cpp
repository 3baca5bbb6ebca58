// SPDX-License-Identifier: BSD-2-Clause
// A store's directory as a whole: the payloads in it, and its removal.
#include "client/errors.h"
#include "base/result.h"
#include "client/store/disk/directory.h"

#include <cerrno>

namespace festore {

bool is_of_a_payload(std::string_view name) { return protocol::is_payload_name(name) || protocol::is_upload_name(name); }

Result<std::vector<std::string>> StoreDirectory::list_payloads() {
    const bool folder = FESTORE_TRY(open_payloads());
    std::vector<std::string> names;
    if (!folder) return names;
    if (const int fault = files_.list_folder(payloads_.handle(), names); fault != 0)
        return unexpected(error_of_file("list", payloads_.path(), fault));
    std::erase_if(names, [](const std::string& name) { return !is_of_a_payload(name); });
    return names;
}

Result<std::optional<uint64_t>> StoreDirectory::size_of_idle_payload(const std::string& name) {
    const Result<Files::Handle> opened = payloads_.open_file("look at", name, Files::Open::read, 0);
    if (!opened && (opened.error().code == ErrorCode::not_found || opened.error().code == ErrorCode::damaged)) return std::nullopt;
    if (!opened) return unexpected(opened.error());
    Files::Information information;
    int fault = files_.information(*opened, information);
    if (fault == 0) fault = files_.lock(*opened, false);
    files_.close(*opened);
    if (fault == EWOULDBLOCK) return std::nullopt;
    if (fault != 0) return unexpected(error_of_file("look at", payloads_.path_of(name), fault));
    return information.bytes;
}

// Removes the file under its lock: it cannot belong to a running upload.
bool StoreDirectory::collect(const std::string& name) {
    const Result<Files::Handle> opened = payloads_.open_file("remove", name, Files::Open::read, 0);
    if (!opened) return false;
    bool same = false;
    int fault = files_.lock(*opened, true);
    if (fault == 0) fault = payloads_.compare(*opened, name, same);
    if (fault == 0 && same) fault = payloads_.remove(name);
    files_.close(*opened);
    return fault == 0 && same;
}

void StoreDirectory::collect_uploads() {
    const Result<std::vector<std::string>> names = list_payloads();
    if (!names) return;
    for (const std::string& name : *names)
        if (protocol::is_upload_name(name)) (void)collect(name);
}

// Tries to make a file: a user who may do that may remove one, too. A full disk does not count. What would be refused later is refused
// here, before anything changes.
Result<void> StoreDirectory::check_removable() {
    if (const Result<bool> payloads = open_payloads(); !payloads) return unexpected(payloads.error());
    for (const std::string_view name : {protocol::kHeaderFile, protocol::kNewHeaderFile, protocol::kLockFile, protocol::kPageFile,
                                        protocol::kNewPageFile, protocol::kNextPageFile})
        FESTORE_CHECK(folder_.look(name, Files::Information::Kind::file));
    for (const std::string_view name : protocol::kOldPageFiles)
        FESTORE_CHECK(folder_.look(name, Files::Information::Kind::file));
    Files::Handle probe = Files::kNoHandle;
    (void)folder_.remove(protocol::kNewHeaderFile);
    const int fault = files_.open(folder_.handle(), std::string(protocol::kNewHeaderFile), Files::Open::create_new, file_mode(), probe);
    if (probe != Files::kNoHandle) files_.close(probe);
    (void)folder_.remove(protocol::kNewHeaderFile);
    if (fault == EACCES || fault == EPERM || fault == EROFS) return unexpected(error_of_file("remove files in", path(), fault));
    return {};
}

Result<void> StoreDirectory::remove_file(const StoreFolder& folder, std::string_view name, uint64_t& removed) {
    const int fault = folder.remove(name);
    if (fault == 0) ++removed;
    if (fault != 0 && fault != ENOENT) return unexpected(error_of_file("remove", folder.path_of(name), fault));
    return {};
}

// Recovery copies hold the store's secret, sealed for this device. File systems and flash memory may still keep older versions:
// so nothing depends on the wiping.
void StoreDirectory::wipe_recovery_copies(std::string_view name) {
    const Result<Files::Handle> opened = folder_.open_file("wipe", name, Files::Open::read_write, 0);
    if (!opened) return;
    Files::Information information;
    const std::vector<std::byte> zeroes(limits::kPageBytes);
    if (files_.information(*opened, information) == 0) {
        for (uint64_t at = 0; at < 2 * limits::kPageBytes && at < information.bytes; at += limits::kPageBytes)
            (void)files_.write(*opened, at, zeroes);
        (void)files_.sync(*opened);
    }
    files_.close(*opened);
}

Result<void> StoreDirectory::remove_payloads(uint64_t& removed, std::vector<std::string>& left) {
    const bool folder = FESTORE_TRY(open_payloads());
    if (!folder) return {};
    std::vector<std::string> names;
    if (const int fault = files_.list_folder(payloads_.handle(), names); fault != 0)
        return unexpected(error_of_file("list", payloads_.path(), fault));
    for (const std::string& name : names) {
        const auto found = payloads_.look(name, Files::Information::Kind::file);
        const bool is_ours = is_of_a_payload(name) && (found || found.error().code != ErrorCode::damaged);
        if (!is_ours) left.push_back(payloads_.path_of(name));
        else if (const auto done = remove_file(payloads_, name, removed); !done) return done;
    }
    int fault = payloads_.sync();
    if (fault == 0 && left.empty()) fault = files_.remove_folder(folder_.handle(), std::string(protocol::kPayloadFolder));
    if (fault != 0 && fault != ENOENT) return unexpected(error_of_file("remove", payloads_.path(), fault));
    payloads_.close();
    return {};
}

// The header goes last but one: the remains are recognised by it, and refused to everybody but their owner. The lock file goes
// last: a program that waits for it makes a new store only after the last removal.
Result<void> StoreDirectory::remove_files(uint64_t& removed, std::vector<std::string>& left) {
    for (const std::string_view name : {protocol::kNewPageFile, protocol::kNextPageFile}) wipe_recovery_copies(name);
    for (const std::string_view name : protocol::kOldPageFiles) wipe_recovery_copies(name);
    // An interrupted repair leaves pages.old as a second name of the page file, and a file with two names is not written.
    for (const std::string_view name : protocol::kOldPageFiles)
        FESTORE_CHECK(remove_file(folder_, name, removed));
    wipe_recovery_copies(protocol::kPageFile);
    FESTORE_CHECK(remove_payloads(removed, left));
    for (const std::string_view name : {protocol::kNewPageFile, protocol::kNextPageFile, protocol::kPageFile, protocol::kNewHeaderFile,
                                        protocol::kHeaderFile, protocol::kLockFile}) {
        if (const int fault = folder_.sync(); fault != 0) return unexpected(error_of_file("sync", path(), fault));
        FESTORE_CHECK(remove_file(folder_, name, removed));
    }
    close_pages();
    if (const int fault = folder_.sync(); fault != 0) return unexpected(error_of_file("sync", path(), fault));
    std::vector<std::string> names;
    if (const int fault = files_.list_folder(folder_.handle(), names); fault != 0) return unexpected(error_of_file("list", path(), fault));
    for (const std::string& name : names)
        if (name != protocol::kPayloadFolder) left.push_back(file(name));
    return {};
}

}  // namespace festore
