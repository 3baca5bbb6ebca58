// SPDX-License-Identifier: BSD-2-Clause
#include "cli/output.h"
#include "cli/store_report.h"
#include "client/errors.h"

#include <fmt/format.h>

namespace festore::cli {
namespace {

class Rebuild : public Verb {
public:
    void declare(CLI::App&) override {}

    Outcome run(const Options& options) override {
        if (const auto valid = check_is_for_store(options, "rebuild"); !valid) return failed(valid.error());
        Expected<Client> client = Client::connect(options.client);
        if (!client) return failed(client.error());
        const Expected<StoreInfo> before = client->store_status();
        if (!before) return failed(before.error());
        const Expected<StoreInfo> after = client->rebuild();
        if (!after) return failed(after.error());
        Outcome outcome;
        StoreReport report;
        report.info = *after;
        report.directory = after->directory;
        outcome.document = json_of(report);
        outcome.document["pages_before"] = before->pages;
        if (!options.quiet)
            outcome.text = fmt::format("rebuilt: {} objects, {} pages instead of {}, under new keys (generation {})\n", after->objects,
                                       after->pages, before->pages, after->generation);
        return outcome;
    }
};

}  // namespace

std::unique_ptr<Verb> make_rebuild() { return std::make_unique<Rebuild>(); }

}  // namespace festore::cli
