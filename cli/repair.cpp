// SPDX-License-Identifier: BSD-2-Clause
#include "cli/confirm.h"
#include "cli/output.h"
#include "cli/store_report.h"
#include "client/errors.h"

#include <fmt/format.h>

namespace festore::cli {
namespace {

class RepairVerb : public Verb {
public:
    void declare(CLI::App& app) override {
        confirmation_.declare(app);
        add_flag(app, "--acknowledge", acknowledge_, "take note of what an earlier repair gave up; warnings and exit code 6 end");
    }

    Outcome run(const Options& options) override {
        if (const auto valid = check_is_for_store(options, "repair"); !valid) return failed(valid.error());
        if (!acknowledge_)
            if (const auto can = confirmation_.check_can_ask("repair"); !can) return failed(can.error());
        ClientOptions quiet = options.client;
        quiet.on_warning = nullptr;  // this is what says it
        Expected<Client> client = Client::connect(quiet);
        if (!client) return failed(client.error());
        if (acknowledge_) return outcome_of(client->acknowledge(), options, "acknowledged");
        const StoreReport store = look_at_store(*client, quiet);
        const auto agreed = confirmation_.ask(fmt::format(
            "repair the store at {}: it is made of what its directory holds, and nobody can tell any more whether that is its "
            "newest state.",
            quote(store.directory)));
        if (!agreed) return failed(agreed.error());
        return outcome_of(client->repair(), options, "repaired");
    }

private:
    static Outcome outcome_of(const Expected<StoreInfo>& info, const Options& options, std::string_view what) {
        if (!info) return failed(info.error());
        Outcome outcome;
        outcome.document = json_of({*info, info->directory, {}});
        if (info->freshness_lost && !options.quiet)
            outcome.text = fmt::format("{}: {} objects, {} bytes, as of generation {}\ngiven up: freshness; {}\n", what, info->objects,
                                       info->content_bytes, info->freshness_lost_generation,
                                       "look, then 'festore repair --acknowledge'; 'festore verify' reads all contents back");
        print_note(options, fmt::format("{} the store at {}", what, quote(info->directory)));
        return outcome;
    }

    Confirmation confirmation_;
    bool acknowledge_ = false;
};

}  // namespace

std::unique_ptr<Verb> make_repair() { return std::make_unique<RepairVerb>(); }

}  // namespace festore::cli
