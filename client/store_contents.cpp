// SPDX-License-Identifier: BSD-2-Clause
// A store's pages and payloads, in its directory.
#include "client/errors.h"
#include "client/store_directory.h"
#include "protocol/store_care.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace festore {

// Readers that may not write still read.
Expected<void> StoreDirectory::open_pages(bool for_writing) {
    if (pages_ != Files::kNoHandle && (pages_writable_ || !for_writing)) return {};
    close_pages();
    const std::string path = file(protocol::kPageFile);
    const int fault = files_.open(path, for_writing ? Files::Open::read_write : Files::Open::read, 0, pages_);
    pages_writable_ = for_writing;
    if (fault == 0) return {};
    Error error = error_of_file(for_writing ? "write" : "read", path, fault);
    if (fault == ENOENT) error.code = ErrorCode::damaged;
    return unexpected(std::move(error));
}

Expected<void> StoreDirectory::read_page(uint32_t page, MutableBytes sealed) {
    const bool is_new = (page & protocol::kNewPage) != 0;
    if (const auto open = is_new ? Expected<void>() : open_pages(false); !open) return open;
    size_t count = 0;
    const int fault = files_.read(is_new ? new_pages_ : pages_, protocol::page_offset(page & ~protocol::kNewPage), sealed, count);
    if (fault != 0) return unexpected(error_of_file("read", file(protocol::kPageFile), fault));
    const MutableBytes rest = sealed.subspan(count);
    std::fill(rest.begin(), rest.end(), std::byte{});
    return {};
}

Expected<void> StoreDirectory::write_page(uint32_t page, Bytes sealed) {
    const bool is_new = (page & protocol::kNewPage) != 0;
    if (const auto open = is_new ? Expected<void>() : open_pages(true); !open) return open;
    const int fault = files_.write(is_new ? new_pages_ : pages_, protocol::page_offset(page & ~protocol::kNewPage), sealed);
    if (fault != 0) return unexpected(error_of_file("write", file(protocol::kPageFile), fault));
    return {};
}

Expected<void> StoreDirectory::sync_pages() {
    if (const auto open = open_pages(true); !open) return open;
    const int fault = files_.sync(pages_);
    if (fault == 0) return {};
    close_pages();
    return unexpected(error_of_file("sync", file(protocol::kPageFile), fault));
}

Expected<StoreDirectory::Upload> StoreDirectory::create_payload(const std::array<std::byte, 16>& id) {
    const std::string path = payload_file(id) + std::string(protocol::kUploadSuffix);
    // A collector may come between making and locking it.
    constexpr int kAttemptsMax = 3;
    int fault = 0;
    for (int attempt = 0; attempt < kAttemptsMax; ++attempt) {
        Files::Handle handle = Files::kNoHandle;
        fault = files_.open(path, Files::Open::create_new, file_mode(), handle);
        if (fault == ENOENT) {  // the folder was lost
            if (const auto made = make_own_folder(file(protocol::kPayloadFolder)); !made)
                return unexpected(made.error());
            fault = files_.open(path, Files::Open::create_new, file_mode(), handle);
        }
        if (handle == Files::kNoHandle) break;
        Upload upload(*this, path, handle);
        bool same = false;
        if (fault == 0) fault = files_.lock(handle, true);
        if (fault == 0) fault = compare(handle, path, same);
        if (fault == 0 && same) return upload;
        if (fault != 0 && fault != EWOULDBLOCK && fault != ENOENT) break;
    }
    return unexpected(error_of_file("make", path, fault));
}

StoreDirectory::Upload::~Upload() {
    if (handle_ == Files::kNoHandle) return;
    if (!kept_) (void)directory_->files_.remove(file_);
    directory_->files_.close(handle_);
}

Expected<void> StoreDirectory::Upload::write(Bytes sealed) {
    const int fault = directory_->files_.write(handle_, offset_, sealed);
    if (fault != 0) return unexpected(error_of_file("write", file_, fault));
    directory_->files_.write_soon(handle_, offset_, sealed.size());
    offset_ += sealed.size();
    return {};
}

Expected<void> StoreDirectory::Upload::finish() {
    const int fault = directory_->files_.sync(handle_);
    if (fault != 0) return unexpected(error_of_file("sync", file_, fault));
    return {};
}

Expected<void> StoreDirectory::Upload::publish() {
    bool same = false;
    int fault = directory_->compare(handle_, file_, same);
    if (fault == 0 && same && !published_) {
        const std::string name = file_.substr(0, file_.size() - protocol::kUploadSuffix.size());
        fault = directory_->files_.rename(file_, name);
        if (fault == 0) {
            file_ = name;
            published_ = true;
        }
    }
    if (fault == 0 && same) return {};
    if (fault != 0 && fault != ENOENT) return unexpected(error_of_file("look at", file_, fault));
    return unexpected({ErrorCode::damaged, quote(file_) + " was removed while it was being stored; repeat it", 0, 0});
}

Expected<void> StoreDirectory::sync_payload_names() {
    const std::string folder = file(protocol::kPayloadFolder);
    if (const int fault = files_.sync_folder(folder); fault != 0) return unexpected(error_of_file("sync", folder, fault));
    return {};
}

Expected<StoreDirectory::Payload> StoreDirectory::open_payload(const std::array<std::byte, 16>& id) {
    const std::string path = payload_file(id);
    Files::Handle handle = Files::kNoHandle;
    const int fault = files_.open(path, Files::Open::read, 0, handle);
    if (fault != 0) return unexpected(error_of_file("read", path, fault));
    return Payload(files_, path, handle);
}

void StoreDirectory::remove_payload(const std::array<std::byte, 16>& id) { (void)files_.remove(payload_file(id)); }

Expected<uint64_t> StoreDirectory::Payload::size() {
    Files::Information information;
    const int fault = files_->information(handle_, information);
    if (fault != 0) return unexpected(error_of_file("read", file_, fault));
    return information.bytes;
}

Expected<void> StoreDirectory::Payload::read(uint64_t offset, MutableBytes sealed) {
    size_t count = 0;
    const int fault = files_->read(handle_, offset, sealed, count);
    if (fault != 0) return unexpected(error_of_file("read", file_, fault));
    if (count != sealed.size()) return unexpected({ErrorCode::damaged, quote(file_) + " is damaged: it ends too early", 0, 0});
    return {};
}

}  // namespace festore
