// SPDX-License-Identifier: BSD-2-Clause
// Verifying objects in the TEE's own storages, one by one.
#include "client/persistent/objects.h"
#include "base/result.h"
#include "client/errors.h"

namespace festore {
namespace {

bool is_damage(ErrorCode code) { return code == ErrorCode::damaged || code == ErrorCode::failure; }

Damage nameless(const char* text) { return {"", {ErrorCode::damaged, text, 0, 0}}; }

}  // namespace

Result<std::vector<std::string>> PersistentObjects::names_to_verify(const VerifyOptions& options, VerifyProgress& progress,
                                                                    VerifyReport& report) {
    if (!options.names.empty()) {
        progress.objects_total = options.names.size();
        return options.names;
    }
    const Listing listing = FESTORE_TRY(list({}));
    std::vector<std::string> names;
    for (const ObjectInfo& object : listing.objects) {
        names.push_back(object.name);
        progress.content_bytes_total += object.size;
    }
    progress.objects_total = names.size();
    report.damaged.insert(report.damaged.end(), listing.damaged,
                          nameless("cannot verify an object of yours that the TEE found damaged or tampered with: its name is lost with "
                                   "it"));
    const uint32_t of_anybody = FESTORE_TRY(count_damaged());
    report.damaged.insert(report.damaged.end(), of_anybody,
                          nameless("cannot verify an object that the TEE found damaged or tampered with: its name and its owner are "
                                   "lost with it"));
    return names;
}

Result<uint32_t> PersistentObjects::count_damaged() {
    const Operation operation{"verify", {}};
    const Encoded request(protocol::CountDamagedRequest{storage()});
    const Result<Reply> reply = state_.command(operation, true, protocol::Command::count_damaged, request.bytes());
    if (!reply && static_cast<Code>(reply.error().tee_result) == Code::not_supported) return 0;
    if (!reply) return unexpected(reply.error());
    const auto answer = protocol::decode<protocol::CountDamagedAnswer>(reply->bytes());
    if (!answer) return unexpected(nonsense(operation));
    return answer->objects;
}

Result<VerifyReport> PersistentObjects::verify(const VerifyOptions& options) {
    VerifyReport report;
    VerifyProgress progress;
    const std::vector<std::string> names = FESTORE_TRY(names_to_verify(options, progress, report));
    for (const std::string& name : names) {
        Result<std::vector<std::byte>> content = get(name);
        if (content) {
            ++report.objects;
            report.content_bytes += content->size();
            progress.content_bytes += content->size();
            ++progress.objects;
            wipe(*content);
        } else if (content.error().code == ErrorCode::not_found) {
            if (!options.names.empty()) report.absent.push_back(name);
        } else if (is_damage(content.error().code)) {
            report.damaged.push_back({name, content.error()});
        } else {
            return unexpected(content.error());
        }
        if (options.on_progress) options.on_progress(progress);
    }
    return report;
}

}  // namespace festore
