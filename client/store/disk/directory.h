// SPDX-License-Identifier: BSD-2-Clause
// A store's directory (protocol/store_files.h, docs/format-store.md), as the client library uses it: files, locks, the
// order of writes and syncs (rules 6, 7, 20). The TA verifies contents; nothing here is trusted. Everything is reached from
// two open folders (rule 24, client/store/disk/folder.h).
//
// Errors: no_space (disk full, quota), not_permitted, not_found, busy (a lock was not free in time), damaged (also anything that
// is not the store's own file), failure; the message names the file. Thread safety: one thread at a time.
#pragma once
#include "base/bytes.h"
#include "client/store/disk/folder.h"
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
        headless,  // pages, perhaps a repair's, or payloads of a store, but no header: it was lost
        foreign,   // a folder with other things in it, or something that is not a folder
    } kind = Kind::absent;
    std::optional<protocol::StoreHeader> header;  // unused, store
};

enum class LockKind { shared, exclusive };

class StoreDirectory;

// Whether the store makes files of that name in the folder of payloads. Other files there are not the store's.
bool is_of_a_payload(std::string_view name);

// Unlocks when it is destroyed, or when the process ends.
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
    bool nested_ = false;  // the directory was locked already: another StoreLock unlocks it
};

class StoreDirectory {
public:
    // `group`: new folders and files belong to that group, with modes 2770 and 660; none: to the user, with 700 and 600.
    // `files` must outlive this.
    StoreDirectory(Files& files, std::string path, std::optional<uint32_t> group);
    StoreDirectory(StoreDirectory&&) = delete;
    ~StoreDirectory();

    [[nodiscard]] const std::string& path() const { return folder_.path(); }
    [[nodiscard]] bool is_not_a_folder() const { return folder_.is_not_a_folder(); }  // what look() found at the path
    // Of two directories that look() has found.
    [[nodiscard]] bool is_same_as(const StoreDirectory& other) const { return folder_.is_same_as(other.folder_); }
    [[nodiscard]] bool overlaps() const { return files_.overlaps(); }  // client/files/files.h

    // damaged: the header is not valid. failure: the header is of a newer version.
    Result<DirectoryContents> look();

    // Makes whichever of these are missing: the folder (and its parents), the lock file, the page file (empty) and the folder of
    // payloads; and syncs them.
    Result<void> make_files();
    // Writes the header under a temporary name, syncs it, renames it, and syncs the folder.
    Result<void> write_header(const protocol::StoreHeader& header);

    // Locks the store, waiting at most `wait`. No file is the only proof of the lock (rule 29): it is on the folder, on the lock
    // file, and, for a writer, on the page file. A lock on something that was replaced meanwhile does not count. If this directory
    // is locked already, the same lock is shared.
    Result<StoreLock> lock(LockKind kind, std::chrono::milliseconds wait);
    // Returns when nobody makes, changes or destroys the store, or after `wait`. Without a folder, at once. Makes no file.
    void wait_for_writer(std::chrono::milliseconds wait);
    // Whether the folder or the page file was exchanged since it was opened; then the one that has the name now is used. A program that
    // holds the lock keeps using those that it has locked.
    bool follow_exchange();
    // Whether the page file that the writer has open still has its name, in the folder that the path names. If not, what was written
    // to it is lost: pages_were_exchanged() is the error for that.
    Result<bool> pages_are_named();
    [[nodiscard]] Error pages_were_exchanged() const;

    // Reads the sealed page from the file; zeroes beyond the file's end.
    // `unreadable`: the disk cannot read the page (EIO), as opposed to an error of the system or the program.
    Result<void> read_page(uint32_t page, MutableBytes sealed, bool* unreadable = nullptr);
    Result<void> write_page(uint32_t page, Bytes sealed);
    // "page 5", with the file's name if it is not in the page file.
    [[nodiscard]] std::string text_of_page(uint32_t page) const;
    // Bytes that this user may still store there. None: not known.
    [[nodiscard]] std::optional<uint64_t> free_bytes() const {
        return folder_.is_open() ? files_.free_bytes(folder_.handle()) : std::nullopt;
    }
    // Reserves disk space for `spare` pages of the page file beyond those in use: `page_count`, or more if more were written under this
    // lock (rule 31). Does nothing if the file system cannot reserve. no_space.
    Result<void> keep_reserve(uint32_t page_count, uint32_t spare);
    // After a failure what was written since the last sync must be given up, never synced again (rule 7).
    Result<void> sync_pages();

