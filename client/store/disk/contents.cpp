// SPDX-License-Identifier: BSD-2-Clause
// A store's pages and payloads, in its directory.
#include "client/errors.h"
#include "base/result.h"
#include "client/store/disk/directory.h"
#include "protocol/store_rebuild.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <thread>

namespace festore {
namespace {

constexpr int kCollectorWaitsMax = 200;
constexpr std::chrono::milliseconds kCollectorPause{5};

std::string text_of(const protocol::PayloadName& name) { return {name.data(), name.size()}; }

}  // namespace

// If the disk is full, the message says how much this user may still store there.
Error StoreDirectory::not_written(std::string_view verb, const std::string& file, int fault) const {
    Error error = error_of_file(verb, file, fault);
    const std::optional<uint64_t> free = fault == ENOSPC ? free_bytes() : std::nullopt;
    if (free) error.message += " (" + std::to_string(*free) + " bytes are free there)";
    return error;
}

// Opened for reading only unless it is to be written: readers may lack write permission. busy: another writer has locked it (rule 29).
Result<void> StoreDirectory::open_pages(bool for_writing) {
    if (pages_ != Files::kNoHandle && (pages_writable_ || !for_writing)) return {};
    close_pages();
    FESTORE_CHECK(require_folder());
    const Result<Files::Handle> opened = folder_.open_file(for_writing ? "write" : "read", protocol::kPageFile,
                                                           for_writing ? Files::Open::read_write : Files::Open::read, 0);
    if (!opened) {
        Error error = opened.error();
        if (error.code == ErrorCode::not_found) error.code = ErrorCode::damaged;
        return unexpected(std::move(error));
    }
    pages_ = *opened;
    pages_writable_ = for_writing;
    if (locked_ != LockKind::exclusive) return {};
    if (const int fault = files_.lock(pages_, true); fault != 0) {
        close_pages();
        return unexpected(error_of_file("lock", file(protocol::kPageFile), fault));
    }
    return {};
}

// The file that a page's number refers to, and the offset in it.
StoreDirectory::Numbered StoreDirectory::numbered(uint32_t page) const {
    const uint64_t offset = protocol::page_offset(page & ~(protocol::kNewPage | protocol::kOldPage));
    if ((page & protocol::kNewPage) != 0) return {new_pages_, offset, protocol::kNewPageFile};
    if ((page & protocol::kOldPage) != 0) return {old_pages_, offset, protocol::kOldPageFile};
    return {pages_, offset, protocol::kPageFile};
}

std::string StoreDirectory::text_of_page(uint32_t page) const {
    const Numbered at = numbered(page);
    const std::string text = "page " + std::to_string(at.offset / limits::kPageBytes);
    return at.name == protocol::kPageFile ? text : text + " of " + std::string(at.name);
}

Result<void> StoreDirectory::read_page(uint32_t page, MutableBytes sealed, bool* unreadable) {
    const bool is_other = (page & (protocol::kNewPage | protocol::kOldPage)) != 0;
    FESTORE_CHECK(is_other ? Result<void>() : open_pages(false));
    size_t count = 0;
    const Numbered at = numbered(page);
    const int fault = files_.read(at.handle, at.offset, sealed, count);
    if (unreadable != nullptr) *unreadable = fault == EIO;
    if (fault != 0) return unexpected(error_of_file("read", file(at.name), fault));
    const MutableBytes rest = sealed.subspan(count);
    std::fill(rest.begin(), rest.end(), std::byte{});
    return {};
}

Result<void> StoreDirectory::write_page(uint32_t page, Bytes sealed) {
    const bool is_new = (page & protocol::kNewPage) != 0;
    FESTORE_CHECK(is_new ? Result<void>() : open_pages(true));
    const Numbered at = numbered(page);
    const int fault = files_.write(at.handle, at.offset, sealed);
    if (fault != 0) return unexpected(not_written("write", file(at.name), fault));
    if (!is_new) pages_end_ = std::max(pages_end_, page + 1);
    return {};
}

// Reserves space beyond the file's size; the size shows what was written, and stays. Tries twice what is needed, so that few changes
// must reserve again.
int StoreDirectory::hold(Files::Handle pages, uint32_t end, uint32_t spare) {
    Files::Information now;
    if (const int fault = files_.information(pages, now); fault != 0) return fault;
    // A file that has had no reserve (of an earlier version, or a copy) can have holes, which must be filled, too.
    const uint64_t begin = now.allocated < now.bytes + protocol::page_offset(spare / 2) ? 0 : now.bytes;
    int fault = ENOSPC;
    for (const uint32_t more : {2 * spare, spare}) {
        const uint64_t wanted = protocol::page_offset(end + more);
        if (begin >= wanted) return 0;
        fault = files_.reserve(pages, begin, wanted);
        if (fault == 0) pages_held_ = wanted;
        if (fault != ENOSPC && fault != EDQUOT) break;
    }
    const bool is_not_known = fault == EOPNOTSUPP || fault == ENOSYS || fault == EINVAL;
    return is_not_known ? 0 : fault;
}

Result<void> StoreDirectory::keep_reserve(uint32_t page_count, uint32_t spare) {
    const uint32_t end = std::max(page_count, pages_end_);
    if (pages_held_ >= protocol::page_offset(end + spare)) return {};
    FESTORE_CHECK(open_pages(true));
    const int fault = hold(pages_, end, spare);
    if (fault != 0) return unexpected(not_written("reserve space for removals in", file(protocol::kPageFile), fault));
    return {};
}

Result<void> StoreDirectory::sync_pages() {
    FESTORE_CHECK(open_pages(true));
    int fault = files_.sync(pages_);
    if (fault == 0) fault = sync_names();
    if (fault == 0) return {};
    close_pages();
    return unexpected(not_written("sync", file(protocol::kPageFile), fault));
}

// Syncs the names of the page file and the payload folder once, and again if either was replaced: a script may have put it there without
// syncing its name (rule 7).
int StoreDirectory::sync_names() {
    std::array<Files::Information, 2> now;
    int fault = files_.information(pages_, now[0]);
    if (fault == 0) fault = files_.information(folder_.handle(), std::string(protocol::kPayloadFolder), now[1]);
    if (fault != 0 && fault != ENOENT) return fault;
    if (durable_names_ && is_same((*durable_names_)[0], now[0]) && is_same((*durable_names_)[1], now[1])) return 0;
    fault = folder_.sync();
    if (fault == 0) durable_names_ = now;
    return fault;
}

Result<StoreDirectory::Upload> StoreDirectory::create_payload(const std::array<std::byte, 16>& id) {
    const std::string name = text_of(protocol::payload_name(id)) + std::string(protocol::kUploadSuffix);
    FESTORE_CHECK(require_folder());
    // A collector may remove the file before it is locked.
    constexpr int kAttemptsMax = 3;
    int fault = ENOENT;
    for (int attempt = 0; attempt < kAttemptsMax; ++attempt) {
        const bool folder = FESTORE_TRY(open_payloads());
        if (!folder)  // the folder was lost
            FESTORE_CHECK(make_payload_folder());
        const Result<Files::Handle> opened = payloads_.open_file("make", name, Files::Open::create_new, file_mode());
        if (!opened && !folder_.is_named(payloads_.handle(), protocol::kPayloadFolder)) continue;  // exchanged since
        if (!opened && opened.error().code == ErrorCode::busy) continue;                          // collected already
        if (!opened) return unexpected(opened.error());
        Upload upload(*this, name, *opened);
        bool same = false;
        // A collector removes the file's name before it unlocks the file. A new file made before that would lose its name, so wait.
        for (int waits = 0; (fault = files_.lock(*opened, true)) == EWOULDBLOCK && waits < kCollectorWaitsMax; ++waits)
            std::this_thread::sleep_for(kCollectorPause);
        if (fault == 0) fault = payloads_.compare(*opened, name, same);
        if (fault == 0 && same) return upload;
        if (fault != 0 && fault != EWOULDBLOCK && fault != ENOENT) break;
    }
    const bool was_taken = fault == 0 || fault == ENOENT;  // each time
    return unexpected(error_of_file("make", payloads_.path_of(name), was_taken ? EWOULDBLOCK : fault));
}

StoreDirectory::Upload::~Upload() {
    if (handle_ == Files::kNoHandle) return;
    if (!kept_ && directory_->payloads_.is_named(handle_, name_)) (void)directory_->payloads_.remove(name_);
    directory_->files_.close(handle_);
}

std::string StoreDirectory::Upload::file() const { return directory_->payloads_.path_of(name_); }

Result<void> StoreDirectory::Upload::write(Bytes sealed) {
    const int fault = directory_->files_.write(handle_, offset_, sealed);
    if (fault != 0) return unexpected(directory_->not_written("write", file(), fault));
    directory_->files_.write_soon(handle_, offset_, sealed.size());
    offset_ += sealed.size();
    return {};
}

Result<void> StoreDirectory::Upload::finish() {
    const int fault = directory_->files_.sync(handle_);
    if (fault != 0) return unexpected(directory_->not_written("sync", file(), fault));
    return {};
}

// The folder may have been exchanged since the upload began.
Result<void> StoreDirectory::Upload::publish() {
    const bool folder = FESTORE_TRY(directory_->open_payloads());
    const StoreFolder& payloads = directory_->payloads_;
    bool same = false;
    int fault = folder ? payloads.compare(handle_, name_, same) : ENOENT;
    if (fault == 0 && same && !published_) {
        const std::string name = name_.substr(0, name_.size() - protocol::kUploadSuffix.size());
        fault = payloads.rename(name_, name);
        if (fault == 0) fault = payloads.compare(handle_, name, same);  // the name may have led to another file by then
        if (fault == 0 && same) {
            name_ = name;
            published_ = true;
        }
    }
    if (fault == 0 && same) return {};
    if (fault != 0 && fault != ENOENT) return unexpected(error_of_file("look at", file(), fault));
    return unexpected({ErrorCode::damaged, quote(file()) + " was removed while it was being stored; repeat it", 0, 0});
}

Result<void> StoreDirectory::sync_payload_names() {
    if (const int fault = payloads_.sync(); fault != 0) return unexpected(not_written("sync", payloads_.path(), fault));
    return {};
}

Result<StoreDirectory::Payload> StoreDirectory::open_payload(const std::array<std::byte, 16>& id) {
    const std::string name = text_of(protocol::payload_name(id));
    const bool folder = FESTORE_TRY(open_payloads());
    if (!folder) return unexpected({ErrorCode::not_found, quote(payloads_.path()) + " is not there", 0, 0});
    const Files::Handle opened = FESTORE_TRY(payloads_.open_file("read", name, Files::Open::read, 0));
    return Payload(files_, payloads_.path_of(name), opened);
}

void StoreDirectory::remove_payload(const std::array<std::byte, 16>& id) {
    const Result<bool> folder = open_payloads();
    if (folder && *folder) (void)payloads_.remove(text_of(protocol::payload_name(id)));
}

Result<uint64_t> StoreDirectory::Payload::size() {
    Files::Information information;
    const int fault = files_->information(handle_, information);
    if (fault != 0) return unexpected(error_of_file("read", file_, fault));
    return information.bytes;
}

Result<void> StoreDirectory::Payload::read(uint64_t offset, MutableBytes sealed) {
    size_t count = 0;
    const int fault = files_->read(handle_, offset, sealed, count);
    if (fault != 0) return unexpected(error_of_file("read", file_, fault));
    if (count != sealed.size()) return unexpected({ErrorCode::damaged, quote(file_) + " is damaged: it ends too early", 0, 0});
    return {};
}

}  // namespace festore
