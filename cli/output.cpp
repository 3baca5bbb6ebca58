// SPDX-License-Identifier: BSD-2-Clause
#include "cli/output.h"


#include <fmt/format.h>
#include <unistd.h>

namespace festore::cli {
namespace {

std::string_view code_name(ErrorCode code) {
    switch (code) {
    case ErrorCode::usage: return "usage";
    case ErrorCode::not_found: return "not_found";
    case ErrorCode::conflict: return "conflict";
    case ErrorCode::not_permitted: return "not_permitted";
    case ErrorCode::damaged: return "damaged";
    case ErrorCode::no_tee: return "no_tee";
    case ErrorCode::no_space: return "no_space";
    case ErrorCode::busy: return "busy";
    case ErrorCode::failure: break;
    }
    return "failure";
}

// Null: the error has no reason.
const char* reason_name(Reason reason) {
    switch (reason) {
    case Reason::exists: return "exists";
    case Reason::other_version: return "other_version";
    case Reason::write_once: return "write_once";
    case Reason::store_exists: return "store_exists";
    case Reason::record_intact: return "record_intact";
    case Reason::store_destroyed: return "store_destroyed";
    case Reason::not_lost: return "not_lost";
    case Reason::not_acknowledged: return "not_acknowledged";
    case Reason::nothing_to_acknowledge: return "nothing_to_acknowledge";
    case Reason::in_use: return "in_use";
    case Reason::much_lost: return "much_lost";
    case Reason::nothing_damaged: return "nothing_damaged";
    case Reason::nothing_to_undo: return "nothing_to_undo";
    case Reason::rpmb_answers: return "rpmb_answers";
    case Reason::store_in_rpmb: return "store_in_rpmb";
    case Reason::none: break;
    }
    return nullptr;
}

}  // namespace

Json info_json(const ObjectInfo& info) {
    Json object = Json::object();
    set_name(object, info.name);
    object["size"] = info.size;
    object["version"] = info.version;
    object["created"] = time_json(info.created);
    object["modified"] = time_json(info.modified);
    object["write_once"] = info.write_once;
    object["kept"] = info.kept;
    object["legacy"] = info.legacy;
    return object;
}

Json error_json(const Error& error) {
    Json object = {{"code", static_cast<int>(error.code)}, {"name", code_name(error.code)}, {"message", error.message}};
    if (const char* const reason = reason_name(error.reason); reason != nullptr) object["reason"] = reason;
    if (error.tee_result != 0) {
        object["tee_result"] = error.tee_result;
        object["tee_origin"] = error.tee_origin;
    }
    return object;
}

std::string_view storage_name(Storage storage) {
    switch (storage) {
    case Storage::store: return "store";
    case Storage::rpmb: return "rpmb";
    case Storage::ree: break;
    }
    return "ree";
}

void print_note(const Options& options, std::string_view message) {
    if (options.verbose && !options.quiet) print_line(message);
}

int present(const Options& options, Outcome outcome) {
    if (options.json) {
        if (!outcome.errors.empty()) outcome.document["error"] = error_json(outcome.errors.front());
        outcome.text = outcome.document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
    }
    for (const Error& error : outcome.errors) {
        print_line(error.message);
        if (error.tee_result != 0)
            print_note(options, fmt::format("(the TEE's answer: 0x{:08x}, origin {})", error.tee_result, error.tee_origin));
    }
    int code = outcome.errors.empty() ? outcome.exit_code : static_cast<int>(outcome.errors.front().code);
    if (const auto written = write_standard_output(bytes_of(outcome.text)); !written) {
        print_line(written.error().message);
        if (code == 0) code = static_cast<int>(written.error().code);
    }
    return code;
}

}  // namespace festore::cli
