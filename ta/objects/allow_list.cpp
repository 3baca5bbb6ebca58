// SPDX-License-Identifier: BSD-2-Clause
#include "ta/objects/allow_list.h"

#include "ta/objects/persistent_objects.h"
#include "ta/session.h"
#include "ta/objects/storage_walk.h"

namespace festore::ta {

using engine::AllowListDraft;
using engine::AllowListView;
using protocol::AllowRequest;
using protocol::AllowVerb;
using protocol::Standing;

namespace {

constexpr uint32_t kStorage = TEE_STORAGE_PRIVATE_REE;

gp::ObjectId list_object() { return *gp::ObjectId::from(bytes_of(engine::kAllowListId)); }

bool is_corrupt(Code code) { return code == Code::corrupt_object || code == Code::corrupt_object_2; }

size_t index_of(protocol::Storage storage) { return storage == protocol::Storage::ree ? 0 : 1; }

Outcome<Identity> identity_of(const protocol::Allowed& name) {
    if (name.login == protocol::Login::public_) return Identity{};
    const Identity identity = FESTORE_TRY(ta::identity_of(name.login, name.id));
    if (is_root(identity)) return fail(Code::bad_parameters);
    return identity;
}

bool is_over(const Use& use, const PutChange& change, uint64_t bytes_max, uint32_t objects_max) {
    const bool is_one_more = !change.bytes_before;
    if (is_one_more && use.objects >= objects_max) return true;
    return use.bytes > bytes_max || change.bytes > bytes_max - use.bytes;
}

}  // namespace

Outcome<Uses> count_uses(const ObjectIds& ids, const Identity& owner, protocol::Storage storage, const PutChange* without) {
    const gp::ObjectId own_prefix = FESTORE_TRY(ids.prefix_of(owner));
    const Identity root = FESTORE_TRY(ta::identity_of(protocol::Login::user, 0));
    const gp::ObjectId root_prefix = FESTORE_TRY(ids.prefix_of(root));
    const bool is_public = owner.login == protocol::Login::public_;
    const auto begins = [](const gp::ObjectId& id, const gp::ObjectId& prefix) {
        return text_of(id.view()).starts_with(text_of(prefix.view()));
    };
    Uses uses;
    const auto count = [&](const gp::ObjectId& id, size_t bytes) {
        const bool is_legacy = ObjectIds::is_legacy(id);
        if (!is_legacy && id.size != kObjectIdBytes) return;  // festore's own, e.g. root tables, copy secrets, this list
        if (without != nullptr && text_of(id.view()) == text_of(without->id.view())) return;
        // An object of the first demo that the put replaces is removed with it.
        if (without != nullptr && is_public && is_legacy && text_of(id.view()) == text_of(without->name)) return;
        const bool is_own = is_legacy ? is_public : begins(id, own_prefix);
        for (Use* use : {&uses.own, &uses.all}) {
            if (use == &uses.own ? !is_own : begins(id, root_prefix)) continue;
            use->bytes += bytes;
            ++use->objects;
        }
    };
    // Objects that the TEE cannot name have no known owner: they count only in `all`.
    const uint32_t tee_storage = FESTORE_TRY(trusted_storage(storage));
    uses.all.objects += FESTORE_TRY(walk(tee_storage, count));
    return uses;
}

Status AllowList::check_put(const ObjectIds& ids, const Identity& owner, protocol::Storage storage, const PutChange& change) {
    if (is_root(owner)) return {};
    if (change.bytes_before && change.bytes <= *change.bytes_before) return {};
    const Right right = FESTORE_TRY(right_of(owner));
    if (right.standing == Standing::refused) return fail(Code::not_allowed);
    const AllowTotal total = view_ ? view_->header().totals[index_of(storage)] : AllowTotal{};
    if (!right.limits.limits_objects() && !total.is_set()) return {};
    const Uses uses = FESTORE_TRY(count_uses(ids, owner, storage, &change));
    if (is_over(uses.own, change, right.limits.bytes, right.limits.objects)) return fail(Code::over_limit);
    if (is_over(uses.all, change, total.bytes, total.objects)) return fail(Code::over_limit);
    return {};
}

Outcome<AllowList::Right> AllowList::right_of(const Identity& identity) {
    if (is_root(identity)) return Right{};
    FESTORE_CHECK(load());
    if (state_ == State::none) return Right{};
    if (!view_) return Right{Standing::refused, {}};
    if (const auto own = view_->find(static_cast<uint32_t>(identity.login), identity.uuid)) return Right{Standing::by_entry, *own};
    if ((view_->header().flags & engine::kAllowClosed) != 0) return Right{Standing::refused, {}};
    if ((view_->header().flags & engine::kAllowOthers) != 0) return Right{Standing::as_other, view_->header().others};
    return Right{};
}

void AllowList::forget() {
    view_.reset();
    memory_.reset();
    state_ = State::unread;
}

Status AllowList::load() {
    if (state_ != State::unread) return {};
    const Status read = read_object();
    if (read || !is_corrupt(read.error().code)) return read;
    state_ = State::damaged;
    was_there_ = true;
    put_damaged_in_its_place();
    return {};
}

Status AllowList::read_object() {
    Outcome<gp::PersistentObject> opened = gp::PersistentObject::open(kStorage, list_object(), TEE_DATA_FLAG_ACCESS_READ);
    if (!opened && opened.error().code == Code::item_not_found) {
        if (was_there_) return fail(Code::corrupt_object);  // root has not removed it
        state_ = State::none;
        return {};
    }
    if (!opened) return fail(opened.error());
    // One byte more than the maximum, to detect a longer list.
    gp::HeapBuffer content = FESTORE_TRY(gp::HeapBuffer::allocate(engine::kAllowListBytesMax + 1));
    const size_t size = FESTORE_TRY(opened->read(content.bytes()));
    return accept(std::move(content), size);
}

// Takes over the list's bytes. Bytes that do not decode are not an error here: they set state_.
Status AllowList::accept(gp::HeapBuffer content, size_t size) {
    was_there_ = true;
    const Outcome<AllowListView> list = engine::decode_allow_list(content.view().first(size));
    if (!list) {
        state_ = list.error().code == Code::not_supported ? State::newer : State::damaged;
        return {};
    }
    if ((list->header().flags & engine::kAllowDamaged) != 0) {
        state_ = State::damaged;
        return {};
    }
    memory_.emplace(std::move(content));  // the view stays valid: the bytes stay where they are, only their owner has moved
    view_.emplace(*list);
    state_ = State::read;
    return {};
}

// If that fails, this instance still knows of the damage, but the next one finds no list.
void AllowList::put_damaged_in_its_place() {
    std::array<std::byte, engine::kAllowHeaderBytes> memory{};
    AllowListDraft damaged(memory, nullptr);
    damaged.header.flags = engine::kAllowClosed | engine::kAllowDamaged;
    static_cast<void>(gp::PersistentObject::replace(kStorage, list_object(), damaged.finish()));
}

Outcome<Bytes> AllowList::draft(const AllowRequest& request, MutableBytes memory) {
    AllowListDraft list(memory, view());
    uint32_t& flags = list.header.flags;
    if (state_ == State::damaged) flags |= engine::kAllowClosed;  // damage must not open the list for all: only root may
    for (size_t i = 0; i < request.count; ++i) {
        const Identity who = FESTORE_TRY(identity_of(request.names[i]));
        const auto login = static_cast<uint32_t>(who.login);
        if (request.verb == AllowVerb::set) FESTORE_CHECK(list.set({login, who.uuid, request.limits}));
        else FESTORE_CHECK(list.drop(login, who.uuid));
    }
    switch (request.verb) {
    case AllowVerb::set:
        if ((flags & engine::kAllowOthers) == 0) flags |= engine::kAllowClosed;
        break;
    case AllowVerb::others:
        flags = (flags & ~uint32_t{engine::kAllowClosed}) | engine::kAllowOthers;
        list.header.others = request.limits;
        break;
    case AllowVerb::drop_others:
        flags = (flags & ~uint32_t{engine::kAllowOthers}) | engine::kAllowClosed;
        list.header.others = {};
        break;
    case AllowVerb::total:
        for (size_t n = 0; n < list.header.totals.size(); ++n)
            if ((request.storages >> n & 1) != 0) list.header.totals[n] = {request.limits.bytes, request.limits.objects};
        break;
    default: break;
    }
    return list.finish();
}

Status AllowList::change(const AllowRequest& request) {
    FESTORE_CHECK(load());
    if (request.verb == AllowVerb::open) return remove();
    if (state_ == State::newer) return fail(Code::not_supported);
    gp::HeapBuffer memory = FESTORE_TRY(gp::HeapBuffer::allocate(engine::kAllowListBytesMax));
    return write(FESTORE_TRY(draft(request, memory.bytes())));
}

// Rule 4: after an error, what is in the storage now decides.
Status AllowList::write(Bytes content) {
    const Status written = gp::PersistentObject::replace(kStorage, list_object(), content);
    forget();
    if (written) {
        Outcome<gp::HeapBuffer> copy = gp::HeapBuffer::allocate(content.size());
        if (!copy) return {};  // the list is read again when it is needed
        copy_bytes(content, copy->bytes());
        return accept(std::move(*copy), content.size());
    }
    FESTORE_CHECK(load());
    const bool is_there = memory_ && text_of(memory_->view().first(content.size())) == text_of(content);
    return is_there ? Status{} : written;
}

Status AllowList::remove() {
    if (state_ == State::none) return {};
    forget();
    was_there_ = false;
    Outcome<gp::PersistentObject> opened = gp::PersistentObject::open(kStorage, list_object(), TEE_DATA_FLAG_ACCESS_WRITE_META);
    if (!opened && (opened.error().code == Code::item_not_found || is_corrupt(opened.error().code))) return {};
    if (!opened) return fail(opened.error());
    const Status removed = std::move(*opened).remove();
    if (removed) return {};
    FESTORE_CHECK(load());
    return state_ == State::none ? Status{} : removed;
}

Outcome<protocol::AllowedAnswer> AllowList::tell() {
    FESTORE_CHECK(load());
    protocol::AllowedAnswer answer;
    if (state_ != State::none) answer.flags |= protocol::kAllowedListed;
    if (state_ == State::damaged) answer.flags |= protocol::kAllowedDamaged;
    if (state_ == State::newer) answer.flags |= protocol::kAllowedNewer;
    if (!view_) return answer;
    const engine::AllowHeader& header = view_->header();
    if ((header.flags & engine::kAllowClosed) != 0) answer.flags |= protocol::kAllowedClosed;
    if ((header.flags & engine::kAllowOthers) != 0) answer.flags |= protocol::kAllowedOthers;
    answer.others = header.others;
    answer.totals = header.totals;
    answer.entries = header.count;
    return answer;
}

}  // namespace festore::ta
