// SPDX-License-Identifier: BSD-2-Clause
// A store's directory (protocol/store_files.h, docs/format-store.md), as the client library uses it: files, locks, the
// order of writes and syncs (rules 6, 7, 20). Contents are the TA's business; nothing here is believed.
//
// Errors: no_space (disk full, quota), not_permitted, not_found, busy (a lock, beyond its time), damaged, failure; the
// message names the file. Thread safety: one thread at a time.
#pragma once
#include "base/bytes.h"
#include "client/files.h"
#include "festore/client.hpp"
#include "protocol/store_files.h"

#include <chrono>
#include <memory>
#include <optional>
#include <string>

namespace festore {

using StoreHeaderBytes = std::array<std::byte, protocol::kStoreHeaderBytes>;

// What lies at the path.
struct DirectoryContents {
    enum class Kind {
        absent,    // nothing
        empty,     // a folder with nothing in it, or what an interrupted creation left: no header, pages never written
        unused,    // a store whose page file was never written: its creation may have been interrupted before the TEE
                   // had a record of it
        store,     // a header and pages
        headless,  // pages, and nothing that is not a store's, but no header: it was lost
        foreign,   // a folder with other things in it, or something that is no folder
    } kind = Kind::absent;
    std::optional<protocol::StoreHeader> header;  // unused, store
};

enum class LockKind { shared, exclusive };

// Lets go when it ends, and when the process does.
class StoreLock {
public:
    StoreLock() = default;
    StoreLock(Files& files, Files::Handle handle) : files_(&files), handle_(handle) {}
    StoreLock(StoreLock&& other) noexcept
        : files_(std::exchange(other.files_, nullptr)), handle_(std::exchange(other.handle_, Files::kNoHandle)) {}
    StoreLock& operator=(StoreLock&& other) noexcept {
        std::swap(files_, other.files_);
        std::swap(handle_, other.handle_);
        return *this;
    }
    ~StoreLock() {
        if (files_ != nullptr) files_->close(handle_);
    }
    [[nodiscard]] bool held() const { return files_ != nullptr; }

private:
    Files* files_ = nullptr;
    Files::Handle handle_ = Files::kNoHandle;
};

class StoreDirectory {
public:
    // `group`: what is made is that group's, with its modes (2770, 660); else one user's (700, 600). `files` must outlive
    // this.
    StoreDirectory(Files& files, std::string path, std::optional<uint32_t> group);
    StoreDirectory(StoreDirectory&&) = delete;
    ~StoreDirectory();

    [[nodiscard]] const std::string& path() const { return path_; }
    [[nodiscard]] bool overlaps() const { return files_.overlaps(); }  // client/files.h

    // damaged: a header that cannot be read as one. failure: one of a newer version.
    Expected<DirectoryContents> look();

    // Makes the folder (and its parents), the lock file, the page file (empty) and the folder of payloads, as far as they
    // are not there, and syncs them.
    Expected<void> make_files();
    // Writes the header beside, syncs it, renames it to its name, syncs the folder.
    Expected<void> write_header(const StoreHeaderBytes& header);

    // The lock of the store, after waiting at most `wait` for it. A lock file that was replaced meanwhile does not count.
    Expected<StoreLock> lock(LockKind kind, std::chrono::milliseconds wait);

    // The sealed page, fresh from the file. What the file does not have is zeroes.
    Expected<void> read_page(uint32_t page, MutableBytes sealed);
    Expected<void> write_page(uint32_t page, Bytes sealed);
    // After a failure what was written since the last sync must be given up, never synced again (rule 7).
    Expected<void> sync_pages();

    // A payload file made anew, written from the front, synced by finish(), and given its final name by publish(), which only
    // the writer does, just before the commit that refers to it; sync_payload_names() makes that durable (rule 7). It is removed
    // when this ends, unless it is kept. An upload holds an exclusive lock on its file while it lives (rule 10).
    class Upload {
    public:
        Upload(StoreDirectory& directory, std::string file, Files::Handle handle)
            : directory_(&directory), file_(std::move(file)), handle_(handle) {}
        Upload(Upload&& other) noexcept
            : directory_(other.directory_), file_(std::move(other.file_)), published_(other.published_),
              offset_(other.offset_), kept_(other.kept_), handle_(std::exchange(other.handle_, Files::kNoHandle)) {}
        Upload& operator=(Upload&&) = delete;
        ~Upload();
        Expected<void> write(Bytes sealed);
        Expected<void> finish();
        // damaged: somebody has removed the file meanwhile (rule 10). Once published it stays so.
        Expected<void> publish();
        void keep() { kept_ = true; }  // the commit that names it is confirmed, or may have been made

