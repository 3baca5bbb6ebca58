// SPDX-License-Identifier: BSD-2-Clause
// One owner's objects in one storage, as a Client uses them: those of a store (client/store/store.h), or those in the TEE's own storages
// (client/persistent/objects.h). Names are valid when they arrive here. Errors and effects: as of Client's functions. Thread
// safety: one thread at a time.
#pragma once
#include "base/bytes.h"
#include "festore/client.hpp"

#include <algorithm>
#include <memory>

namespace festore {

// A put whose content comes in parts. Plaintext in it is wiped.
class ObjectWriter {
public:
    virtual ~ObjectWriter() = default;
    ObjectWriter(const ObjectWriter&) = delete;
    ObjectWriter& operator=(const ObjectWriter&) = delete;

    // After an error the writer cannot be used any more.
    virtual Result<void> write(Bytes part) = 0;
    virtual Result<ObjectInfo> finish() = 0;
    // Whether the session must stay open between the parts.
    [[nodiscard]] virtual bool needs_session() const = 0;

protected:
    ObjectWriter() = default;
};

// An object that is being read, as it was when it was looked up. Plaintext in it is wiped.
class ObjectReader {
public:
    virtual ~ObjectReader() = default;
    ObjectReader(const ObjectReader&) = delete;
    ObjectReader& operator=(const ObjectReader&) = delete;

    [[nodiscard]] const ObjectInfo& info() const { return info_; }
    [[nodiscard]] uint64_t position() const { return position_; }
    void seek(uint64_t position) { position_ = std::min(position, info_.size); }
    // Fills `out`, or reads up to the end of the object.
    virtual Result<size_t> read(MutableBytes out) = 0;

protected:
    explicit ObjectReader(ObjectInfo info) : info_(std::move(info)) {}
    ObjectInfo info_;
    uint64_t position_ = 0;
};

class Objects {
public:
    virtual ~Objects() = default;
    Objects(const Objects&) = delete;
    Objects& operator=(const Objects&) = delete;

    virtual Result<ObjectInfo> put(std::string_view name, Bytes content, const PutOptions& options) = 0;
    virtual Result<std::vector<std::byte>> get(std::string_view name) = 0;
    virtual Result<std::unique_ptr<ObjectWriter>> writer(std::string_view name, const PutOptions& options) = 0;
    virtual Result<std::unique_ptr<ObjectReader>> reader(std::string_view name) = 0;
    virtual Result<ObjectInfo> stat(std::string_view name) = 0;
    virtual Result<void> remove(std::string_view name) = 0;
    virtual Result<Listing> list(std::string_view prefix) = 0;
    virtual Result<VerifyReport> verify(const VerifyOptions& options) = 0;

protected:
    Objects() = default;
};

}  // namespace festore
