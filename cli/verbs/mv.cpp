// SPDX-License-Identifier: BSD-2-Clause
#include "cli/output.h"
#include "client/errors.h"

#include <fmt/format.h>

namespace festore::cli {
namespace {

class Mv : public Verb {
public:
    void declare(CLI::App& app) override {
        add_name(app, "OLD", old_, "the object", {.required = true});
        add_name(app, "NEW", new_, "its new name", {.required = true});
        add_flag(app, "--replace", replace_, "replace an object that has the new name; else exit 4");
    }

    Outcome run(const Options& options) override {
        for (const std::string& name : {old_, new_})
            if (const auto valid = check_name_argument(name); !valid) return failed(valid.error());
        if (const auto valid = check_is_for_store(options, "mv"); !valid) return failed(valid.error());
        Result<Client> client = Client::connect(options.client);
        if (!client) return failed(client.error());
        const Result<ObjectInfo> renamed = client->store()->rename(old_, new_, replace_);
        if (!renamed) return failed(renamed.error());
        print_note(options, fmt::format("renamed {} to {}", quote(old_), quote(new_)));
        Outcome outcome;
        set_name(outcome.document, new_);
        outcome.document["old_name"] = old_;
        outcome.document["version"] = renamed->version;
        return outcome;
    }

private:
    std::string old_, new_;
    bool replace_ = false;
};

}  // namespace

std::unique_ptr<Verb> make_mv() { return std::make_unique<Mv>(); }

}  // namespace festore::cli
