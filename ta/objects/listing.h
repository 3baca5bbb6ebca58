// SPDX-License-Identifier: BSD-2-Clause
// One page of an owner's objects. The cursor is the last id looked at, and a page holds the smallest ids after it. So an object
// that exists during the whole listing is listed exactly once, whatever else is added or removed, and nothing is
// kept between calls (rule 1). A page costs one walk over the ids of the storage and two calls for each of its objects.
#pragma once
#include "ta/objects/persistent_objects.h"

namespace festore::ta {

// How many objects of the storage, of all owners, the TEE cannot name: an enumeration meets them, but gives no id.
Outcome<uint32_t> count_damaged(protocol::Storage storage);

// Fills `page` with protocol::ListEntry. The answer's cursor is a view into `cursor_out`. bad_parameters: the page
// is smaller than limits::kListBufferBytesMin.
Outcome<protocol::ListAnswer> list_page(const ObjectIds& ids, const Identity& owner, const protocol::ListRequest& request,
                                        SharedOutput& page, gp::ObjectId& cursor_out);

}  // namespace festore::ta
