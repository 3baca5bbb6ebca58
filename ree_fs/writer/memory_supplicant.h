// SPDX-License-Identifier: BSD-2-Clause
// Files in memory. A removed file stays readable and writable for those who have it open.
#pragma once
#include "ree_fs/writer/supplicant.h"

#include <algorithm>
#include <map>
#include <memory>
#include <vector>

namespace festore::ree_fs {

class MemorySupplicant : public Supplicant {
public:
    using Content = std::vector<std::byte>;
    using Files = std::map<std::string, std::shared_ptr<Content>>;
    [[nodiscard]] const Files& files() const { return files_; }
    [[nodiscard]] Files& files() { return files_; }

protected:
    [[nodiscard]] const Content& content_of(int file) const { return *open_.at(file); }

    Outcome<int> do_open(const std::string& name) override {
        const auto found = files_.find(name);
        if (found == files_.end()) return fail(Code::item_not_found);
        open_[next_] = found->second;
        return next_++;
    }

    Outcome<int> do_create(const std::string& name) override {
        std::shared_ptr<Content>& content = files_[name];
        if (content) {
            content->clear();
        } else {
            content = std::make_shared<Content>();
        }
        open_[next_] = content;
        return next_++;
    }

    void do_close(int file) override { open_.erase(file); }

    Outcome<size_t> do_read(int file, uint64_t offset, MutableBytes out) override {
        const Bytes content(*open_.at(file));
        if (offset >= content.size()) return size_t{0};
        const Bytes rest = content.subspan(static_cast<size_t>(offset));
        const size_t size = std::min(rest.size(), out.size());
        copy_bytes(rest.first(size), out);
        return size;
    }

    Status do_write(int file, uint64_t offset, Bytes bytes) override {
        Content& content = *open_.at(file);
        const auto at = static_cast<size_t>(offset);
        if (content.size() < at + bytes.size()) content.resize(at + bytes.size());
        copy_bytes(bytes, MutableBytes(content).subspan(at));
        return {};
    }

    Status do_truncate(int file, uint64_t size) override {
        open_.at(file)->resize(static_cast<size_t>(size));
        return {};
    }

    Status do_remove(const std::string& name) override {
        if (files_.erase(name) == 0) return fail(Code::item_not_found);
        return {};
    }

private:
    Files files_;
    std::map<int, std::shared_ptr<Content>> open_;
    int next_ = 0;
};

}  // namespace festore::ree_fs
