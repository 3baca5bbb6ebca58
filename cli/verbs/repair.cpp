// SPDX-License-Identifier: BSD-2-Clause
// Makes a store usable again: after a lost record (repair), after damage (--drop-damaged, --undo); acknowledges what that cost.
#include "cli/confirm.h"
#include "cli/output.h"
#include "cli/store_report.h"
#include "client/errors.h"
#include "client/store/errors.h"

#include <algorithm>
#include <fmt/format.h>

namespace festore::cli {
namespace {

class RepairVerb : public Verb {
public:
    void declare(CLI::App& app) override {
        confirmation_.declare(app);
        add_flag(app, "--acknowledge", acknowledge_,
                 "accept what a repair gave up or, with NAME, the loss of names; this ends exit code 6");
        add_flag(app, "--drop-damaged", drop_, "make a store whose record is intact anew, without its damaged parts");
        add_flag(app, "--most", most_, "with --drop-damaged: even if more than one of a hundred objects is lost");
        add_flag(app, "--undo", undo_, "read what --drop-damaged left out again, from pages.old");
        add_names(app, "NAME", names_, "with --acknowledge: one name in each range of lost names");
    }

    Outcome run(const Options& options) override {
        if (const auto valid = check_is_for_store(options, "repair"); !valid) return failed(valid.error());
        if (acknowledge_ + drop_ + undo_ > 1)
            return failed(usage_error("only one of --acknowledge, --drop-damaged and --undo", "repair"));
        if (most_ && !drop_) return failed(usage_error("--most belongs to --drop-damaged", "repair"));
        if (!names_.empty() && !acknowledge_) return failed(usage_error("NAME belongs to --acknowledge", "repair"));
        const bool asks = !acknowledge_ && !undo_;
        if (asks)
            if (const auto can = confirmation_.check_can_ask("repair"); !can) return failed(can.error());
        ClientOptions quiet = options.client;
        quiet.on_warning = nullptr;  // this verb itself reports it
        Result<Client> client = Client::connect(quiet);
        if (!client) return failed(client.error());
        if (acknowledge_ && !names_.empty()) return acknowledge_names(*client, options);
        if (acknowledge_) return outcome_of(client->store()->acknowledge(), options, "acknowledged");
        if (undo_) return undone(*client, options);
        const StoreReport store = look_at_store(*client, quiet);
        const auto agreed = confirmation_.ask(
            drop_ ? fmt::format("drop what is damaged in the store at {}: any use of a name that is lost with it ends with exit code 6 "
                                "until 'repair --acknowledge NAME' gives it up, or 'repair --undo' reads it again.{}",
                                quote(store.directory), has_open_loss(store) ? kEarlierLossText : "")
                  : fmt::format("repair the store at {}: it is made from what its directory holds; whether that is its newest state can "
                                "no longer be known.",
                                quote(store.directory)));
        if (!agreed) return failed(agreed.error());
        return drop_ ? dropped(*client, options) : outcome_of(client->store()->repair(), options, "repaired");
    }

private:
    static Outcome outcome_of(const Result<StoreInfo>& info, const Options& options, std::string_view what) {
        if (!info) return failed(info.error());
        Outcome outcome;
        outcome.document = json_of(report_of(*info));
        if (info->freshness_lost && !options.quiet)
            outcome.text = fmt::format("{}: {} objects, {} bytes, as of generation {}\ngiven up: freshness; {}\n", what, info->objects,
                                       info->content_bytes, info->freshness_lost_generation,
                                       "check the objects, then 'festore repair --acknowledge'; 'festore verify' reads all contents back");
        print_note(options, fmt::format("{} the store at {}", what, quote(info->directory)));
        return outcome;
    }

    static constexpr const char* kEarlierLossText =
        " An earlier drop that is not acknowledged can then no longer be undone: only the last one can be.";
    static bool has_open_loss(const StoreReport& store) {
        return std::any_of(store.lost.begin(), store.lost.end(), [](const LostRange& range) { return !range.acknowledged; });
    }

    Outcome dropped(Client& client, const Options& options) const {
        DropOptions drop;
        drop.most = most_;
        const Result<DropReport> report = client.store()->drop_damaged(drop);
        if (!report) return failed(report.error());
        Outcome outcome;
        StoreReport store = report_of(report->store);
        store.lost = report->lost;
        outcome.document = json_of(store);
        outcome.document["dropped_objects"] = report->objects;
        outcome.document["can_be_undone"] = report->can_be_undone;
        if (!options.quiet) {
            outcome.text = fmt::format("dropped: {} of {} objects\n", report->objects, report->objects + report->store.objects);
            for (const LostRange& range : report->lost) outcome.text += fmt::format("lost: {}\n", festore::text_of(range));
            outcome.text += report->can_be_undone ? "put back what was damaged and run 'festore repair --undo', or give the names up: "
                                                    "'festore repair --acknowledge NAME'\n"
                                                  : "this cannot be undone, since this file system has no hard links for the old pages; "
                                                    "give the names up: 'festore repair --acknowledge NAME'\n";
        }
        print_note(options, fmt::format("the store at {} is whole again", quote(report->store.directory)));
        return outcome;
    }

    static Outcome undone(Client& client, const Options& options) {
        const Result<StoreInfo> info = client.store()->undo_drop();
        if (!info) return failed(info.error());
        Outcome outcome;
        outcome.document = json_of(report_of(*info));
        if (!options.quiet) outcome.text = fmt::format("brought back what was dropped: {} objects now\n", info->objects);
        return outcome;
    }

    Outcome acknowledge_names(Client& client, const Options& options) const {
        Outcome outcome;
        for (const std::string& name : names_) {
            const Result<StoreInfo> info = client.store()->acknowledge_lost(name);
            if (!info) {
                outcome.errors.push_back(info.error());
                continue;
            }
            outcome.document = json_of(report_of(*info));
            print_note(options, fmt::format("acknowledged the loss of {}, and of the names that were lost with it", quote(name)));
        }
        return outcome;
    }

    Confirmation confirmation_;
    std::vector<std::string> names_;
    bool acknowledge_ = false;
    bool drop_ = false;
    bool most_ = false;
    bool undo_ = false;
};

}  // namespace

std::unique_ptr<Verb> make_repair() { return std::make_unique<RepairVerb>(); }

}  // namespace festore::cli
