// SPDX-License-Identifier: BSD-2-Clause
// One page of an owner's objects. The cursor is the last id that was looked at, and a page holds the smallest ids behind
// it: so an object that exists all the while is listed exactly once, whatever comes and goes meanwhile, and nothing is
// kept between calls (rule 1). A page costs one walk over the ids of the storage and two calls for each of its objects.
#pragma once
#include "ta/persistent_objects.h"

namespace festore::ta {

// How many objects of the storage the TEE cannot name, whoever's they are: an enumeration meets them, and tells no id.
Result<uint32_t> count_damaged(protocol::Storage storage);

// Fills `page` with protocol::ListEntry. The answer's cursor is a view into `cursor_out`. bad_parameters when the page
// is smaller than limits::kListBufferBytesMin.
Result<protocol::ListAnswer> list_page(const ObjectIds& ids, const Identity& owner, const protocol::ListRequest& request,
                                       SharedOutput& page, gp::ObjectId& cursor_out);

}  // namespace festore::ta
