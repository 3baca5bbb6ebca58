// SPDX-License-Identifier: BSD-2-Clause
#include "cli/confirm.h"
#include "base/result.h"
#include "cli/output.h"
#include "cli/store_report.h"
#include "client/errors.h"

#include <fmt/format.h>

namespace festore::cli {
namespace {

class Destroy : public Verb {
public:
    void declare(CLI::App& app) override {
        confirmation_.declare(app);
        add_flag(app, "--lost", lost_, "the store's directory is lost: drop only the TEE's record of the store");
        add_text(app, "--owner", owner_, "drop only the record of another owner's store; root only", {.placeholder = "uid:N|gid:N"});
    }

    Outcome run(const Options& options) override {
        DestroyOptions wanted;
        wanted.lost_directory = lost_;
        const auto other = parse_owner(owner_, "destroy");
        if (!other) return failed(other.error());
        wanted.other = *other;
        if (const auto valid = check_is_for_store(options, "destroy"); !valid) return failed(valid.error());
        if (const auto can = confirmation_.check_can_ask("destroy"); !can) return failed(can.error());
        Result<Client> client = Client::connect(options.client);
        if (!client) return failed(client.error());
        const Result<std::string> question = question_about(*client, options, wanted);
        if (!question) return failed(question.error());
        if (const auto agreed = confirmation_.ask(*question); !agreed) return failed(agreed.error());
        const Result<DestroyReport> report = client->store()->destroy(wanted);
        if (!report) return failed(report.error());
        return outcome_of(options, *report);
    }

private:
    // Says what would be lost.
    Result<std::string> question_about(Client& client, const Options& options, const DestroyOptions& wanted) const {
        const bool record_only = lost_ || wanted.other;
        if (!record_only) {
            const StoreReport store = look_at_store(client, options.client);
            if (store.error)
                return fmt::format("destroy the store at {} for good. It cannot be opened now ({}), but may be intact: 'festore repair', "
                                   "or a backup of the TEE's storage, may bring it back.",
                                   quote(store.directory), harmless(store.error->message));
            if (!store.info) return fmt::format("remove what is left of the store at {}.", quote(store.directory));
            const std::string& name = store.info->name;
            return fmt::format("destroy the store {}at {} for good, with its {} objects.", name == "default" ? "" : quote(name) + " ",
                               quote(store.info->directory), store.info->objects) +
                   " " + what_copies_are_worth(store.info->anchor);
        }
        const StoreInfo record = FESTORE_TRY(client.store()->record(wanted.other));
        return fmt::format("drop the TEE's record of the store {} ({}) of {}, made {}, with its {} objects. {}", quote(record.name),
                           record.store_id, owner_.empty() ? "yours" : owner_, time_text(record.created), record.objects,
                           what_copies_are_worth(record.anchor));
    }

    static const char* what_copies_are_worth(Anchor anchor) {
        return anchor == Anchor::rpmb
                   ? "Nobody can open a copy of its directory afterwards."
                   : "No copy of its directory is served or repaired afterwards, unless the TEE's own storage is lost, or put back "
                     "to its present state.";
    }

    static Outcome outcome_of(const Options& options, const DestroyReport& report) {
        Outcome outcome;
        outcome.document = {{"record_dropped", report.record_dropped}, {"files_removed", report.files}, {"left", report.left},
                            {"may_be_in_rpmb", report.may_be_in_rpmb}};
        if (report.may_be_in_rpmb)
            print_line("the RPMB did not answer; if this store was moved to the RPMB, its record is still there: when the RPMB answers, "
                       "look with 'festore status', and drop the record with 'festore destroy --lost'");
        if (!report.record_dropped && !report.may_be_in_rpmb)
            print_line("the TEE had no record of the store that the directory's header names; 'festore status' lists your stores");
        print_note(options, fmt::format("{}{} files removed", report.record_dropped ? "the TEE's record is gone; " : "", report.files));
        for (const std::string& path : report.left)
            if (!options.quiet) outcome.text += fmt::format("left, since it is not the store's: {}\n", escaped(path));
        return outcome;
    }

    Confirmation confirmation_;
    std::string owner_;
    bool lost_ = false;
};

}  // namespace

std::unique_ptr<Verb> make_destroy() { return std::make_unique<Destroy>(); }

}  // namespace festore::cli