    private:
        StoreDirectory* directory_;
        std::string file_;
        bool published_ = false;
        uint64_t offset_ = 0;
        bool kept_ = false;
        Files::Handle handle_;
    };
    Expected<Upload> create_payload(const std::array<std::byte, 16>& id);
    Expected<void> sync_payload_names();

    // A payload that stays readable while this lives, whatever becomes of its name.
    class Payload {
    public:
        Payload(Files& files, std::string file, Files::Handle handle)
            : files_(&files), file_(std::move(file)), handle_(handle) {}
        Payload(Payload&& other) noexcept
            : files_(other.files_), file_(std::move(other.file_)),
              handle_(std::exchange(other.handle_, Files::kNoHandle)) {}
        Payload& operator=(Payload&&) = delete;
        ~Payload() {
            if (handle_ != Files::kNoHandle) files_->close(handle_);
        }
        Expected<uint64_t> size();
        Expected<void> read(uint64_t offset, MutableBytes sealed);  // all of it; damaged when the file ends before
        void read_soon(uint64_t offset, size_t bytes) { files_->read_soon(handle_, offset, bytes); }  // the system may already

    private:
        Files* files_;
        std::string file_;
        Files::Handle handle_;
    };
    Expected<Payload> open_payload(const std::array<std::byte, 16>& id);  // not_found
    // Names of the files of payloads, and of what else is in their folder.
    Expected<std::vector<std::string>> list_payloads();
    // The size of such a file; nothing when it is gone, or an upload holds it.
    Expected<std::optional<uint64_t>> size_of_idle_payload(const std::string& name);
    // Removes uploads that nobody holds a lock on any more (rule 10): the writer does. Best effort.
    void collect_uploads();
    // Removes one of list_payloads() that no object refers to, unless an upload holds it. Whether it did.
    bool collect(const std::string& name);

    // A page file beside the old one. Pages whose number has protocol::kNewPage are read from it and written to it.
    Expected<void> begin_new_pages();
    Expected<void> finish_new_pages();
    void drop_new_pages();
    // What the last repairs replaced, until they are acknowledged.
    [[nodiscard]] bool has_old_pages();
    void drop_old_pages();

    // not_permitted: no file here can be removed.
    Expected<void> check_removable();
    // Removes the store's files, under its lock, so that what is left after an interruption is a store, or nothing else
    // than its rest (look()). Whatever else is in the folder stays, and is named in `left`.
    Expected<void> remove_files(uint64_t& removed, std::vector<std::string>& left);

    // Best effort: what stays behind is garbage, not damage.
    void remove_payload(const std::array<std::byte, 16>& id);

private:
    [[nodiscard]] std::string file(std::string_view name) const;
    [[nodiscard]] std::string payload_file(const std::array<std::byte, 16>& id) const;
    [[nodiscard]] std::string payload_file(std::string_view name) const;
    [[nodiscard]] unsigned file_mode() const { return group_ ? 0660 : 0600; }
    Expected<std::optional<protocol::StoreHeader>> read_header();
    Expected<void> remove_file(const std::string& path, uint64_t& removed);
    Expected<void> remove_payloads(uint64_t& removed, std::vector<std::string>& left);
    void wipe_recovery_copies(std::string_view name);
    Expected<bool> has_only_ours(bool& has_payloads);
    Expected<void> make_own_folder(const std::string& path);
    Expected<void> make_folder(const std::string& path, unsigned mode, bool& made);
    Expected<void> make_file(std::string_view name);
    Expected<void> sync_parent(const std::string& path);
    Expected<void> sync_folders_above();
    int compare(Files::Handle handle, const std::string& path, bool& same) const;
    [[nodiscard]] bool is_named(Files::Handle handle, const std::string& path) const;
    void close_pages();
    Expected<void> keep_old_pages();
    Expected<void> open_pages(bool for_writing);

    Files& files_;
    std::string path_;
    std::optional<uint32_t> group_;
    Files::Handle pages_ = Files::kNoHandle;  // opened at the first use
    bool pages_writable_ = false;
    Files::Handle new_pages_ = Files::kNoHandle;
};

// What the system said about one of the store's files, for a person.
Error error_of_file(std::string_view verb, const std::string& file, int number);

// The directory of an owner's store when none is named: docs/store.md. Looks at FESTORE_STORE, STATE_DIRECTORY,
// XDG_DATA_HOME and HOME. usage: none of them helps.
Expected<std::string> default_store_directory(const Owner& owner);

}  // namespace festore
