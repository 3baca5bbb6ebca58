// SPDX-License-Identifier: BSD-2-Clause
// Retrying reads of a store (rule 9).
#pragma once
#include "client/store/readable_store.h"
#include "client/store/requests.h"

namespace festore {

// Retries a read that other writers, or the end of the session, have disturbed; the last time under a lock that keeps
// writers out.
template <class T, class F>
Result<T> ReadableStore::read(const Operation& operation, F&& once) {
    constexpr int kTriesWithoutLock = 3;
    StoreLock lock;
    for (int attempt = 0;; ++attempt) {
        if (const auto open = ensure_open(operation, Missing::is_an_error); !open) return unexpected(open.error());
        bool again = false;
        Result<T> result = once(again);
        if (result || !again || lock.held()) return result;
        (void)directory_.follow_exchange();
        if (attempt + 1 < kTriesWithoutLock) continue;
        if (batch_) return result;  // this process holds the lock itself
        Result<StoreLock> shared = directory_.lock(LockKind::shared, options_.wait);
        if (!shared) return unexpected(shared.error());
        lock = std::move(*shared);
    }
}

}  // namespace festore
