// SPDX-License-Identifier: BSD-2-Clause
// The requests of a TEE to its supplicant in the normal world, which keeps the files: the interface below the writer. Every call
// is one round trip between the worlds and is counted, whether it succeeds or not. A write has reached the disk when it returns
// (tee-supplicant opens with O_SYNC). After a power cut the first changes are there, up to some point, the last of them perhaps
// in part. One thread at a time.
#pragma once
#include "base/bytes.h"
#include "base/result.h"

#include <cstdint>
#include <string>

namespace festore::ree_fs {

struct RoundTrips {
    uint64_t open = 0;
    uint64_t create = 0;
    uint64_t close = 0;
    uint64_t read = 0;
    uint64_t write = 0;
    uint64_t truncate = 0;
    uint64_t remove = 0;
    [[nodiscard]] uint64_t all() const { return open + create + close + read + write + truncate + remove; }
};

class Supplicant {
public:
    virtual ~Supplicant() = default;

    // Returns a number for the open file. item_not_found: there is no file of that name.
    Outcome<int> open(const std::string& name) { return ++trips_.open, do_open(name); }
    // The file is empty; an older one of that name is replaced.
    Outcome<int> create(const std::string& name) { return ++trips_.create, do_create(name); }
    void close(int file) { ++trips_.close, do_close(file); }
    // Returns how much was read: less than `out` at the end of the file.
    Outcome<size_t> read(int file, uint64_t offset, MutableBytes out) { return ++trips_.read, do_read(file, offset, out); }
    // A gap between the file's end and the offset is filled with zeroes. storage_no_space: the disk is full.
    Status write(int file, uint64_t offset, Bytes bytes) { return ++trips_.write, do_write(file, offset, bytes); }
    Status truncate(int file, uint64_t size) { return ++trips_.truncate, do_truncate(file, size); }
    // item_not_found: there is no such file.
    Status remove(const std::string& name) { return ++trips_.remove, do_remove(name); }

    [[nodiscard]] const RoundTrips& trips() const { return trips_; }

protected:
    virtual Outcome<int> do_open(const std::string& name) = 0;
    virtual Outcome<int> do_create(const std::string& name) = 0;
    virtual void do_close(int file) = 0;
    virtual Outcome<size_t> do_read(int file, uint64_t offset, MutableBytes out) = 0;
    virtual Status do_write(int file, uint64_t offset, Bytes bytes) = 0;
    virtual Status do_truncate(int file, uint64_t size) = 0;
    virtual Status do_remove(const std::string& name) = 0;

private:
    RoundTrips trips_;
};

// Files of one directory, as tee-supplicant keeps them: mode 0600; writes, new names and removals are synchronous.
class DirectorySupplicant : public Supplicant {
public:
    // `descriptor` of the directory belongs to the caller and must stay open while this is used.
    explicit DirectorySupplicant(int descriptor) : directory_(descriptor) {}

protected:
    Outcome<int> do_open(const std::string& name) override;
    Outcome<int> do_create(const std::string& name) override;
    void do_close(int file) override;
    Outcome<size_t> do_read(int file, uint64_t offset, MutableBytes out) override;
    Status do_write(int file, uint64_t offset, Bytes bytes) override;
    Status do_truncate(int file, uint64_t size) override;
    Status do_remove(const std::string& name) override;

private:
    int directory_;
};

}  // namespace festore::ree_fs
