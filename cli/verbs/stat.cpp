// SPDX-License-Identifier: BSD-2-Clause
#include "cli/output.h"

#include <fmt/format.h>

namespace festore::cli {
namespace {

class Stat : public Verb {
public:
    void declare(CLI::App& app) override {
        add_name(app, "NAME", name_, "the object", {.required = true});
        name_option_.declare(app);
    }

    Outcome run(const Options& options) override {
        if (const auto valid = name_option_.resolve(name_, options); !valid) return failed(valid.error());
        Result<Client> client = Client::connect(options.client);
        if (!client) return failed(client.error());
        const Result<ObjectInfo> info = client->stat(name_);
        if (!info) return failed(info.error());
        Outcome outcome;
        outcome.document = info_json(*info);
        outcome.document["storage"] = storage_name(options.client.storage);
        const auto row = [&](const char* label, const auto& value) {
            outcome.text += fmt::format("{:<11} {}\n", label, value);
        };
        row("name", escaped(info->name));
        row("size", info->size);
        row("version", info->version);
        row("created", time_text(info->created));
        row("modified", time_text(info->modified));
        row("write-once", info->kept ? "yes, and it cannot be removed" : info->write_once ? "yes" : "no");
        row("storage", storage_name(options.client.storage));
        if (info->legacy) row("origin", "stored by the first demo's trusted application");
        return outcome;
    }

private:
    std::string name_;
    NameOption name_option_;
};

}  // namespace

std::unique_ptr<Verb> make_stat() { return std::make_unique<Stat>(); }

}  // namespace festore::cli
