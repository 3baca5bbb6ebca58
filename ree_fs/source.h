// SPDX-License-Identifier: BSD-2-Clause
// Where the bytes of one storage file come from: a descriptor, or memory. Not owned; one thread at a time.
#pragma once
#include "base/bytes.h"

namespace festore::ree_fs {

class FileSource {
public:
    virtual ~FileSource() = default;
    [[nodiscard]] virtual uint64_t size() const = 0;
    // Fills all of `out` from `offset`. False: the file ends too early, or the system failed to read it.
    [[nodiscard]] virtual bool read(uint64_t offset, MutableBytes out) = 0;
};

class MemorySource final : public FileSource {
public:
    explicit MemorySource(Bytes content) : content_(content) {}
    [[nodiscard]] uint64_t size() const override { return content_.size(); }
    [[nodiscard]] bool read(uint64_t offset, MutableBytes out) override {
        if (offset > content_.size() || out.size() > content_.size() - offset) return false;
        copy_bytes(content_.subspan(static_cast<size_t>(offset), out.size()), out);
        return true;
    }

private:
    Bytes content_;
};

}  // namespace festore::ree_fs
