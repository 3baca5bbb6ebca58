// SPDX-License-Identifier: BSD-2-Clause
#include "cli/output.h"
#include "client/errors.h"

#include <fmt/format.h>

namespace festore::cli {
namespace {

class Rm : public Verb {
public:
    void declare(CLI::App& app) override {
        add_names(app, "NAME", names_, "the objects", {.required = true});
        name_option_.declare(app);
        add_flag(app, "-f,--force", force_, "an object that does not exist is not an error");
        add_text(app, "--owner", owner_, "another owner's objects in the TEE's own storage; root only", {.placeholder = "uid:N|gid:N"});
    }

    Outcome run(const Options& options) override {
        const Result<std::optional<Owner>> parsed = parse_owner(owner_, "rm");
        if (!parsed) return failed(parsed.error());
        const std::optional<Owner>& owner = *parsed;
        for (std::string& name : names_)  // check all before anything is removed
            if (const auto valid = name_option_.resolve(name, options); !valid) return failed(valid.error());
        Result<Client> client = Client::connect(options.client);
        if (!client) return failed(client.error());
        Outcome outcome;
        outcome.document = {{"removed", Json::array()}, {"absent", Json::array()}, {"failed", Json::array()}, {"not_tried", Json::array()}};
        std::vector<Error> absent;
        bool has_tee = true;
        for (const std::string& name : names_) {
            if (!has_tee) {  // each would only wait for the timeout again
                outcome.document["not_tried"].push_back(name_json(name));
                continue;
            }
            const Result<void> removed = owner ? client->remove_of(*owner, name) : client->remove(name);
            if (removed) {
                outcome.document["removed"].push_back(name_json(name));
                print_note(options, "removed " + quote(name));
            } else if (force_ && removed.error().code == ErrorCode::not_found) {
                outcome.document["absent"].push_back(name_json(name));
            } else {
                Json failure = name_json(name);
                failure["error"] = error_json(removed.error());
                outcome.document["failed"].push_back(std::move(failure));
                (removed.error().code == ErrorCode::not_found ? absent : outcome.errors).push_back(removed.error());
            }
            has_tee = removed || removed.error().code != ErrorCode::no_tee;
        }
        // The first error gives the exit code, so absent objects, the least serious errors, come last.
        outcome.errors.insert(outcome.errors.end(), absent.begin(), absent.end());
        return outcome;
    }

private:
    std::vector<std::string> names_;
    std::string owner_;
    NameOption name_option_;
    bool force_ = false;
};

}  // namespace

std::unique_ptr<Verb> make_rm() { return std::make_unique<Rm>(); }

}  // namespace festore::cli