    // A new payload file. It is written from the start, synced by finish(), and given its final name by publish(), which only the
    // writer calls, just before the commit that refers to it; sync_payload_names() makes the name durable (rule 7). The file is
    // removed when the upload is destroyed, unless it is kept. Until then the upload holds an exclusive lock on its file (rule 10).
    class Upload {
    public:
        Upload(StoreDirectory& directory, std::string name, Files::Handle handle)
            : directory_(&directory), name_(std::move(name)), handle_(handle) {}
        Upload(Upload&& other) noexcept
            : directory_(other.directory_), name_(std::move(other.name_)), published_(other.published_),
              offset_(other.offset_), kept_(other.kept_), handle_(std::exchange(other.handle_, Files::kNoHandle)) {}
        Upload& operator=(Upload&&) = delete;
        ~Upload();
        Result<void> write(Bytes sealed);
        Result<void> finish();
        // damaged: somebody has removed the file meanwhile (rule 10). Once published, the file keeps its name.
        Result<void> publish();
        void keep() { kept_ = true; }  // the commit that refers to it is confirmed, or may have taken effect

    private:
        [[nodiscard]] std::string file() const;
        StoreDirectory* directory_;
        std::string name_;
        bool published_ = false;
        uint64_t offset_ = 0;
        bool kept_ = false;
        Files::Handle handle_;
    };
    Result<Upload> create_payload(const std::array<std::byte, 16>& id);
    Result<void> sync_payload_names();

    // A payload that stays readable while this exists, even if its name is removed.
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
        Result<uint64_t> size();
        Result<void> read(uint64_t offset, MutableBytes sealed);  // all of it; damaged: the file ends too early
        void read_soon(uint64_t offset, size_t bytes) { files_->read_soon(handle_, offset, bytes); }  // a hint to the system

    private:
        Files* files_;
        std::string file_;
        Files::Handle handle_;
    };
    Result<Payload> open_payload(const std::array<std::byte, 16>& id);  // not_found
    // Names of payloads and uploads. Other files in their folder are not the store's, and are left out.
    Result<std::vector<std::string>> list_payloads();
    // The size of such a file; nothing if it is gone, if an upload has locked it, or if it is not a regular file.
    Result<std::optional<uint64_t>> size_of_idle_payload(const std::string& name);
    // Removes uploads that nobody has locked any more (rule 10). Only the writer calls this. Best effort.
    void collect_uploads();
    // Removes one of list_payloads() that no object refers to, unless an upload has locked it. True if it was removed.
    bool collect(const std::string& name);

    // Makes a new page file beside the old one. Pages whose number has protocol::kNewPage are read from it and written to it.
    Result<void> begin_new_pages();
    Result<void> finish_new_pages();  // for a repair: before the commit
    void drop_new_pages();
    Result<void> reserve_new_pages(uint32_t spare);  // as keep_reserve()
    // For a rebuild: the new file is durable as pages.next before the commit, and replaces the old one after it. After an
    // interruption in between, the next program that opens the store finds out which of both the record means
    // (client/store/rebuild.cpp).
    Result<void> name_next_pages();
    Result<bool> has_next_pages();
    // Under the writer's lock: from now on reads go to pages.next, as if it was the page file.
    Result<void> try_next_pages();
    // `keeps_old`: the replaced file is kept as the old pages.
    Result<void> take_next_pages(bool keeps_old);
    void drop_next_pages();
    void leave_next_pages() { close_pages(); }  // what try_next_pages() has opened
    // Closes the new page file, which releases its lock. Its name stays.
    void forget_new_pages();
    // False: this directory is locked for reading, so a writer's lock cannot be taken.
    [[nodiscard]] bool may_lock() const { return locked_ != LockKind::shared; }
    // The page files that the last repairs or the last drop of damage replaced, kept until that is acknowledged.
    // The first name in protocol::kOldPageFiles that is not used. conflict: all are.
    Result<size_t> room_for_old_pages();
    // After finish_new_pages(), if the TEE has not taken the repair: the page file that it replaced has its name again.
    Result<void> take_old_pages_back();
    [[nodiscard]] bool has_old_pages();
    void drop_old_pages();
    // Opens an old page file: pages whose number has protocol::kOldPage are read from it. not_found.
    Result<void> open_old_pages(std::string_view name);
    void close_old_pages();

    // not_permitted: no file here can be removed. damaged: something under one of the store's names is not its own file.
    Result<void> check_removable();
    // Removes the store's files, under its lock, in an order that leaves after an interruption either a store, or only the
    // remains of one (look()). Other files in the folder stay, and are named in `left`.
    Result<void> remove_files(uint64_t& removed, std::vector<std::string>& left);

    // Best effort: a file that stays is garbage, not damage.
    void remove_payload(const std::array<std::byte, 16>& id);

