// SPDX-License-Identifier: BSD-2-Clause
// How get, stat and changes treat lost ranges (engine/reserved.h).
#pragma once
#include "engine/reserved.h"
#include "engine/transaction.h"

namespace festore::ta {

// For a name that the index does not have: checks that no object with that name was lost. name_lost: the name lies in a lost range that
// nobody has acknowledged. write_once, with `is_stored`: the name lies in an acknowledged lost range, which may have had an object that
// is kept for good.
Outcome<engine::ChangeProgress> check_not_lost(engine::IndexReader& reader, Bytes name, bool is_stored);

// The same before a change of that name; a name that the index has is not lost. `is_stored`: the change stores an object under the name.
Outcome<engine::ChangeProgress> check_change(engine::IndexTransaction& transaction, engine::CallPages& pages, Bytes name, bool is_stored);

}  // namespace festore::ta
