// SPDX-License-Identifier: BSD-2-Clause
// The descriptors of stores' files and folders in this process. An flock(2) lock belongs to the open file, which a forked child shares
// even if the child was forked before the file was locked: a child that lives longer than its parent would keep the lock. So a new
// child gives up all these descriptors: each is replaced by an eventfd, which keeps the number taken until its owner closes it.
// A child made without fork()'s handlers (clone(2), _Fork()) keeps them until it ends or calls exec; is_own() shows it that their locks
// belong to another process. Thread safe.
#pragma once
#include <functional>

namespace festore::descriptors {

// Opens a descriptor by `call` and adds it, without a fork in between. Returns what `call` returned, with its errno.
int open(const std::function<int()>& call);
// To be called before the descriptor is closed. True if this process itself opened it.
bool remove(int descriptor);
// Whether this process itself opened it.
bool is_own(int descriptor);

}  // namespace festore::descriptors
