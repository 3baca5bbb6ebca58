// SPDX-License-Identifier: BSD-2-Clause
// Lost ranges (engine/reserved.h) as get, stat and changes meet them.
#pragma once
#include "engine/reserved.h"
#include "engine/transaction.h"

namespace festore::ta {

// Of a name that the index does not have: whether it is certain that nothing has it. name_lost: it lies in a lost range that nobody
// has acknowledged. With `is_stored`, write_once: or in one where an object may have been that is kept for good.
Result<engine::Progress> check_not_lost(engine::IndexReader& reader, Bytes name, bool is_stored);

// Before a change of that name. `is_stored`: it is to have an object afterwards. Nothing that the index has is lost.
Result<engine::Progress> check_change(engine::Transaction& transaction, engine::CallPages& pages, Bytes name, bool is_stored);

}  // namespace festore::ta
