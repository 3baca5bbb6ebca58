// SPDX-License-Identifier: BSD-2-Clause
#include "base/store_name.h"
#include "base/tee_client_api.h"
#include "cli/output.h"
#include "cli/store_report.h"
#include "client/errors.h"

#include <fmt/format.h>

namespace festore::cli {
namespace {

constexpr const char* kLostRpmbText =
    "when this RPMB is lost (another eMMC, a vendor's reset), only a backup of the objects helps: make one";

class Init : public Verb {
public:
    void declare(CLI::App& app) override {
        add_text(app, "--anchor", anchor_, "where the store's root is kept: ree (default) or rpmb", {.placeholder = "ANCHOR"});
        add_text(app, "--cipher", cipher_, "auto (default: the faster one here), aes-256-gcm or chacha20-poly1305",
                 {.placeholder = "CIPHER"});
    }

    Outcome run(const Options& options) override {
        InitOptions init;
        if (anchor_ == "rpmb") init.anchor = Anchor::rpmb;
        else if (!anchor_.empty() && anchor_ != "ree")
            return failed(usage_error("--anchor is ree or rpmb, not " + quote(anchor_), "init"));
        if (cipher_ == "aes-256-gcm") init.cipher = Cipher::aes_256_gcm;
        else if (cipher_ == "chacha20-poly1305") init.cipher = Cipher::chacha20_poly1305;
        else if (!cipher_.empty() && cipher_ != "auto")
            return failed(usage_error("--cipher is auto, aes-256-gcm or chacha20-poly1305, not " + quote(cipher_), "init"));
        if (const auto valid = check_is_for_store(options, "init"); !valid) return failed(valid.error());
        Result<Client> client = Client::connect(options.client);
        if (!client) return failed(client.error());
        Result<StoreInfo> made = client->store()->init(init);
        if (!made && anchor_ == "ree" && rpmb_gave_no_answer(made.error().tee_result)) {
            // A user who names the anchor accepts its protection, but must see that the RPMB did not answer.
            print_line("the RPMB did not answer whether it has a record of a store of yours; the store is made without its answer, and "
                       "marked so");
            init.without_asking_rpmb = true;
            made = client->store()->init(init);
        }
        if (!made) return failed(made.error());
        const std::string with_name = made->name == kDefaultStoreName ? "" : " with the name " + quote(made->name);
        print_note(options, fmt::format("made a store{} at {}, anchor {}, cipher {}", with_name, quote(made->directory),
                                        anchor_name(made->anchor), made->cipher));
        if (made->anchor == Anchor::rpmb && !options.quiet) print_line(kLostRpmbText);
        Outcome outcome;
        outcome.document = json_of(report_of(*made));
        return outcome;
    }

private:
    std::string anchor_;
    std::string cipher_;
};

}  // namespace

std::unique_ptr<Verb> make_init() { return std::make_unique<Init>(); }

}  // namespace festore::cli
