// SPDX-License-Identifier: BSD-2-Clause
#include "cli/doctor_checks.h"
#include "cli/output.h"

#include <algorithm>
#include <fmt/format.h>

namespace festore::cli {
namespace {

const char* text_of(Severity severity) {
    switch (severity) {
    case Severity::ok: return "ok";
    case Severity::unknown: return "unknown";
    case Severity::warning: return "warning";
    case Severity::serious: return "serious";
    }
    return "unknown";
}

// Whether the storage rpmb really answers: asking for an object that is not there reads, and writes nothing.
bool rpmb_answers(const Options& options) {
    ClientOptions client = options.client;
    client.storage = Storage::rpmb;
    Expected<Client> connected = Client::connect(client);
    if (!connected) return false;
    const auto asked = connected->stat("festore doctor asks whether this storage answers");
    return asked || asked.error().code == ErrorCode::not_found;
}

class Doctor : public Verb {
public:
    void declare(CLI::App&) override {}

    Outcome run(const Options& options) override {
        Expected<TeeStatus> status = tl::make_unexpected(Error{});
        {
            Expected<Client> client = Client::connect(options.client);
            if (client) status = client->status();
            else status = tl::make_unexpected(client.error());
        }
        const bool rpmb = status && status->has_rpmb && rpmb_answers(options);
        std::vector<Finding> findings = check_tee(status, rpmb);
        if (!status || status->kind != TeeKind::sim) {  // a simulated TEE has no device, no supplicant, no kernel driver
            const std::vector<Finding> system = check_system({});
            findings.insert(findings.end(), system.begin(), system.end());
        }
        std::stable_sort(findings.begin(), findings.end(),
                         [](const Finding& a, const Finding& b) { return a.severity > b.severity; });
        return outcome_of(findings);
    }

private:
    static Outcome outcome_of(const std::vector<Finding>& findings) {
        Outcome outcome;
        size_t serious = 0;
        Json list = Json::array();
        for (const Finding& f : findings) {
            if (f.severity == Severity::serious) ++serious;
            list.push_back({{"id", f.id}, {"severity", text_of(f.severity)}, {"what", f.what}, {"why", f.why}, {"fix", f.fix}});
            outcome.text += fmt::format("{:<8} {}\n", text_of(f.severity), harmless(f.what));
            if (!f.why.empty()) outcome.text += fmt::format("         why: {}\n", f.why);
            if (!f.fix.empty()) outcome.text += fmt::format("         fix: {}\n", f.fix);
        }
        outcome.document = {{"findings", list}, {"serious", serious}};
        if (serious > 0) outcome.exit_code = kSeriousExitCode;
        return outcome;
    }
    static constexpr int kSeriousExitCode = 10;
};

}  // namespace

std::unique_ptr<Verb> make_doctor() { return std::make_unique<Doctor>(); }

}  // namespace festore::cli
