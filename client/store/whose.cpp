// SPDX-License-Identifier: BSD-2-Clause
// Whose directory this is, before something is destroyed or made. The header is in clear, so whoever can write the directory can make it
// name any store. What counts: the name that the caller chose; whether the pages here are the named store's; and whether the owner's other
// stores are known to be elsewhere (rule 25).
#include "client/store/scan.h"
#include "client/store/store.h"

#include "base/host/hex.h"
#include "base/result.h"
#include "client/store/errors.h"

#include <algorithm>

namespace festore {

// The claim about a store's directory may be out of date: only what is there counts.
OpenStore::Whereabouts OpenStore::whereabouts_of(const StoreRecord& store) {
    if (store.directory == directory_.path()) return Whereabouts::here;
    if (store.directory.empty()) return Whereabouts::unknown;
    StoreDirectory last(files_, store.directory, std::nullopt);
    const Result<DirectoryContents> contents = last.look();
    if (last.is_same_as(directory_)) return Whereabouts::here;
    if (!contents || !contents->header || !has_id(store, contents->header->store_id)) return Whereabouts::unknown;
    // A header alone proves nothing, unless the store has no pages.
    using Kind = DirectoryContents::Kind;
    const bool has_it = contents->kind == Kind::store || (contents->kind == Kind::unused && store.info->height == 0);
    return has_it ? Whereabouts::elsewhere : Whereabouts::unknown;
}

// Not what the TA or this client remembers: the pages are read anew. A store without pages proves nothing.
bool StoreClient::pages_prove_store(const Operation& operation) {
    if (status_.index_page == 0) return false;
    channel_.forget_pages();
    Scan scan(*this, operation, {{}, true, 0, true});
    const Result<Scan::Step> step = scan.next();
    return step && !step->gap;
}

bool OpenStore::has_id(const StoreRecord& store, const protocol::Id& store_id) {
    return store.info && store.info->store_id == hex(store_id);
}

std::string OpenStore::other_place_of(const std::vector<StoreRecord>& stores, const protocol::Id& store_id) {
    for (const StoreRecord& store : stores)
        if (has_id(store, store_id) && whereabouts_of(store) == Whereabouts::elsewhere) return store.directory;
    return "";
}

// Whoever can write at another store's last place can make it look as if that store was there. So, if no name was chosen, only the pages
// prove whose directory this is, and not even the pages if another store was last seen here.
Result<void> StoreClient::check_is_meant(const Operation& operation, const protocol::StoreHeader& header, const Records& own,
                                         Code refused) {
    const auto is_its = [&](const StoreRecord& store) { return has_id(store, header.store_id); };
    const std::string other_place = options_.is_name_given ? "" : other_place_of(own.stores, header.store_id);
    if (!other_place.empty())
        return unexpected({ErrorCode::conflict,
                           cannot(operation) + "the header of " + quote(directory_.path()) + " is that of the store at " +
                               quote(other_place) + ": if this is a copy, remove it as any folder; if that is one, name this store " +
                               "with --name",
                           0, 0});
    const auto was_here = [&](const StoreRecord& store) { return is_its(store) && whereabouts_of(store) == Whereabouts::here; };
    const bool is_here = std::any_of(own.stores.begin(), own.stores.end(), was_here);
    const bool is_open = refused == Code::success;
    const bool is_proven = is_open && pages_prove_store(operation);
    // If the TEE has no record of that store, no record is reached.
    const auto may_be_its = [&](const StoreRecord& store) { return !store.info || is_its(store); };
    const bool is_reached = std::any_of(own.stores.begin(), own.stores.end(), may_be_its);
    for (const StoreRecord& store : own.stores) {
        if (!is_reached || is_its(store)) continue;
        const Whereabouts where = whereabouts_of(store);
        // The TEE refuses a store under ree beside one of the same name in the RPMB: the name does not tell which is meant.
        const bool is_namesake = refused == Code::store_in_rpmb && store.name == shown_store_name(header.name());
        bool is_doubtful = !is_proven || (where == Whereabouts::here && !is_here);
        if (is_name_chosen_) is_doubtful = !is_proven && where == Whereabouts::here && !(is_open && is_here);
        if (is_namesake) is_doubtful = where != Whereabouts::elsewhere;
        if (is_doubtful) return unexpected(may_be_of(operation, store, is_namesake));
    }
    // A copy that was left behind has pages, too. A store without objects loses nothing.
    if (!options_.is_name_given && is_open && !is_proven && status_.index_page != 0)
        return unexpected({ErrorCode::damaged,
                           cannot(operation) + "the pages at " + quote(directory_.path()) + " are not those of the store that its " +
                               "header names: they are damaged, or an older copy of it. If that store itself is meant, choose it with " +
                               "--name; a copy is removed as any folder",
                           0, 0});
    if (is_name_chosen_ || is_proven || !own.is_rpmb_silent) return {};
    return unexpected({ErrorCode::no_tee,
                       cannot(operation) + "the RPMB gives no answer, and may have the record of another store, to which " +
                           quote(directory_.path()) + " belongs: choose the one that is meant with --name. " + std::string(kNoRpmbHint),
                       0, 0});
}

Error OpenStore::may_be_of(const Operation& operation, const StoreRecord& store, bool is_namesake) const {
    std::string advice = ": choose the one that is meant with --name";
    if (is_name_chosen_) advice = ": put its own header back, or move the directory of the one that is meant elsewhere";
    if (is_namesake) advice = ": put its own header back, or move this directory elsewhere and the other one back to its place";
    return {ErrorCode::damaged,
            cannot(operation) + quote(directory_.path()) + " may be the directory of the store " + text_of(store) +
                ", and not of the one that its header names" + advice,
            0, 0};
}

Result<void> OpenStore::check_header_hides_no_store(const Operation& operation, Hidden hidden, std::string_view advice) {
    if (!ta_knows_names()) return {};
    const Records own = FESTORE_TRY(list_records(operation, true));
    for (const StoreRecord& store : own.stores) {
        const Whereabouts where = whereabouts_of(store);
        if (hidden == Hidden::last_seen_here ? where != Whereabouts::here : where == Whereabouts::elsewhere) continue;
        return unexpected({ErrorCode::damaged,
                           cannot(operation) + "the TEE has no record of the store that the header of " + quote(directory_.path()) +
                               " names, and this may be the directory of the store " + text_of(store) + ": then put its own header back; " +
                               std::string(advice),
                           0, 0});
    }
    return {};
}

}  // namespace festore
