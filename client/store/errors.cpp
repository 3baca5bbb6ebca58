// SPDX-License-Identifier: BSD-2-Clause
#include "client/store/errors.h"

#include "base/tee_client_api.h"

namespace festore {

std::string cannot(const Operation& operation) {
    std::string text = "cannot " + std::string(operation.verb);
    if (!operation.name.empty()) text += " " + quote(operation.name);
    return text + ": ";
}

Error error_of_store_command(uint32_t result, uint32_t origin, const Operation& operation) {
    const auto error = [&](ErrorCode code, std::string_view text) {
        return Error{code, cannot(operation) + std::string(text), result, origin, reason_of(static_cast<Code>(result))};
    };
    switch (static_cast<Code>(result)) {
    case Code::access_conflict: return error(ErrorCode::conflict, "an object of that name exists");
    case Code::write_once:
        return error(ErrorCode::conflict, "the object was stored as write-once: it cannot be replaced, and unless it was stored as "
                                          "removable, neither removed nor renamed");
    case Code::store_destroyed:
        return error(ErrorCode::conflict, "the store was destroyed, and not lost, according to this TEE: a copy of its "
                                          "directory cannot bring it back");
    case Code::copy_secret_lost:
        return error(ErrorCode::damaged, "the RPMB that kept the store's record and the key of its recovery copies has lost them: "
                                         "only a backup of the objects helps");
    case Code::name_lost:
        return error(ErrorCode::damaged, "the name was lost with damage that was dropped: 'festore status' lists the lost names, "
                                         "'festore repair --undo' or 'festore repair --acknowledge NAME' helps");
    case Code::corrupt_object:
    case Code::corrupt_object_2:
    case Code::security:
        return error(ErrorCode::damaged,
                     "what the TEE read of the store does not authenticate: it was damaged, or changed outside the TEE");
    case Code::limit_exceeded:
        return error(ErrorCode::no_space, "limit exceeded: the size of an object, of the changes in one transaction, of "
                                          "the number of stores on this device, or of the pages sealed under one key, for which 'festore "
                                          "rebuild' makes another");
    case Code::many_stores:
        return error(ErrorCode::no_space, "you have 8 stores, the most that one owner may have; 'festore status' lists them, and 'festore "
                                          "destroy' removes one");
    case Code::bad_state:
        return error(ErrorCode::busy, "the store was changed by another program at the same time; repeat it");
    case Code::store_in_rpmb:
        return {ErrorCode::damaged, cannot(operation) + "the TEE has a record of a store of yours under rpmb, and this is one of ree",
                result, origin, Reason::store_in_rpmb};
    case Code::rpmb_no_answer:
        return error(ErrorCode::no_tee, "the RPMB gives no answer, and may have a record that matters here. " + std::string(kNoRpmbHint));
    case Code::busy: return error(ErrorCode::busy, "too many transactions are running on this device; repeat it later");
    case Code::access_denied:
        return error(ErrorCode::not_permitted, "a store belongs to a user or a group; public objects are in the storage ree or rpmb");
    case Code::not_supported:
        return error(ErrorCode::no_tee, "the TEE or its trusted application does not know stores: install the trusted "
                                        "application that belongs to this version, on an OP-TEE with its system pseudo-TA");
    default: return error_of_command(result, origin, operation);
    }
}

Error store_damaged(const Operation& operation, const std::string& directory, const std::string& what) {
    return {ErrorCode::damaged,
            cannot(operation) + what + " in the store at " + quote(directory) + " is damaged, missing, or replaced by an older one", 0, 0};
}

std::string text_of(const MissingRange& range) {
    // No name lies between a name and the same name followed by a zero byte.
    if (range.before.size() == range.from.size() + 1 && range.before.starts_with(range.from) && range.before.back() == '\0')
        return quote(range.from);
    return (range.from.empty() ? "from the first name" : (range.without_from ? "after " : "from ") + quote(range.from)) +
           (range.before.empty() ? " to the last one" : " to before " + quote(range.before));
}

std::string text_of(const LostRange& range) { return text_of(missing_of(range)) + (range.acknowledged ? " (acknowledged)" : ""); }

std::string text_of(const StoreRecord& record) {
    return (record.name.empty() ? "one whose name the TEE does not know" : quote(record.name)) +
           (record.directory.empty() ? "" : ", last at " + quote(record.directory));
}

MissingRange missing_of(const LostRange& range) { return {range.from, range.before, false, true}; }

Error transaction_is_running(const Operation& operation) {
    return {ErrorCode::conflict, cannot(operation) + "a transaction of this client is running", 0, 0, Reason::in_use};
}

Error names_missing(const MissingRange& range) {
    if (range.dropped)
        return {ErrorCode::damaged,
                "the names " + text_of(range) +
                    " were lost with damage that was dropped: 'festore repair --undo' reads them again if what was damaged has been put "
                    "back, 'festore repair --acknowledge NAME' gives them up",
                0, 0};
    return {ErrorCode::damaged,
            "cannot list the objects " + text_of(range) + ": a page of the store's index is damaged, missing, or replaced by an older one "
                                                          "('festore verify' tells which)",
            0, 0};
}

std::string freshness_lost_text(const StoreInfo& info) {
    return "freshness was lost: the store at " + quote(info.directory) + " was repaired from its directory at generation " +
           std::to_string(info.freshness_lost_generation) + " (" + std::to_string(info.freshness_lost_count) +
           (info.freshness_lost_count == 1 ? " repair" : " repairs") +
           " in all), and that may not have been its last one; check it, then run 'festore repair --acknowledge'";
}

std::string freshness_given_up_text(const StoreInfo& info) {
    return std::to_string(info.freshness_lost_count) + (info.freshness_lost_count == 1 ? " time" : " times") +
           " by repair, last at generation " + std::to_string(info.freshness_lost_generation) + "; " +
           (info.freshness_lost ? "not acknowledged" : "acknowledged");
}

Error store_nonsense(const Operation& operation) {
    return {ErrorCode::failure, cannot(operation) + "the TEE's answer makes no sense", 0, 0};
}

}  // namespace festore