private:
    friend class StoreLock;
    [[nodiscard]] std::string file(std::string_view name) const { return folder_.path_of(name); }
    [[nodiscard]] unsigned file_mode() const { return group_ ? 0660 : 0600; }
    [[nodiscard]] unsigned folder_mode() const { return group_ ? 02770 : 0700; }
    // Opens the folder that the path names now; while it is locked, keeps the locked one. True if there is a folder.
    Result<bool> open_folder();
    // damaged: there is no folder.
    Result<void> require_folder();
    // Opens the folder of payloads. True if there is one.
    Result<bool> open_payloads();
    Result<std::optional<protocol::StoreHeader>> read_header();
    Result<void> remove_file(const StoreFolder& folder, std::string_view name, uint64_t& removed);
    Result<void> remove_payloads(uint64_t& removed, std::vector<std::string>& left);
    void wipe_recovery_copies(std::string_view name);
    struct Names {
        bool only_ours = true;             // all are names that the store itself makes
        bool has_frame = false;            // the lock file or the folder of payloads
        bool has_other_pages = false;      // of a repair or rebuild, before it or after
        bool has_payloads = false;         // or uploads
        bool has_foreign_payloads = false; // what else is in their folder
    };
    Result<Names> list_names();
    Result<void> make_folder(const std::string& path, unsigned mode, bool& made);
    Result<void> make_own_folder();
    Result<void> make_payload_folder();
    Result<void> make_file(std::string_view name);
    Result<void> sync_parent(const std::string& path);
    Result<void> sync_folders_above();
    void close_pages();
    int sync_names();
    Result<void> keep_old_pages();
    Result<void> make_room_for_old_pages();
    struct Numbered {
        Files::Handle handle;
        uint64_t offset;
        std::string_view name;
    };
    [[nodiscard]] Numbered numbered(uint32_t page) const;
    Result<void> open_pages(bool for_writing);
    int hold(Files::Handle pages, uint32_t end, uint32_t spare);
    Result<bool> try_lock(LockKind kind);
    Result<bool> try_lock_file(LockKind kind);
    Result<bool> try_lock_pages();
    [[nodiscard]] Error in_use() const;
    [[nodiscard]] Error not_written(std::string_view verb, const std::string& file, int fault) const;
    void unlock();

    Files& files_;
    std::optional<uint32_t> group_;
    StoreFolder folder_;
    StoreFolder payloads_;
    std::optional<LockKind> locked_;
    Files::Handle folder_lock_ = Files::kNoHandle;  // both are open while it is locked
    Files::Handle lock_file_ = Files::kNoHandle;
    Files::Handle pages_ = Files::kNoHandle;  // opened at the first use; opened anew, and locked, for each writer's lock
    bool pages_writable_ = false;
    uint32_t pages_end_ = 0;      // the number after the last page that was written under this lock
    uint64_t pages_held_ = 0;     // disk space of the page file in bytes: what it had when it was locked, or has reserved since
    Files::Handle new_pages_ = Files::kNoHandle;
    Files::Handle old_pages_ = Files::kNoHandle;
    std::optional<std::array<Files::Information, 2>> durable_names_;  // of pages and payloads when their folder was last synced
};

inline StoreLock::~StoreLock() {
    if (directory_ != nullptr && !nested_) directory_->unlock();
}

// A path that stays the same when the program changes its working directory. failure: the working directory is gone.
Result<std::string> absolute_path(const std::string& path);

// Which of an owner's stores is meant, and where it is.
struct StoreChoice {
    std::string directory;
    std::string name;            // empty: the default one
    bool is_name_fixed = false;  // otherwise the directory's header gives the name
    bool is_name_given = false;
};
// `directory`, `name`: empty if the caller does not choose. usage: there is no default directory, or the name is not valid.
Result<StoreChoice> choose_store(const Owner& owner, const std::string& directory, const std::string& name);

}  // namespace festore
