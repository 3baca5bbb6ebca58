// SPDX-License-Identifier: BSD-2-Clause
// The descriptors of stores' files and folders in this process. An flock(2) lock belongs to the open file, which a forked child shares
// even if the child was forked before the file was locked: a child that lives longer than its parent would keep the lock. So a child
// gives all these descriptors up as it begins: each becomes one of /dev/null, which keeps its number taken until its owner closes it.
// Thread safe.
//
// Not covered: a child made by clone(2) without the C library's fork().
#pragma once
#include <functional>

namespace festore::descriptors {

// Opens one, as `call` does, and adds it; nobody forks in between. What `call` answers; errno is its.
int open(const std::function<int()>& call);
// Before it is closed. Whether it was there: in a forked child it is not.
bool remove(int descriptor);

}  // namespace festore::descriptors
