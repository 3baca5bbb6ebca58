// SPDX-License-Identifier: BSD-2-Clause
// The descriptors of stores' files and folders in this process. An flock(2) lock belongs to the open file, which a forked child shares
// even if the child was forked before the file was locked: a child that lives longer than its parent would keep the lock. So a child
// gives all these descriptors up as it begins: each becomes one of an eventfd, which keeps its number taken until its owner closes it.
// A child made without fork()'s handlers (clone(2), _Fork()) keeps them until it ends or calls exec; is_own() tells it that their locks
// are another process's. Thread safe.
#pragma once
#include <functional>

namespace festore::descriptors {

// Opens one, as `call` does, and adds it; nobody forks in between. What `call` answers; errno is its.
int open(const std::function<int()>& call);
// Before it is closed. Whether it is this process's own.
bool remove(int descriptor);
// Whether this process itself opened it.
bool is_own(int descriptor);

}  // namespace festore::descriptors
