// SPDX-License-Identifier: BSD-2-Clause
#include "ta/rpmb_here.h"

#include "ta/objects/persistent_objects.h"

namespace festore::ta {

using protocol::RpmbRequest;

Outcome<protocol::RpmbAnswer> rpmb_here(Instance& instance, const Identity& caller, const RpmbRequest& request) {
    const bool built_in = trusted_storage(protocol::Storage::rpmb).has_value();
    const bool only_looks = request.word == RpmbRequest::Word::look;
    if (!only_looks && !is_root(caller)) return fail(Code::access_denied);
    RootTable* const table = FESTORE_TRY(instance.root_table(engine::Anchor::ree));
    if (only_looks) return protocol::RpmbAnswer{built_in, table->says_no_rpmb()};
    const bool none = request.word == RpmbRequest::Word::none;
    // Any answer shows that there is an RPMB, and stores under it must not be ignored.
    if (none && built_in && !request.without_asking) {
        const Outcome<bool> asked = instance.rpmb_has_record_of({caller, {}});
        if (asked || !no_answer(asked.error().code)) return fail(Code::access_conflict);
    }
    FESTORE_CHECK(table->say_no_rpmb(none));
    return protocol::RpmbAnswer{built_in, none};
}

}  // namespace festore::ta
