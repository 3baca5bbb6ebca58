// SPDX-License-Identifier: BSD-2-Clause
// libfestore, C++: objects, as every storage has them, and their contents in parts. The functions are members of Client (client.hpp).
#pragma once
#include "festore/export.h"
#include "festore/result.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace festore {

struct PutOptions {
    bool if_absent = false;              // conflict if the name exists
    std::optional<uint64_t> if_version;  // conflict unless the object has this version
    // The object can never be replaced. In a store it cannot be removed or renamed either, as long as the store lives, unless it is
    // removable; in the TEE's own storage (ree, rpmb) it can always be removed.
    bool write_once = false;
    bool removable = false;              // with write_once, in a store: the object can be removed
    std::optional<int64_t> modified;     // default: now, by this system's clock
    std::optional<uint64_t> size;        // of a stream's content, if known: fails at once with no_space if the disk cannot hold it
};

struct ObjectInfo {
    std::string name;
    uint64_t size = 0;
    // Changes with each replacement. In a store no version is used twice, not even by another object: each put and each rename takes
    // the next number of the store's counter. In the TEE's own storage: 1 at first, one more with each replacement, and 1 again
    // for an object that was removed and stored again. 0 for objects of the first demo.
    uint64_t version = 0;
    int64_t created = 0;   // times are what this system claimed; 0 for objects of the first demo
    int64_t modified = 0;
    bool write_once = false;
    bool kept = false;     // write-once, and cannot be removed or renamed
    bool legacy = false;   // stored by the first demo's TA
};

// A range of names that cannot be listed, because a page of a store's index is or was damaged. The bounds need not be names of objects.
struct MissingRange {
    std::string from;           // the first name, inclusive; empty: no lower bound
    std::string before;         // the last name, exclusive; empty: no upper bound
    bool without_from = false;  // `from` itself is not missing: it is listed
    bool dropped = false;       // lost with damage that was dropped (LostRange), and nobody has acknowledged it
};

struct Listing {
    std::vector<ObjectInfo> objects;    // sorted by name, bytewise
    uint32_t damaged = 0;               // the caller's objects in the TEE's own storage that are damaged; their names are lost. Not
                                        // counted: damaged objects whose owner the TEE cannot tell; verify() reports those
    std::vector<MissingRange> missing;  // of a store: ranges that may have more objects. If nothing can be listed, list() fails instead
};

// The content of one put, in parts, of any length. In a store each part is sealed and goes to the disk as it comes; memory does not
// grow with the content, and other programs can change the store meanwhile. A persistent object's content (ree, rpmb) is
// collected in memory. The object appears, or is replaced, only at finish(): a stream that ends without finish() leaves
// nothing. Of several streams of one Client only one at a time can store more than fits into a store's index; the others, and puts of
// that size, are refused with conflict, by write() or finish(). In a store the stream keeps the Client's session open.
class FESTORE_API WriteStream {
public:
    WriteStream(WriteStream&&) noexcept;
    WriteStream& operator=(WriteStream&&) noexcept;
    ~WriteStream();

    // Appends the next part. After an error the stream is over: later calls fail with usage. If the TA dies, the parts given so far are
    // lost: no_tee.
    Result<void> write(std::span<const std::byte> part);
    // Stores the object, as Client::put does; the conditions of PutOptions are checked now. The stream is over, whatever the result.
    Result<ObjectInfo> finish();

private:
    struct State;
    explicit WriteStream(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
    friend class Client;
    friend class Transaction;
};

// The content of an object, in parts. It is verified before it is handed out, and is that of the object when the stream was opened:
// if the object is replaced or removed meanwhile, the stream keeps reading the old version, or fails with busy if this Client's session
// has ended or has looked up another object since (several streams of one Client take turns: each turn costs one more call into the TEE).
class FESTORE_API ReadStream {
public:
    ReadStream(ReadStream&&) noexcept;
    ReadStream& operator=(ReadStream&&) noexcept;
    ~ReadStream();

    [[nodiscard]] const ObjectInfo& info() const;
    [[nodiscard]] uint64_t position() const;
    // Sets the position. In a store only the segments that are read are opened. A position beyond the end means the end.
    void seek(uint64_t position);
    // Fills `out`, or as much of it as there is content before the end, and advances the position. 0: the end, or `out` is empty.
    // After an error the position is unchanged.
    Result<size_t> read(std::span<std::byte> out);

private:
    struct State;
    explicit ReadStream(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
    friend class Client;
};

}  // namespace festore
