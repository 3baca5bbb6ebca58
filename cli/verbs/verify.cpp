// SPDX-License-Identifier: BSD-2-Clause
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/store_report.h"
#include "client/errors.h"

#include <fmt/format.h>

namespace festore::cli {
namespace {

std::string text_of(const VerifyProgress& p) {
    return fmt::format("verified {} of {} objects, {} of {}", p.objects, p.objects_total, size_text(p.content_bytes),
                       size_text(p.content_bytes_total));
}

std::string text_of(const VerifyReport& report) {
    std::string text = fmt::format("{} object{} whole, {} bytes\n", report.objects, report.objects == 1 ? "" : "s",
                                   report.content_bytes);
    if (!report.damaged.empty()) text += fmt::format("{} damaged\n", report.damaged.size());
    if (report.orphaned && report.orphaned->files > 0)
        text += fmt::format("{} file{} that no object refers to, {} bytes: left behind by a crash, no damage\n",
                            report.orphaned->files, report.orphaned->files == 1 ? "" : "s",
                            report.orphaned->bytes);
    if (report.other_cipher > 0)
        text += fmt::format("{} of them still sealed with the other cipher\n", report.other_cipher);
    if (report.removed.files > 0)
        text += fmt::format("{} file{} removed, {} bytes\n", report.removed.files, report.removed.files == 1 ? "" : "s",
                            report.removed.bytes);
    return text;
}

Json json_of(const VerifyReport& report) {
    Json document = {{"objects", report.objects}, {"content_bytes", report.content_bytes}, {"damaged", Json::array()},
                     {"absent", Json::array()}, {"unreferenced", nullptr},
                     {"other_cipher", report.other_cipher},
                     {"removed", {{"files", report.removed.files}, {"bytes", report.removed.bytes}}}};
    for (const Damage& damage : report.damaged) {
        Json entry = damage.name.empty() ? Json{{"name", nullptr}} : name_json(damage.name);
        entry["error"] = error_json(damage.error);
        document["damaged"].push_back(std::move(entry));
    }
    for (const std::string& name : report.absent) document["absent"].push_back(name_json(name));
    if (report.orphaned)
        document["unreferenced"] = {{"files", report.orphaned->files}, {"bytes", report.orphaned->bytes}};
    return document;
}

class Verify : public Verb {
public:
    void declare(CLI::App& app) override {
        add_names(app, "NAME", names_, "only these objects; without NAME: everything");
        add_flag(app, "--clean", clean_, "of a store: remove files that no object refers to, which a crash left behind");
    }

    Outcome run(const Options& options) override {
        for (const std::string& name : names_)
            if (const auto valid = check_name_argument(name); !valid) return failed(valid.error());
        if (clean_ && !names_.empty()) return failed(usage_error("--clean and NAME exclude each other", "verify"));
        if (clean_)
            if (const auto valid = check_is_for_store(options, "verify --clean"); !valid) return failed(valid.error());
        ClientOptions quiet = options.client;
        quiet.on_warning = nullptr;  // reported as an error below
        Result<Client> client = Client::connect(quiet);
        if (!client) return failed(client.error());
        Result<VerifyReport> report = VerifyReport();
        {
            ProgressLine line(options);
            VerifyOptions wanted;
            wanted.names = names_;
            wanted.remove_orphaned = clean_;
            wanted.on_progress = [&line](const VerifyProgress& progress) {
                if (line.is_due()) line.draw(text_of(progress));
            };
            report = client->verify(wanted);
        }
        if (!report) return failed(report.error());
        Outcome outcome{json_of(*report), text_of(*report), {}, 0};
        for (const Damage& damage : report->damaged) {
            outcome.errors.push_back(damage.error);
            outcome.errors.back().code = ErrorCode::damaged;
        }
        if (options.client.storage == Storage::store) {
            const Result<StoreInfo> store = client->store()->status();
            if (!store) outcome.errors.push_back(store.error());
            outcome.document["freshness_given_up"] = store ? freshness_given_up_json(*store) : Json(nullptr);
            if (store && store->has_other_cipher) print_note(options, other_cipher_text(*store));
            if (store && store->made_without_rpmb_answer) print_note(options, fmt::format("the store was {}", kMadeUnaskedText));
            if (store && store->freshness_lost_count > 0)
                outcome.text += "freshness was given up " + freshness_given_up_text(*store) + "\n";
            if (store && store->freshness_lost)
                outcome.errors.push_back({ErrorCode::damaged, freshness_lost_text(*store), 0, 0});
        }
        for (const std::string& name : report->absent)
            outcome.errors.push_back({ErrorCode::not_found, "cannot verify " + quote(name) + ": there is no such object", 0, 0});
        return outcome;
    }

private:
    std::vector<std::string> names_;
    bool clean_ = false;
};

}  // namespace

std::unique_ptr<Verb> make_verify() { return std::make_unique<Verify>(); }

}  // namespace festore::cli
