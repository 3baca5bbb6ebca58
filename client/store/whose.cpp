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
Store::Whereabouts Store::whereabouts_of(const StoreRecord& store) {
    if (store.directory == directory_.path()) return Whereabouts::here;
    if (store.directory.empty()) return Whereabouts::unknown;
    StoreDirectory last(files_, store.directory, std::nullopt);
    const Result<DirectoryContents> contents = last.look();
    if (last.is_same_as(directory_)) return Whereabouts::here;
    if (!contents || !contents->header || !store.info || hex(contents->header->store_id) != store.info->store_id)
        return Whereabouts::unknown;
    // A header alone proves nothing, unless the store has no pages.
    using Kind = DirectoryContents::Kind;
    const bool has_it = contents->kind == Kind::store || (contents->kind == Kind::unused && store.info->height == 0);
    return has_it ? Whereabouts::elsewhere : Whereabouts::unknown;
}

// Not what the TA or this client remembers: the pages are read anew. A store without pages proves nothing.
bool Store::pages_prove_store(const Operation& operation) {
    if (status_.index_page == 0) return false;
    channel_.forget_pages();
    Scan scan(*this, operation, {{}, true, 0, true});
    const Result<Scan::Step> step = scan.next();
    return step && !step->gap;
}

std::string Store::other_place_of(const std::vector<StoreRecord>& stores, const protocol::Id& store_id) {
    for (const StoreRecord& store : stores) {
        const bool is_that = store.info && store.info->store_id == hex(store_id);
        if (is_that && whereabouts_of(store) == Whereabouts::elsewhere) return store.directory;
    }
    return "";
}

Result<void> Store::check_is_meant(const Operation& operation, const protocol::StoreHeader& header, const OwnRecords& own, Code refused) {
    if (!is_name_chosen_) {
        if (const std::string place = other_place_of(own.stores, header.store_id); !place.empty())
            return unexpected({ErrorCode::conflict,
                               cannot(operation) + "the header of " + quote(directory_.path()) + " is that of the store at " +
                                   quote(place) + ": if this is a copy, remove it as any folder; if that is one, name this store with " +
                                   "--name",
                               0, 0});
    }
    if (refused == Code::success && pages_prove_store(operation)) return {};
    const std::string here = "the pages at " + quote(directory_.path()) + " are not those of the store that its header names";
    for (const StoreRecord& store : own.stores) {
        if (store.info && store.info->store_id == hex(header.store_id)) continue;
        // The TEE has refused this one because of that one in the RPMB, and said that destroying gives this one up.
        if (refused == Code::store_in_rpmb && store.name == shown_store_name(header.name())) continue;
        const Whereabouts where = whereabouts_of(store);
        if (is_name_chosen_ ? where != Whereabouts::here : where == Whereabouts::elsewhere) continue;
        return unexpected({ErrorCode::damaged,
                           cannot(operation) + here + ", and this may be the directory of the store " + text_of(store) +
                               ": choose the one that is meant with --name" +
                               (is_name_chosen_ ? ", and its directory with --store" : ""),
                           0, 0});
    }
    if (is_name_chosen_ || !own.is_rpmb_silent) return {};
    return unexpected({ErrorCode::no_tee,
                       cannot(operation) + here + ", and the RPMB, which may have the record of another one, gives no answer: choose the " +
                           "one that is meant with --name. " + std::string(kNoRpmbHint),
                       0, 0});
}

Result<void> Store::check_header_hides_no_store(const Operation& operation, Hidden hidden) {
    if (!ta_knows_names()) return {};
    const OwnRecords own = FESTORE_TRY(own_records(operation));
    for (const StoreRecord& store : own.stores) {
        const Whereabouts where = whereabouts_of(store);
        if (hidden == Hidden::last_seen_here ? where != Whereabouts::here : where == Whereabouts::elsewhere) continue;
        return unexpected({ErrorCode::damaged,
                           cannot(operation) + "the TEE has no record of the store that the header of " + quote(directory_.path()) +
                               " names, and this may be the directory of the store " + text_of(store) +
                               ": then put its own header back; else remove it as any folder, or choose with --name",
                           0, 0});
    }
    return {};
}

}  // namespace festore
