// SPDX-License-Identifier: BSD-2-Clause
// The disk under a simulated TEE's REE storage, in memory, whose power can fail at any change. Earlier changes stay, the change
// itself happens in part, and later changes are lost (ree_fs/writer/supplicant.h).
#pragma once
#include "ree_fs/writer/memory_supplicant.h"

#include <functional>

namespace festore::store_test {

class TeeDisk final : public ree_fs::MemorySupplicant {
public:
    std::function<void()> on_cut;
    // The power fails at the n-th change from now on; 0: it does not. `quarters` of the change reach the disk (4: all of it); only a
    // write can be split.
    void cut_at(uint64_t n, unsigned quarters = 0) {
        changes_ = 0;
        cut_at_ = n;
        quarters_ = quarters;
    }
    [[nodiscard]] std::map<std::string, Content> copy() const {
        std::map<std::string, Content> contents;
        for (const auto& [name, content] : files()) contents[name] = *content;
        return contents;
    }
    void replace(const std::map<std::string, Content>& contents) {
        files().clear();
        for (const auto& [name, content] : contents) files()[name] = std::make_shared<Content>(content);
    }
    void turn_on() {
        off_ = false;
        cut_at(0);
    }

protected:
    Outcome<int> do_create(const std::string& name) override {
        const Change change = next_change();
        if (change == Change::lost) return fail(Code::storage_not_available);
        Outcome<int> made = MemorySupplicant::do_create(name);
        return change == Change::whole ? made : fail(Code::storage_not_available);
    }
    Status do_write(int file, uint64_t offset, Bytes bytes) override {
        const bool was_off = off_;
        if (next_change() == Change::whole) return MemorySupplicant::do_write(file, offset, bytes);
        if (!was_off) (void)MemorySupplicant::do_write(file, offset, bytes.first(bytes.size() * quarters_ / 4));
        return fail(Code::storage_not_available);
    }
    Status do_truncate(int file, uint64_t size) override {
        const Change change = next_change();
        if (change != Change::lost) (void)MemorySupplicant::do_truncate(file, size);
        return change == Change::whole ? Status() : fail(Code::storage_not_available);
    }
    Status do_remove(const std::string& name) override {
        const Change change = next_change();
        if (change == Change::lost) return fail(Code::storage_not_available);
        const Status removed = MemorySupplicant::do_remove(name);
        return change == Change::whole ? removed : fail(Code::storage_not_available);
    }

private:
    enum class Change { whole, unheard, lost };  // unheard: it reaches the disk, but is reported as failed
    Change next_change() {
        if (off_) return Change::lost;
        if (cut_at_ == 0 || ++changes_ != cut_at_) return Change::whole;
        off_ = true;
        if (on_cut) on_cut();
        return quarters_ == 4 ? Change::unheard : Change::lost;
    }

    bool off_ = false;
    uint64_t changes_ = 0;
    uint64_t cut_at_ = 0;
    unsigned quarters_ = 0;
};

}  // namespace festore::store_test
