// SPDX-License-Identifier: BSD-2-Clause
// An owner's stores by name: which one is meant, and what the TEE knows of each.
#include "client/store/open_store.h"

#include "base/result.h"
#include "client/store/requests.h"

namespace festore {

bool OpenStore::ta_knows_names() {
    const Result<Session*> session = sessions_.session();
    return session && (*session)->hello().version_minor >= kMinorThatKnowsNames;
}

// The header is in clear, so this check only chooses the message: the TA compares the name with the record's.
Result<void> OpenStore::take_name(const Operation& operation, const protocol::StoreHeader& header) {
    if (!options_.is_name_fixed) name_ = std::string(header.name());
    if (header.name() != name_)
        return unexpected({ErrorCode::damaged,
                           cannot(operation) + "the store at " + quote(directory_.path()) + " has the name " +
                               quote(shown_store_name(header.name())) + ", and not " + quote(shown_store_name(name_)) +
                               ": choose with --name, or another directory with --store",
                           0, 0});
    return check_name_is_known(operation);
}

Result<void> OpenStore::check_name_is_known(const Operation& operation) {
    return check_minor(operation, name_.empty() ? 0 : kMinorThatKnowsNames, "does not know names of stores");
}

protocol::StoreClaim OpenStore::claim() {
    protocol::StoreClaim claim{bytes_of(name_), {}};
    const std::string& path = directory_.path();
    if (path.size() <= limits::kStoreDirectoryBytesMax && ta_knows_names()) claim.directory = bytes_of(path);
    return claim;
}

std::string OpenStore::name_option() const { return name_.empty() ? "" : " --name " + name_; }

std::string OpenStore::with_name() const { return name_.empty() ? "" : " with the name " + quote(name_); }

// There is no store at the directory, and no name was given: any of the owner's stores may be meant.
Result<void> OpenStore::check_name_is_told(const Operation& operation) {
    if (is_name_chosen_) return {};
    const Result<std::vector<StoreRecord>> stores = own_stores();
    if (!stores || stores->size() < 2) return {};
    return unexpected({ErrorCode::usage,
                       cannot(operation) + "it is not clear which store is meant, since there is none at " + quote(directory_.path()) +
                           other_stores() + ": choose one with --name, or name its directory with --store",
                       0, 0});
}

// For messages: what is not known is left out.
std::string OpenStore::where_it_was() {
    const Result<std::vector<StoreRecord>> stores = own_stores();
    if (!stores) return "";
    for (const StoreRecord& store : *stores)
        if (store.name == shown_store_name(name_) && !store.directory.empty() && store.directory != directory_.path())
            return "its directory was last at " + quote(store.directory) + ": ";
    return "";
}

std::string OpenStore::other_stores() {
    const Result<std::vector<StoreRecord>> stores = own_stores();
    if (!stores || stores->empty()) return "";
    std::string text;
    for (const StoreRecord& store : *stores) {
        text += text.empty() ? "; you have the store" + std::string(stores->size() == 1 ? " " : "s ") : ", ";
        text += text_of(store);
    }
    return text;
}

}  // namespace festore
