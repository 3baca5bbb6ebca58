// SPDX-License-Identifier: BSD-2-Clause
// Files in memory, on a disk that can lose power: unsynced writes can be lost, torn and reordered, and a name that was
// created, changed or removed is durable only after its folder is synced. One thread at a time.
#pragma once
#include "client/files/files.h"

#include <functional>
#include <map>
#include <memory>
#include <random>
#include <set>

namespace festore::store_test {

using Content = std::vector<std::byte>;

class SimulatedFiles final : public Files {
public:
    // Events always come in the same order, so nothing overlaps the TEE's work unless a test wants it.
    [[nodiscard]] bool overlaps() const override { return overlaps_; }
    void set_overlaps(bool overlaps) { overlaps_ = overlaps; }
    // Called before each write, sync, creation, change of a name, removal and sync of a folder: a test may cut the power then.
    std::function<void()> on_event;
    // From now on, every operation fails and has no effect, so a client can be unwound.
    void lose_power() { off_ = true; }
    // The power is back. All handles are dead.
    void cut_power(std::mt19937_64& random);
    // The program has ended but the system runs on: all handles are dead; what was written exists but is not yet durable.
    void end_program();

    // The n-th operation from now on fails with this errno value: a write after half of it; a sync loses some data, which
    // no later sync brings back. 0: none.
    void fail_at(uint64_t n, int number) {
        fail_at_ = n;
        fail_with_ = number;
    }
    [[nodiscard]] bool will_fail() const { return fail_at_ != 0; }

    // How much of the disk all files together may hold (nullopt: no limit), and how much they hold now.
    void set_capacity(std::optional<uint64_t> bytes) { capacity_ = bytes; }
    [[nodiscard]] uint64_t held() const;
    // If false, the file system cannot reserve room for a file beyond what is written to it.
    void set_reserves(bool reserves) { reserves_ = reserves; }
    [[nodiscard]] uint64_t reservations() const { return reservations_; }  // that were requested

    // All folders and files, as if synced.
    struct Snapshot {
        std::set<std::string> folders;
        std::map<std::string, Content> files;
        bool operator==(const Snapshot&) const = default;
    };
    [[nodiscard]] Snapshot snapshot() const;
    void restore(const Snapshot& snapshot);
    // A file's content, for tampering.
    Content& at(const std::string& path) { return names_.at(path)->content; }

    int open_folder(const std::string& path, Handle& folder) override;
    int make_folder(const std::string& path, unsigned mode, std::optional<uint32_t> gid = std::nullopt) override;
    int sync_folder(const std::string& path) override;
    int open_folder(Handle above, const std::string& name, Handle& folder) override;
    int make_folder(Handle above, const std::string& name, unsigned mode) override;
    int open(Handle folder, const std::string& name, Open how, unsigned mode, Handle& handle) override;
    int information(Handle folder, const std::string& name, Information& information) override;
    int rename(Handle folder, const std::string& from, const std::string& to) override;
    int link(Handle folder, const std::string& from, const std::string& to) override;
    int remove(Handle folder, const std::string& name) override;
    int remove_folder(Handle folder, const std::string& name) override;
    int set_folder(Handle, unsigned, std::optional<uint32_t>) override { return 0; }  // there is only one user
    int sync_folder(Handle folder) override;
    int list_folder(Handle folder, std::vector<std::string>& names) override;
    void close(Handle handle) override { handles_.erase(handle); }
    int information(Handle handle, Information& information) override;
    int read(Handle handle, uint64_t offset, MutableBytes out, size_t& count) override;
    int write(Handle handle, uint64_t offset, Bytes bytes) override;
    int sync(Handle handle) override;
    int reserve(Handle handle, uint64_t begin, uint64_t end) override;
    void overwrite_in_place(Handle) override {}
    std::optional<uint64_t> free_bytes(Handle) override;
    int lock(Handle handle, bool exclusive) override;
    void unlock(Handle handle) override;

    // By path, for the tests themselves.
    int open(const std::string& path, Open how, unsigned mode, Handle& handle);
    int information(const std::string& path, Information& information);
    int rename(const std::string& from, const std::string& to);  // in one folder
    int remove(const std::string& path);

private:
    static constexpr uint64_t kFileBytesMax = 128 * 1024 * 1024;  // a hostile TEE may request pages anywhere
    struct Write {
        uint64_t offset;
        Content bytes;
    };
    struct Node {
        bool is_folder = false;
        uint64_t number = 0;
        Content content;
        Content durable;
        std::vector<Write> unsynced;
        uint64_t held = 0;
    };
    using NodePointer = std::shared_ptr<Node>;
    using Names = std::map<std::string, NodePointer>;
    struct Change {  // of names in one folder
        std::string folder;
        std::string removed;  // "": none
        std::string added;
        NodePointer node;
    };
    struct Opened {
        NodePointer node;
        std::string path;  // of a folder
        bool writable = false;
        bool locked = false;
        bool exclusive = false;
    };

    int begin(bool event);
    int hold(Node& node, uint64_t end);
    bool fails_now();
    int find(const std::string& path, NodePointer& node) const;
    // The path of a name in an open folder; ENOENT: the folder was removed.
    int path_in(Handle folder, const std::string& name, std::string& path);
    template <class F>
    int in_folder_of(const std::string& path, F&& call);
    int add_folder(const std::string& path);
    int open_folder_at(const std::string& path, Handle& folder);
    int sync_names(const std::string& path);
    [[nodiscard]] Information information_of(const Node& node) const;
    int check_folder_of(const std::string& path) const;
    NodePointer make_node(bool is_folder) const;
    void change_name(Change change);
    Opened* opened(Handle handle);
    static void apply(const Change& change, Names& names);
    static void settle(Node& node, std::mt19937_64& random);

    Names names_ = {{"/", make_node(true)}};
    Names durable_ = names_;
    std::vector<Change> unsynced_;
    std::map<Handle, Opened> handles_;
    Handle next_handle_ = 1;
    mutable uint64_t next_number_ = 1;
    uint64_t fail_at_ = 0;
    int fail_with_ = 0;
    std::optional<uint64_t> capacity_;
    uint64_t reservations_ = 0;
    bool reserves_ = true;
    bool overlaps_ = false;
    bool off_ = false;
    std::mt19937_64 luck_{1};  // for what a failing sync loses
};

}  // namespace festore::store_test
