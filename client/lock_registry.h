// SPDX-License-Identifier: BSD-2-Clause
// The descriptors of this process that hold flock(2) locks. A lock belongs to the open file, which a forked child shares: a child that
// lives longer than its parent would keep the lock. So a child gives these descriptors up as it begins: each becomes one of
// /dev/null, which keeps its number taken until its owner closes it. Thread safe.
//
// Not covered: a child made by clone(2) without the C library's fork().
#pragma once

namespace festore::locks {

// Before the descriptor is locked.
void add(int descriptor);
// Before it is unlocked or closed. Whether it was there: in a forked child it is not.
bool remove(int descriptor);

}  // namespace festore::locks
