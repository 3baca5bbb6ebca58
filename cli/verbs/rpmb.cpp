// SPDX-License-Identifier: BSD-2-Clause
#include "cli/output.h"
#include "client/errors.h"

#include <fmt/format.h>

namespace festore::cli {
namespace {

class Rpmb : public Verb {
public:
    void declare(CLI::App& app) override {
        add_flag(app, "--none", none_, "say that this device has no RPMB; root only; refused if one answers");
        add_flag(app, "--without-asking", without_asking_, "with --none: if asking would end the trusted application");
        add_flag(app, "--ask", ask_, "take --none back: the RPMB is asked again; root only");
    }

    Outcome run(const Options& options) override {
        if (none_ && ask_) return failed(usage_error("--none and --ask exclude each other", "rpmb"));
        if (without_asking_ && !none_) return failed(usage_error("--without-asking goes with --none", "rpmb"));
        ClientOptions chosen = options.client;
        chosen.owner = Owner::user();  // the setting is the device's, whichever owner the command line names
        chosen.storage = Storage::ree;
        Result<Client> client = Client::connect(chosen);
        if (!client) return failed(client.error());
        const Result<RpmbUse> use = none_ || ask_ ? client->set_no_rpmb(none_, without_asking_) : client->rpmb_use();
        if (!use) return failed(use.error());
        Outcome outcome;
        outcome.document = {{"built_in", use->built_in}, {"none_here", use->none_here}};
        outcome.text = text_of(*use);
        return outcome;
    }

private:
    static const char* text_of(const RpmbUse& use) {
        if (use.none_here) return "not asked: root has said that this device has none\n";
        return use.built_in ? "asked when a store with the anchor ree is made or opened\n" : "not asked: none is built into this TEE\n";
    }

    bool none_ = false;
    bool without_asking_ = false;
    bool ask_ = false;
};

}  // namespace

std::unique_ptr<Verb> make_rpmb() { return std::make_unique<Rpmb>(); }

}  // namespace festore::cli
