// SPDX-License-Identifier: BSD-2-Clause
#include "cli/output.h"
#include "base/result.h"
#include "cli/progress.h"
#include "cli/store_report.h"
#include "client/errors.h"

#include <fmt/format.h>

namespace festore::cli {
namespace {

std::string rebuild_progress_text(const RebuildProgress& p) {
    return fmt::format("{} content{} sealed anew, {}", p.objects, p.objects == 1 ? "" : "s", size_text(p.content_bytes));
}

class Rebuild : public Verb {
public:
    void declare(CLI::App& app) override {
        add_text(app, "--anchor", anchor_, "rpmb: move the store's record from ree to the RPMB", {.placeholder = "ANCHOR"});
        add_text(app, "--cipher", cipher_, "the store's cipher from now on: aes-256-gcm or chacha20-poly1305", {.placeholder = "CIPHER"});
    }

    Outcome run(const Options& options) override {
        RebuildOptions rebuild;
        if (const auto valid = read_options(options, rebuild); !valid) return failed(valid.error());
        Result<Client> client = Client::connect(options.client);
        if (!client) return failed(client.error());
        const Result<StoreInfo> before = client->store()->status();
        if (!before) return failed(before.error());
        RebuildProgress resealed;
        Result<StoreInfo> after = *before;
        {
            ProgressLine line(options);
            rebuild.on_progress = [&](const RebuildProgress& progress) {
                resealed = progress;
                if (line.is_due()) line.draw(rebuild_progress_text(progress));
            };
            after = client->store()->rebuild(rebuild);
        }
        if (!after) return failed(after.error());
        Outcome outcome;
        outcome.document = json_of(report_of(*after));
        outcome.document["pages_before"] = before->pages;
        outcome.document["resealed"] = {{"objects", resealed.objects}, {"content_bytes", resealed.content_bytes}};
        if (!options.quiet) outcome.text = text_of(*before, *after, resealed);
        return outcome;
    }

private:
    Result<void> read_options(const Options& options, RebuildOptions& rebuild) const {
        FESTORE_CHECK(check_is_for_store(options, "rebuild"));
        if (!anchor_.empty() && anchor_ != "ree" && anchor_ != "rpmb")
            return unexpected(usage_error("--anchor is ree or rpmb, not " + quote(anchor_), "rebuild"));
        if (!cipher_.empty() && cipher_ != "aes-256-gcm" && cipher_ != "chacha20-poly1305")
            return unexpected(usage_error("--cipher is aes-256-gcm or chacha20-poly1305, not " + quote(cipher_), "rebuild"));
        if (!anchor_.empty() && !cipher_.empty())
            return unexpected(usage_error("--anchor and --cipher exclude each other: use one after the other", "rebuild"));
        if (!anchor_.empty()) rebuild.anchor = anchor_ == "rpmb" ? Anchor::rpmb : Anchor::ree;
        if (!cipher_.empty()) rebuild.cipher = cipher_ == "aes-256-gcm" ? Cipher::aes_256_gcm : Cipher::chacha20_poly1305;
        return {};
    }

    static std::string text_of(const StoreInfo& before, const StoreInfo& after, const RebuildProgress& resealed) {
        std::string text = fmt::format("rebuilt: {} objects, {} pages instead of {}, under new keys (generation {})\n", after.objects,
                                       after.pages, before.pages, after.generation);
        if (after.anchor != before.anchor) text += "the store's record is in the RPMB now\n";
        if (after.cipher != before.cipher) text += fmt::format("its cipher is {} now, and was {}\n", after.cipher, before.cipher);
        if (resealed.objects > 0) text += rebuild_progress_text(resealed) + "\n";
        if (after.has_other_cipher) text += other_cipher_text(after) + "\n";
        return text;
    }

    std::string anchor_;
    std::string cipher_;
};

}  // namespace

std::unique_ptr<Verb> make_rebuild() { return std::make_unique<Rebuild>(); }

}  // namespace festore::cli
