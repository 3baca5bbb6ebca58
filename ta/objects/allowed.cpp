// SPDX-License-Identifier: BSD-2-Clause
#include "ta/objects/allowed.h"

namespace festore::ta {

using engine::Anchor;
using protocol::AllowedAnswer;
using protocol::AllowedRequest;
using protocol::Standing;

namespace {

bool has_store_id(const RootTable* table, const engine::StoreId& store_id) {
    for (size_t place = 0; table != nullptr && place < limits::kStoresMax; ++place)
        if (table->is_of(place, store_id)) return true;
    return false;
}

// Counts the identity's stores in the table, except those that are also in `other`.
Outcome<uint32_t> stores_in(const RootTable& table, const Identity& identity, const RootTable* other) {
    uint32_t count = 0;
    for (size_t place = 0; place < limits::kStoresMax; ++place) {
        const auto owner = table.owner(place);
        if (!owner) break;
        if (*owner == identity && !has_store_id(other, table.store_id(place))) ++count;
    }
    return count;
}

Status write_entries(const engine::AllowListView& list, SharedOutput& page) {
    page.needed = list.header().count * protocol::kAllowedEntryBytes;
    if (page.needed > page.size) return fail(Code::short_buffer);
    for (size_t n = 0; n < list.header().count; ++n) {
        const engine::AllowEntry entry = list.at(n);
        std::array<std::byte, protocol::kAllowedEntryBytes> encoded{};
        Writer out(encoded);
        encode(protocol::AllowedEntry{static_cast<protocol::Login>(entry.login), entry.identity, entry.limits}, out);
        if (!out.ok()) return fail(Code::generic);
        page.write(n * encoded.size(), out.written());
    }
    return {};
}

// What everybody may know of the list: whether there is one, and whether it can be read.
AllowedAnswer own_part(const AllowedAnswer& all) {
    AllowedAnswer own;
    own.flags = all.flags & (protocol::kAllowedListed | protocol::kAllowedDamaged | protocol::kAllowedNewer);
    return own;
}

}  // namespace

Outcome<uint32_t> stores_of(Instance& instance, const Identity& identity, bool asks_rpmb) {
    const RootTable* ree = nullptr;
    uint32_t count = 0;
    if (trusted_storage(protocol::Storage::ree)) {
        ree = FESTORE_TRY(instance.root_table(Anchor::ree));
        count += FESTORE_TRY(stores_in(*ree, identity, nullptr));
    }
    if (!asks_rpmb || !FESTORE_TRY(instance.may_ask_rpmb())) return count;
    const RootTable* const rpmb = FESTORE_TRY(instance.root_table(Anchor::rpmb));
    count += FESTORE_TRY(stores_in(*rpmb, identity, ree));
    return count;
}

Status may_make_store(Instance& instance, const Identity& identity, bool asks_rpmb) {
    const uint32_t stores = FESTORE_TRY(stores_of(instance, identity, asks_rpmb));
    if (stores >= limits::kStoresPerOwnerMax) return fail(Code::many_stores);
    const AllowList::Right right = FESTORE_TRY(instance.allow_list().right_of(identity));
    if (right.standing == Standing::refused) return fail(Code::not_allowed);
    if (right.limits.stores == kNoLimit) return {};
    // Stores in the RPMB count, too. If the device has no RPMB, root must declare that.
    if (!asks_rpmb && FESTORE_TRY(instance.may_ask_rpmb())) return fail(Code::rpmb_no_answer);
    return stores < right.limits.stores ? Status{} : fail(Code::over_limit);
}

Status may_move_store(Instance& instance, const Identity& identity, bool made_unasked) {
    const uint32_t stores = FESTORE_TRY(stores_of(instance, identity, true));  // includes the store that moves
    if (stores > limits::kStoresPerOwnerMax) return fail(Code::many_stores);
    const AllowList::Right right = FESTORE_TRY(instance.allow_list().right_of(identity));
    const bool is_limited = right.standing != Standing::refused && right.limits.stores != kNoLimit;
    return made_unasked && is_limited && stores > right.limits.stores ? fail(Code::over_limit) : Status{};
}

Status allow(Instance& instance, const Identity& caller, const protocol::AllowRequest& request) {
    if (!is_root(caller)) return fail(Code::access_denied);
    return instance.allow_list().change(request);
}

Outcome<AllowedAnswer> allowed(Instance& instance, const Identity& caller, const AllowedRequest& request, SharedOutput& page) {
    const AllowedAnswer all = FESTORE_TRY(instance.allow_list().tell());
    AllowedAnswer answer = is_root(caller) ? all : own_part(all);
    const engine::AllowListView* const list = instance.allow_list().view();
    if (is_root(caller) && list != nullptr) FESTORE_CHECK(write_entries(*list, page));
    const AllowList::Right right = FESTORE_TRY(instance.allow_list().right_of(caller));
    answer.standing = right.standing;
    answer.own = right.limits;
    if (request.count != AllowedRequest::Count::nothing) {
        const auto storage = request.count == AllowedRequest::Count::ree ? protocol::Storage::ree : protocol::Storage::rpmb;
        const ObjectIds* const ids = FESTORE_TRY(instance.object_ids());
        const Uses uses = FESTORE_TRY(count_uses(*ids, caller, storage, nullptr));
        answer.used_bytes = uses.own.bytes;
        answer.used_objects = uses.own.objects;
    }
    const bool has_stores = request.stores && caller.login != protocol::Login::public_;
    if (has_stores) answer.used_stores = FESTORE_TRY(stores_of(instance, caller, true));
    return answer;
}

}  // namespace festore::ta
