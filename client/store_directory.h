// SPDX-License-Identifier: BSD-2-Clause
// A store's directory (protocol/store_files.h, docs/format-store.md), as the client library uses it: files, locks, the
// order of writes and syncs (rules 6, 7, 20). Contents are the TA's business; nothing here is believed. Everything is reached from
// two open folders (rule 24, client/store_folder.h).
//
// Errors: no_space (disk full, quota), not_permitted, not_found, busy (a lock, beyond its time), damaged (also what is not a
// file of the store's), failure; the message names the file. Thread safety: one thread at a time.
#pragma once
#include "base/bytes.h"
#include "client/store_folder.h"
#include "protocol/store_files.h"

#include <chrono>
#include <memory>
#include <optional>
#include <string>

namespace festore {


// What lies at the path.
struct DirectoryContents {
    enum class Kind {
        absent,    // nothing
        empty,     // a folder with nothing in it, or what an interrupted creation left: no header, pages never written
        unused,    // a store whose page file was never written: its creation may have been interrupted before the TEE
                   // had a record of it
        store,     // a header and pages
        headless,  // pages, perhaps a repair's, and nothing that is not a store's, but no header: it was lost
        foreign,   // a folder with other things in it, or something that is no folder
    } kind = Kind::absent;
    std::optional<protocol::StoreHeader> header;  // unused, store
};

enum class LockKind { shared, exclusive };

class StoreDirectory;

// A name in the folder of payloads that the store makes. Other files there are not the store's.
bool is_of_a_payload(std::string_view name);

// Lets go when it ends, and when the process does.
class StoreLock {
public:
    StoreLock() = default;
    StoreLock(StoreLock&& other) noexcept
        : directory_(std::exchange(other.directory_, nullptr)), nested_(other.nested_) {}
    StoreLock& operator=(StoreLock&& other) noexcept {
        std::swap(directory_, other.directory_);
        std::swap(nested_, other.nested_);
        return *this;
    }
    ~StoreLock();
    [[nodiscard]] bool held() const { return directory_ != nullptr; }

private:
    friend class StoreDirectory;
    StoreLock(StoreDirectory& directory, bool nested) : directory_(&directory), nested_(nested) {}
    StoreDirectory* directory_ = nullptr;
    bool nested_ = false;  // the directory was locked already: another StoreLock lets go
};

class StoreDirectory {
public:
    // `group`: what is made is that group's, with its modes (2770, 660); else one user's (700, 600). `files` must outlive
    // this.
    StoreDirectory(Files& files, std::string path, std::optional<uint32_t> group);
    StoreDirectory(StoreDirectory&&) = delete;
    ~StoreDirectory();

    [[nodiscard]] const std::string& path() const { return folder_.path(); }
    [[nodiscard]] bool is_not_a_folder() const { return folder_.is_not_a_folder(); }  // what look() found at the path
    [[nodiscard]] bool overlaps() const { return files_.overlaps(); }  // client/files.h

    // damaged: a header that cannot be read as one. failure: one of a newer version.
    Expected<DirectoryContents> look();

    // Makes the folder (and its parents), the lock file, the page file (empty) and the folder of payloads, as far as they
    // are not there, and syncs them.
    Expected<void> make_files();
    // Writes the header beside, syncs it, renames it to its name, syncs the folder.
    Expected<void> write_header(const protocol::StoreHeader& header);

    // The lock of the store, after waiting at most `wait` for it. No file is its only proof (rule 29): it is a lock on the folder, on
    // the lock file, and, for a writer, on the page file. What was replaced meanwhile does not count. Where this directory is
    // locked already, the same lock once more.
    Expected<StoreLock> lock(LockKind kind, std::chrono::milliseconds wait);
    // Returns when nobody makes, changes or destroys the store, or after `wait`. Without a folder, at once. Makes no file.
    void wait_for_writer(std::chrono::milliseconds wait);
    // Whether the folder or the page file was exchanged since it was opened: the one that has its name now is used then. A program that
    // holds the lock goes on with those that it has locked.
    bool follow_exchange();
    // Whether the page file that the writer has open still has its name, in the folder that the path names; else what was written
    // to it is lost, and the error says so.
    Expected<bool> pages_are_named();
    [[nodiscard]] Error pages_were_exchanged() const;

