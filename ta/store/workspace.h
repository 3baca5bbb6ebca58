// SPDX-License-Identifier: BSD-2-Clause
// What the engine needs to work: decrypted pages, the numbers of free pages, a store's keys. One serves all reads and all
// changes that begin and end within one call; each transaction over several calls has another. About 120 KiB, on the heap.
#pragma once
#include "base/limits.h"
#include "engine/transaction.h"
#include "ta/tee_crypto.h"

namespace festore::ta {

class Workspace {
public:
    explicit Workspace(TeeCrypto& crypto) : crypto_(crypto) {}
    Workspace(const Workspace&) = delete;
    Workspace& operator=(const Workspace&) = delete;

    // Serves this store from now on; forgets the pages of another store.
    Status use(Bytes device_key, const engine::RootRecord& record);
    [[nodiscard]] const engine::StoreKeys& keys() const { return *keys_; }
    // The store that it serves.
    [[nodiscard]] const engine::StoreId& store_id() const { return store_id_; }

private:
    TeeCrypto& crypto_;
    std::optional<engine::StoreKeys> keys_;
    engine::StoreId store_id_{};
    uint64_t epoch_ = 0;
    std::array<engine::Frame, limits::kStoreFrames> frames_{};
    engine::PageBytes scratch_{};
    engine::NumberMemory numbers_{};

public:
    engine::Pages pages{frames_, scratch_, crypto_};
    engine::IndexTransaction transaction{pages, numbers_};
};

}  // namespace festore::ta
