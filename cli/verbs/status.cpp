// SPDX-License-Identifier: BSD-2-Clause
#include "cli/allow_report.h"
#include "cli/output.h"
#include "cli/owner_names.h"
#include "cli/store_report.h"
#include "client/errors.h"
#include "client/store/errors.h"

#include <fmt/format.h>

namespace festore::cli {
namespace {

class Status : public Verb {
public:
    void declare(CLI::App& app) override {
        add_flag(app, "--all", all_, "list all owners' stores on this device, with their sizes but not their contents; root only");
    }

    // Shows the owner's store whatever storage the command line chooses; its faults are errors only if that is the store.
    Outcome run(const Options& options) override {
        if (all_) return list_stores(options);
        StoreReport store;
        ClientOptions chosen = options.client;
        chosen.on_warning = nullptr;  // reported as an error below
        if (has_store(options)) chosen.storage = Storage::store;
        Result<Client> client = Client::connect(chosen);
        if (!client && client.error().code == ErrorCode::usage && options.client.storage != Storage::store) {
            store.error = client.error();  // no directory for a store is known
            client = Client::connect(options.client);
        }
        if (!client) return failed(client.error());
        const Result<TeeStatus> status = client->status();
        if (!status) return failed(status.error());
        // Before the store: opening it may end a trusted application that asks the RPMB. An older one cannot answer this.
        const Result<RpmbUse> rpmb = status->has_rpmb ? client->rpmb_use() : RpmbUse();
        const bool no_rpmb = rpmb && rpmb->none_here;
        if (has_store(options) && !store.error) store = look_at_store(*client, chosen);
        Outcome outcome{document_of(*status), text_of(*status, no_rpmb), {}, 0};
        outcome.document["storage"]["rpmb"]["none_here"] = no_rpmb;
        outcome.document["store"] = has_store(options) ? json_of(store) : Json(nullptr);
        if (has_store(options)) outcome.text += cli::text_of(store);
        add_own_allowance(*client, outcome);
        if (options.client.storage != Storage::store) return outcome;
        if (store.error) outcome.errors.push_back(*store.error);
        if (store.info && store.info->freshness_lost)
            outcome.errors.push_back({ErrorCode::damaged, freshness_lost_text(*store.info), 0, 0});
        for (const LostRange& range : store.lost)
            if (!range.acknowledged) outcome.errors.push_back(names_missing(missing_of(range)));
        return outcome;
    }

private:
    // Whether, and how much, root lets the caller store. A trusted application before protocol 1.7 has no such list.
    static void add_own_allowance(Client& client, Outcome& outcome) {
        const Result<AllowReport> report = client.allowed();
        outcome.document["allowed"] = report ? own_allow_json(*report) : Json(nullptr);
        if (report && (report->listed && report->standing != AllowReport::Standing::free)) outcome.text += own_allow_text(*report);
    }

    static Outcome list_stores(const Options& options) {
        ClientOptions chosen = options.client;
        chosen.storage = Storage::store;
        Result<Client> client = Client::connect(chosen);
        if (!client) return failed(client.error());
        const Result<std::vector<StoreRecord>> records = client->store()->all_records();
        if (!records) return failed(records.error());
        const OwnerNames names;
        Outcome outcome;
        outcome.document = {{"stores", Json::array()}};
        for (const StoreRecord& record : *records) {
            outcome.document["stores"].push_back(record_json(record, names));
            outcome.text += record_row(record, names);
        }
        const Result<AllowReport> allowed = client->allowed();
        outcome.document["allowed"] = allowed ? allow_json(*allowed, names) : Json(nullptr);
        if (allowed && allowed->listed) outcome.text += allow_text(*allowed, names);
        if (const auto fault = allowed ? allow_fault(*allowed) : std::nullopt) outcome.errors.push_back(*fault);
        return outcome;
    }

    static Json record_json(const StoreRecord& record, const OwnerNames& names) {
        const OwnerNames::Owner* const owner = names.find(record.is_group, record.identity);
        Json json = {{"owner", owner != nullptr ? Json(OwnerNames::spelled(record.is_group, *owner)) : Json(nullptr)},
                     {"name", owner != nullptr ? Json(owner->name) : Json(nullptr)},
                     {"login", record.is_group ? "group" : "user"},
                     {"identity", record.identity},
                     {"store_name", text_json(record.name)},
                     {"directory", text_json(record.directory)},
                     {"anchor", anchor_name(record.anchor)},
                     {"readable", record.info.has_value()}};
        if (!record.info) return json;
        json["id"] = record.info->store_id;
        json["cipher"] = record.info->cipher;
        json["has_other_cipher"] = record.info->has_other_cipher;
        json["generation"] = record.info->generation;
        json["objects"] = record.info->objects;
        json["content_bytes"] = record.info->content_bytes;
        json["created"] = time_json(record.info->created);
        json["freshness_lost"] = record.info->freshness_lost;
        json["freshness_given_up"] = freshness_given_up_json(*record.info);
        json["made_without_rpmb_answer"] = record.info->made_without_rpmb_answer;
        return json;
    }