    // The sealed page, fresh from the file. What the file does not have is zeroes.
    // `unreadable`: whether the disk does not give it (EIO), as opposed to the system or the program lacking something.
    Expected<void> read_page(uint32_t page, MutableBytes sealed, bool* unreadable = nullptr);
    Expected<void> write_page(uint32_t page, Bytes sealed);
    // "page 5", with the file where that is not the page file.
    [[nodiscard]] std::string text_of_page(uint32_t page) const;
    // Bytes that this user may still store there. None: not known.
    [[nodiscard]] std::optional<uint64_t> free_bytes() const {
        return folder_.is_open() ? files_.free_bytes(folder_.handle()) : std::nullopt;
    }
    // Has the page file hold `spare` pages of the disk behind those in use: `page_count`, or as far as was written under this lock
    // (rule 31). Where the file system cannot, nothing. no_space.
    Expected<void> keep_reserve(uint32_t page_count, uint32_t spare);
    // After a failure what was written since the last sync must be given up, never synced again (rule 7).
    Expected<void> sync_pages();

    // A payload file made anew, written from the front, synced by finish(), and given its final name by publish(), which only
    // the writer does, just before the commit that refers to it; sync_payload_names() makes that durable (rule 7). It is removed
    // when this ends, unless it is kept. An upload holds an exclusive lock on its file while it lives (rule 10).
    class Upload {
    public:
        Upload(StoreDirectory& directory, std::string name, Files::Handle handle)
            : directory_(&directory), name_(std::move(name)), handle_(handle) {}
        Upload(Upload&& other) noexcept
            : directory_(other.directory_), name_(std::move(other.name_)), published_(other.published_),
              offset_(other.offset_), kept_(other.kept_), handle_(std::exchange(other.handle_, Files::kNoHandle)) {}
        Upload& operator=(Upload&&) = delete;
        ~Upload();
        Expected<void> write(Bytes sealed);
        Expected<void> finish();
        // damaged: somebody has removed the file meanwhile (rule 10). Once published it stays so.
        Expected<void> publish();
        void keep() { kept_ = true; }  // the commit that names it is confirmed, or may have been made

    private:
        [[nodiscard]] std::string file() const;
        StoreDirectory* directory_;
        std::string name_;
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
    // Names of payloads and uploads. What else is in their folder is not the store's, and not told.
    Expected<std::vector<std::string>> list_payloads();
    // The size of such a file; nothing when it is gone, or an upload holds it, or it is not a regular file.
    Expected<std::optional<uint64_t>> size_of_idle_payload(const std::string& name);
    // Removes uploads that nobody holds a lock on any more (rule 10): the writer does. Best effort.
    void collect_uploads();
    // Removes one of list_payloads() that no object refers to, unless an upload holds it. Whether it did.
    bool collect(const std::string& name);

    // A page file beside the old one. Pages whose number has protocol::kNewPage are read from it and written to it.
    Expected<void> begin_new_pages();
    Expected<void> finish_new_pages();  // a repair's: before the commit
    void drop_new_pages();
    Expected<void> reserve_new_pages(uint32_t spare);  // as keep_reserve()
    // A rebuild's: durable under a name of its own before the commit, and in the place of the old one behind it. Cut in between,
    // it is whoever opens the store next that finds out which of both the record means (client/store_rebuild.cpp).
    Expected<void> name_next_pages();
    Expected<bool> has_next_pages();
    // Under the writer's lock: reads go to it from now on, as if it had the old one's name.
    Expected<void> try_next_pages();
    // `keeps_old`: as the old pages.
    Expected<void> take_next_pages(bool keeps_old);
    void drop_next_pages();
    void leave_next_pages() { close_pages(); }  // what try_next_pages() has opened
    // Whoever closes it lets go of its lock. Its name stays.
    void forget_new_pages();
    // False: this directory is locked for reading, and a writer's lock cannot be had besides.
    [[nodiscard]] bool may_lock() const { return locked_ != LockKind::shared; }
    // What the last repairs replaced, or the last drop of damage, until that is acknowledged.
    [[nodiscard]] bool has_old_pages();
    void drop_old_pages();
    // Pages whose number has protocol::kOldPage are read from it. not_found.
    Expected<void> open_old_pages(std::string_view name);
    void close_old_pages();

