// SPDX-License-Identifier: BSD-2-Clause
#include "cli/output.h"
#include "cli/store_report.h"
#include "client/errors.h"

#include <fmt/format.h>

namespace festore::cli {
namespace {

class Rebuild : public Verb {
public:
    void declare(CLI::App& app) override {
        add_text(app, "--anchor", anchor_, "rpmb: move the store's record, which is under ree, to the RPMB", {.placeholder = "ANCHOR"});
    }

    Outcome run(const Options& options) override {
        if (const auto valid = check_is_for_store(options, "rebuild"); !valid) return failed(valid.error());
        if (!anchor_.empty() && anchor_ != "ree" && anchor_ != "rpmb")
            return failed(usage_error("--anchor is ree or rpmb, not " + quote(anchor_), "rebuild"));
        Expected<Client> client = Client::connect(options.client);
        if (!client) return failed(client.error());
        const Expected<StoreInfo> before = client->store_status();
        if (!before) return failed(before.error());
        RebuildOptions rebuild;
        if (!anchor_.empty()) rebuild.anchor = anchor_ == "rpmb" ? Anchor::rpmb : Anchor::ree;
        const Expected<StoreInfo> after = client->rebuild(rebuild);
        if (!after) return failed(after.error());
        Outcome outcome;
        outcome.document = json_of(report_of(*after));
        outcome.document["pages_before"] = before->pages;
        if (!options.quiet)
            outcome.text = fmt::format("rebuilt: {} objects, {} pages instead of {}, under new keys (generation {})\n", after->objects,
                                       after->pages, before->pages, after->generation);
        if (after->anchor != before->anchor && !options.quiet) outcome.text += "the store's record is in the RPMB now\n";
        return outcome;
    }

private:
    std::string anchor_;
};

}  // namespace

std::unique_ptr<Verb> make_rebuild() { return std::make_unique<Rebuild>(); }

}  // namespace festore::cli