    static std::string record_row(const StoreRecord& record, const OwnerNames& names) {
        const std::string whose = names.text(record.is_group, record.identity);
        if (!record.info)
            return status_row(whose, fmt::format("{}; its record is damaged, or of a newer version", anchor_name(record.anchor)));
        const StoreInfo& s = *record.info;
        std::string row = fmt::format("{}; {}, {}, {} objects, {} bytes of content, made {}", festore::text_of(record),
                                      anchor_name(s.anchor), s.cipher, s.objects, s.content_bytes, time_text(s.created));
        if (s.freshness_lost_count > 0) row += "; freshness given up " + freshness_given_up_text(s);
        if (s.has_other_cipher) row += "; some contents may still be sealed with the other cipher";
        if (s.made_without_rpmb_answer) row += fmt::format("; {}", kMadeUnaskedText);
        return status_row(whose, row);
    }

    static bool has_store(const Options& options) { return options.client.owner.kind != Owner::Kind::public_; }

    static Json document_of(const TeeStatus& s) {
        const auto storage = [](bool there, uint32_t level) {
            return Json{{"available", there},
                        {"rollback_protection_claimed", level},
                        {"rollback_protection", level > 0 ? "claimed" : "none"}};
        };
        return {{"festore", version()},
                {"tee", s.kind == TeeKind::sim ? "sim" : "optee"},
                {"library", s.library},
                {"tee_version", s.tee_version},
                {"ta_version", s.ta_version},
                {"protocol", {{"major", s.protocol_major}, {"minor", s.protocol_minor}}},
                {"identity", s.identity},
                {"object_bytes_max", s.object_bytes_max},
                {"storage",
                 {{"ree", storage(s.has_ree, s.rollback_protection_ree)},
                  {"rpmb", storage(s.has_rpmb, s.rollback_protection_rpmb)}}},
                {"zero_huk", s.device_key == DeviceKey::zero},
                {"predictable_huk", s.device_key == DeviceKey::predictable},
                {"huk_compared", s.device_key != DeviceKey::not_compared}};
    }

    static const char* key_text(const TeeStatus& s) {
        switch (s.device_key) {
        case DeviceKey::zero: return "all zeroes: anybody who has the disk can decrypt it";
        case DeviceKey::predictable: return "not secret: anybody who has the disk can decrypt it";
        case DeviceKey::not_known_weak: return "not known to be weak";
        case DeviceKey::not_compared: break;
        }
        return "could not be checked: it is not known whether it is secret";
    }

    static const char* rpmb_text(const TeeStatus& s, bool no_rpmb) {
        if (!s.has_rpmb) return "no";
        return no_rpmb ? "built in; root has said that this device has none ('festore rpmb')"
                       : "built in; 'festore doctor' asks whether it answers";
    }

    static std::string text_of(const TeeStatus& s, bool no_rpmb) {
        std::string text;
        const auto row = [&](const char* label, const auto& value) { text += status_row(label, fmt::format("{}", value)); };
        row("festore", version());
        row("TEE", s.kind == TeeKind::sim ? "simulated: it protects nothing" : "OP-TEE");
        if (!s.tee_version.empty()) row("OP-TEE", s.tee_version);
        row("client library", escaped(s.library));
        row("trusted application", fmt::format("{} (protocol {}.{})", s.ta_version, s.protocol_major, s.protocol_minor));
        row("identity", escaped(s.identity));
        row("object size limit", fmt::format("{} bytes", s.object_bytes_max));
        // The TEE's claim about rollback is not evidence, so only --json shows it.
        row("storage ree", s.has_ree ? "yes; putting back old files brings back old objects" : "no");
        row("storage rpmb", rpmb_text(s, no_rpmb));
        row("device key", key_text(s));
        return text;
    }

    bool all_ = false;
};

}  // namespace

std::unique_ptr<Verb> make_status() { return std::make_unique<Status>(); }

}  // namespace festore::cli