    // not_permitted: no file here can be removed. damaged: something under a name of the store's is not the store's.
    Expected<void> check_removable();
    // Removes the store's files, under its lock, so that what is left after an interruption is a store, or nothing else
    // than its rest (look()). Whatever else is in the folder stays, and is named in `left`.
    Expected<void> remove_files(uint64_t& removed, std::vector<std::string>& left);

    // Best effort: what stays behind is garbage, not damage.
    void remove_payload(const std::array<std::byte, 16>& id);

private:
    friend class StoreLock;
    [[nodiscard]] std::string file(std::string_view name) const { return folder_.path_of(name); }
    [[nodiscard]] unsigned file_mode() const { return group_ ? 0660 : 0600; }
    [[nodiscard]] unsigned folder_mode() const { return group_ ? 02770 : 0700; }
    // The folder that the path names now; while it is locked, the one that was locked. Whether there is one.
    Expected<bool> open_folder();
    // not_found: there is none.
    Expected<void> require_folder();
    // The same for the folder of payloads.
    Expected<bool> open_payloads();
    Expected<std::optional<protocol::StoreHeader>> read_header();
    Expected<void> remove_file(const StoreFolder& folder, std::string_view name, uint64_t& removed);
    Expected<void> remove_payloads(uint64_t& removed, std::vector<std::string>& left);
    void wipe_recovery_copies(std::string_view name);
    struct Names {
        bool only_ours = true;             // all are names that the store itself makes
        bool has_frame = false;            // the lock file or the folder of payloads
        bool has_other_pages = false;      // of a repair, before it or after
        bool has_payloads = false;         // or uploads
        bool has_foreign_payloads = false; // what else is in their folder
    };
    Expected<Names> list_names();
    Expected<void> make_folder(const std::string& path, unsigned mode, bool& made);
    Expected<void> make_own_folder();
    Expected<void> make_payload_folder();
    Expected<void> make_file(std::string_view name);
    Expected<void> sync_parent(const std::string& path);
    Expected<void> sync_folders_above();
    void close_pages();
    int sync_names();
    Expected<void> keep_old_pages();
    struct Numbered {
        Files::Handle handle;
        uint64_t offset;
        std::string_view name;
    };
    [[nodiscard]] Numbered numbered(uint32_t page) const;
    Expected<void> open_pages(bool for_writing);
    int hold(Files::Handle pages, uint32_t end, uint32_t spare);
    Expected<bool> try_lock(LockKind kind);
    Expected<bool> try_lock_file(LockKind kind);
    Expected<bool> try_lock_pages();
    [[nodiscard]] Error in_use() const;
    [[nodiscard]] Error not_written(std::string_view verb, const std::string& file, int fault) const;
    void unlock();

    Files& files_;
    std::optional<uint32_t> group_;
    StoreFolder folder_;
    StoreFolder payloads_;
    std::optional<LockKind> locked_;
    Files::Handle folder_lock_ = Files::kNoHandle;  // both while it is locked
    Files::Handle lock_file_ = Files::kNoHandle;
    Files::Handle pages_ = Files::kNoHandle;  // opened at the first use, and anew, and locked, for each lock of a writer
    bool pages_writable_ = false;
    uint32_t pages_end_ = 0;      // behind the last page that was written under this lock
    uint64_t pages_held_ = 0;     // bytes that the page file held when it was locked, or has been made to hold since
    Files::Handle new_pages_ = Files::kNoHandle;
    Files::Handle old_pages_ = Files::kNoHandle;
    std::optional<std::array<Files::Information, 2>> durable_names_;  // of pages and payloads, when their folder was synced last
};

inline StoreLock::~StoreLock() {
    if (directory_ != nullptr && !nested_) directory_->unlock();
}

// A path that stays the same when the program changes its folder. failure: the program's folder is gone.
Expected<std::string> absolute_path(const std::string& path);

// Which of an owner's stores is meant, and where it is.
struct StoreChoice {
    std::string directory;
    std::string name;            // empty: the default one
    bool is_name_fixed = false;  // else the directory's header says it
};
// `directory`, `name`: empty where the caller does not say. Looks at FESTORE_STORE, FESTORE_NAME, STATE_DIRECTORY, XDG_DATA_HOME and
// HOME (docs/store.md). usage: none of them helps, or it is no name of a store.
Expected<StoreChoice> choose_store(const Owner& owner, const std::string& directory, const std::string& name);

}  // namespace festore
