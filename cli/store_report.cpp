// SPDX-License-Identifier: BSD-2-Clause
#include "cli/store_report.h"

#include "cli/output.h"
#include "client/errors.h"
#include "client/store/disk/directory.h"
#include "client/store/errors.h"

#include <fmt/format.h>

namespace festore::cli {
namespace {

// 64 random bits; JSON readers would round such a number.
std::string epoch_text(const StoreInfo& s) { return fmt::format("{:016x}", s.epoch); }

std::string freshness_text(const StoreInfo& s) {
    if (s.anchor != Anchor::rpmb) return "ree; an old copy of the whole disk, the TEE's files included, is not detected";
    const std::string since =
        s.freshness_lost_count == 0 ? "" : fmt::format(" since the repair of generation {}", s.freshness_lost_generation);
    return "rpmb; any older state that is put back" + since + " is detected";
}

std::string text_of_others(const StoreReport& report) {
    std::string text;
    for (const StoreRecord& store : report.others)
        text += status_row(!text.empty() ? "" : report.info ? "your other stores" : "your stores", festore::text_of(store));
    return text;
}

}  // namespace

std::string other_cipher_text(const StoreInfo& s) {
    return fmt::format("some contents may still be sealed with {}: 'festore rebuild --cipher {}' goes on with them",
                       s.cipher == "aes-256-gcm" ? "chacha20-poly1305" : "aes-256-gcm", s.cipher);
}

std::string_view anchor_name(Anchor anchor) { return anchor == Anchor::rpmb ? "rpmb" : "ree"; }

std::string status_row(std::string_view label, std::string_view value) { return fmt::format("{:<20} {}\n", label, value); }

StoreReport report_of(const StoreInfo& info) {
    StoreReport report;
    report.info = info;
    report.directory = info.directory;
    return report;
}

StoreReport look_at_store(Client& client, const ClientOptions& options) {
    StoreReport report;
    if (const auto chosen = choose_store(options.owner, options.store_directory, options.store_name)) report.directory = chosen->directory;
    Result<StoreInfo> info = client.store()->status();
    if (info) {
        report.info = std::move(*info);
        Result<std::vector<LostRange>> lost = client.store()->lost_ranges();
        if (lost) report.lost = std::move(*lost);
        else report.error = lost.error();
    } else if (info.error().code != ErrorCode::not_found) report.error = info.error();
    if (const auto stores = client.store()->own_records())
        std::copy_if(stores->begin(), stores->end(), std::back_inserter(report.others), [&](const StoreRecord& store) {
            return !report.info || !store.info || store.info->store_id != report.info->store_id;
        });
    return report;
}

Json json_of(const StoreReport& report) {
    Json document = {{"present", report.info.has_value()}, {"directory", report.directory}};
    Json& others = document["others"] = Json::array();
    for (const StoreRecord& store : report.others)
        others.push_back({{"name", text_json(store.name)},
                          {"anchor", anchor_name(store.anchor)},
                          {"directory", text_json(store.directory)}});
    if (report.error) {
        document["present"] = nullptr;
        document["error"] = error_json(*report.error);
    }
    if (!report.info) return document;
    const StoreInfo& s = *report.info;
    document["id"] = s.store_id;
    document["name"] = s.name;
    document["anchor"] = anchor_name(s.anchor);
    document["cipher"] = s.cipher;
    document["tee"] = s.tee == TeeKind::sim ? "sim" : "optee";
    document["epoch"] = epoch_text(s);
    document["generation"] = s.generation;
    document["objects"] = s.objects;
    document["content_bytes"] = s.content_bytes;
    document["height"] = s.height;
    document["pages"] = s.pages;
    document["free_pages"] = s.free_pages;
    document["pages_sealed"] = s.pages_sealed;
    document["created"] = time_json(s.created);
    document["freshness_lost"] = nullptr;
    if (s.freshness_lost)
        document["freshness_lost"] = {{"count", s.freshness_lost_count}, {"generation", s.freshness_lost_generation}};
    document["freshness_given_up"] = freshness_given_up_json(s);
    Json& lost = document["lost"] = Json::array();
    for (const LostRange& range : report.lost)
        lost.push_back({{"from", name_json(range.from)}, {"before", name_json(range.before)}, {"acknowledged", range.acknowledged}});
    document["has_other_cipher"] = s.has_other_cipher;
    document["made_without_rpmb_answer"] = s.made_without_rpmb_answer;
    return document;
}

Json freshness_given_up_json(const StoreInfo& s) {
    if (s.freshness_lost_count == 0) return nullptr;
    return {{"count", s.freshness_lost_count}, {"generation", s.freshness_lost_generation}, {"acknowledged", !s.freshness_lost}};
}

std::string text_of(const StoreReport& report) {
    if (report.error) return status_row("store", "cannot be looked at: " + harmless(report.error->message)) + text_of_others(report);
    if (!report.info)
        return status_row("store", fmt::format("none at {}; 'festore init' or the first 'put' makes one",
                                               escaped(report.directory))) +
               text_of_others(report);
    const StoreInfo& s = *report.info;
    std::string text = status_row("store", escaped(s.directory));
    text += status_row("  name", s.name);
    text += status_row("  objects", fmt::format("{}, {} bytes of content", s.objects, s.content_bytes));
    text += status_row("  generation", fmt::format("{}, epoch {}", s.generation, epoch_text(s)));
    text += status_row("  anchor", freshness_text(s));
    if (s.made_without_rpmb_answer) text += status_row("", kMadeUnaskedText);
    text += status_row("  cipher", s.cipher);
    if (s.has_other_cipher) text += status_row("", other_cipher_text(s));
    text += status_row("  pages", fmt::format("{} of 4096 bytes, {} of them free; {} level{} of index", s.pages, s.free_pages, s.height,
                                             s.height == 1 ? "" : "s"));
    text += status_row("  made", fmt::format("{} by {}", time_text(s.created), s.tee == TeeKind::sim ? "the simulated TEE" : "OP-TEE"));
    if (s.freshness_lost_count > 0) text += status_row("  freshness given up", freshness_given_up_text(s));
    for (const LostRange& range : report.lost) text += status_row("  lost", festore::text_of(range));
    return text + text_of_others(report);
}

}  // namespace festore::cli
