// SPDX-License-Identifier: BSD-2-Clause
// The real files, with a change of the directory just before a chosen operation: a race that happens each time.
#pragma once
#include "client/files/files.h"

#include <cerrno>
#include <functional>
#include <string>
#include <utility>

namespace festore::store_test {

class MeddlingFiles final : public Files {
public:
    // Makes `change` before the first `operation` on `name` ("" for an operation on a handle).
    void before(std::string operation, std::string name, std::function<void()> change) {
        operation_ = std::move(operation);
        name_ = std::move(name);
        change_ = std::move(change);
    }
    [[nodiscard]] bool has_meddled() const { return !change_; }

    int open_folder(const std::string& path, Handle& folder) override { return real_.open_folder(path, folder); }
    int make_folder(const std::string& path, unsigned mode, std::optional<uint32_t> gid) override {
        return real_.make_folder(path, mode, gid);
    }
    int sync_folder(const std::string& path) override { return real_.sync_folder(path); }
    int open_folder(Handle above, const std::string& name, Handle& folder) override {
        meddle("open_folder", name);
        return real_.open_folder(above, name, folder);
    }
    int make_folder(Handle above, const std::string& name, unsigned mode) override { return real_.make_folder(above, name, mode); }
    int open(Handle folder, const std::string& name, Open how, unsigned mode, Handle& handle) override {
        meddle("open", name);
        if (name == fails_to_open) return EMFILE;
        return real_.open(folder, name, how, mode, handle);
    }
    int information(Handle folder, const std::string& name, Information& information) override {
        meddle("look", is_upload(name) ? "upload" : name);
        return real_.information(folder, name, information);
    }
    int rename(Handle folder, const std::string& from, const std::string& to) override {
        meddle("rename", is_upload(from) ? "upload" : from);
        return real_.rename(folder, from, to);
    }
    int link(Handle folder, const std::string& from, const std::string& to) override {
        meddle("link", from);
        return real_.link(folder, from, to);
    }
    int remove(Handle folder, const std::string& name) override { return real_.remove(folder, name); }
    int remove_folder(Handle folder, const std::string& name) override { return real_.remove_folder(folder, name); }
    int set_folder(Handle folder, unsigned mode, std::optional<uint32_t> gid) override { return real_.set_folder(folder, mode, gid); }
    int sync_folder(Handle folder) override { return real_.sync_folder(folder); }
    int list_folder(Handle folder, std::vector<std::string>& names) override { return real_.list_folder(folder, names); }
    void close(Handle handle) override { real_.close(handle); }
    int information(Handle handle, Information& information) override { return real_.information(handle, information); }
    int read(Handle handle, uint64_t offset, MutableBytes out, size_t& count) override {
        return unreadable == offset ? EIO : real_.read(handle, offset, out, count);
    }
    int write(Handle handle, uint64_t offset, Bytes bytes) override { return real_.write(handle, offset, bytes); }
    int sync(Handle handle) override { return real_.sync(handle); }
    int reserve(Handle handle, uint64_t begin, uint64_t end) override { return real_.reserve(handle, begin, end); }
    void overwrite_in_place(Handle handle) override { real_.overwrite_in_place(handle); }
    int lock(Handle handle, bool exclusive) override {
        Information locked;
        const bool is_folder = real_.information(handle, locked) == 0 && locked.kind == Information::Kind::folder;
        meddle("lock", is_folder ? "folder" : "file");
        return real_.lock(handle, exclusive);
    }
    void unlock(Handle handle) override { real_.unlock(handle); }
    std::optional<uint64_t> free_bytes(Handle folder) override { return free ? free : real_.free_bytes(folder); }

    std::optional<uint64_t> free;        // what the file system reports as free
    std::optional<uint64_t> unreadable;  // offset of a bad sector in each file
    std::string_view fails_to_open;      // this file cannot be opened, as if too many files were open

private:
    static bool is_upload(const std::string& name) { return name.ends_with(".new") && name.size() == 36; }
    void meddle(const std::string& operation, const std::string& name) {
        if (change_ && operation == operation_ && name == name_) std::exchange(change_, nullptr)();
    }

    Files& real_ = system_files();
    std::string operation_;
    std::string name_;
    std::function<void()> change_;
};

}  // namespace festore::store_test
