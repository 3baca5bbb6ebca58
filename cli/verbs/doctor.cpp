// SPDX-License-Identifier: BSD-2-Clause
#include "base/store_name.h"
#include "cli/output.h"
#include "cli/owner_names.h"
#include "cli/store_report.h"
#include "doctor/checks.h"

#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <unistd.h>

namespace festore::cli {
namespace {

using namespace doctor;

const char* text_of(Grade severity) {
    switch (severity) {
    case Grade::ok: return "ok";
    case Grade::unknown: return "unknown";
    case Grade::warning: return "warning";
    case Grade::serious: return "serious";
    }
    return "unknown";
}

// True if the storage rpmb really answers. Asking for an object that does not exist reads, but writes nothing.
bool rpmb_answers(const Options& options) {
    ClientOptions client = options.client;
    client.storage = Storage::rpmb;
    Result<Client> connected = Client::connect(client);
    if (!connected) return false;
    const auto asked = connected->stat("festore doctor asks whether this storage answers");
    return asked || asked.error().code == ErrorCode::not_found;
}

// True if root has said that there is no RPMB: then asking could end the trusted application.
bool is_said_to_have_none(const Options& options) {
    ClientOptions client = options.client;
    client.storage = Storage::ree;
    Result<Client> connected = Client::connect(client);
    if (!connected) return false;
    const auto use = connected->rpmb_use();
    return use && use->none_here;
}

// The store that the command line selects. None for --public, which has no store.
std::optional<StoreEvidence> look_at_store_of(const Options& options) {
    ClientOptions client = options.client;
    if (client.owner.kind == Owner::Kind::public_) return std::nullopt;
    client.storage = Storage::store;
    Result<Client> connected = Client::connect(client);
    if (!connected) return std::nullopt;  // the TEE's findings say why, or no directory for a store is known
    StoreReport report = look_at_store(*connected, client);
    return StoreEvidence{std::move(report.directory), client.owner.kind == Owner::Kind::group, std::move(report.info),
                         std::move(report.error)};
}

// The TEE's records of all owners' stores. None if the caller is not root, or if the trusted application is too old to list them.
std::optional<std::vector<StoreRecord>> all_stores(const Options& options) {
    if (geteuid() != 0) return std::nullopt;
    ClientOptions client = options.client;
    client.owner = Owner::user();  // root itself asks, whichever owner was named
    client.storage = Storage::store;
    Result<Client> connected = Client::connect(client);
    if (!connected) return std::nullopt;
    Result<std::vector<StoreRecord>> records = connected->store()->all_records();
    if (!records) return std::nullopt;
    return std::move(*records);
}

// Counts up to the last used place; places of destroyed stores before it may be free.
size_t places_under_rpmb(const std::optional<std::vector<StoreRecord>>& records) {
    size_t places = 0;
    for (const StoreRecord& record : records.value_or(std::vector<StoreRecord>{}))
        if (record.anchor == Anchor::rpmb) places = std::max<size_t>(places, size_t{record.place} + 1);
    return places;
}

std::string owner_of(const StoreRecord& record) {
    static const OwnerNames names;
    const bool has_name = !record.name.empty() && record.name != kDefaultStoreName;
    return names.text(record.is_group, record.identity) + (has_name ? ", " + record.name : "");
}

class Doctor : public Verb {
public:
    void declare(CLI::App& app) override {
        add_text(app, "--root", root_, "check a card of a device that is mounted here, or the TEE's files alone; no TEE is used",
                 {.placeholder = "DIR"});
    }

    Outcome run(const Options& options) override {
        if (!root_.empty()) return look_at_card();
        const System system = System::running();
        const Supplicant supplicant = find_supplicant(system);
        Options limited = options;
        // Without a supplicant the TEE waits for it in vain; with one, a call may take long.
        if (supplicant.state == Supplicant::State::missing)
            limited.client.call_timeout = std::min(options.client.call_timeout, kWithoutSupplicant);
        Result<TeeStatus> status = Error{};
        {
            Result<Client> client = Client::connect(limited.client);
            if (client) status = client->status();
            else status = client.error();
        }
        RpmbEvidence rpmb;
        rpmb.none_here = status && status->has_rpmb && is_said_to_have_none(limited);
        rpmb.answers = status && status->has_rpmb && !rpmb.none_here && rpmb_answers(limited);
        rpmb.device = find_rpmb(system, supplicant);
        std::vector<CheckResult> findings = check_tee(status, rpmb);
        if (status) {
            const std::optional<std::vector<StoreRecord>> records = all_stores(limited);
            if (const auto tail = rpmb_tail(*status, rpmb, places_under_rpmb(records))) findings.push_back(*tail);
            if (const auto store = look_at_store_of(limited)) {
                const std::vector<CheckResult> about_store = check_store(system, *store, rpmb);
                findings.insert(findings.end(), about_store.begin(), about_store.end());
            }
            const std::vector<CheckResult> about_all = check_all_stores(records, owner_of);
            findings.insert(findings.end(), about_all.begin(), about_all.end());
        }
        // A simulated TEE has no device, no supplicant, no kernel driver.
        if (!status || status->kind != TeeKind::sim) {
            const std::vector<CheckResult> about_system = check_system(system, supplicant, status.has_value());
            findings.insert(findings.end(), about_system.begin(), about_system.end());
        }
        return outcome_of(std::move(findings));
    }

private:
    Outcome look_at_card() const {
        std::error_code none;
        if (!std::filesystem::is_directory(root_, none))
            return cli::failed({ErrorCode::failure, "cannot look at " + escaped(root_) + ": there is no such folder", 0, 0});
        return outcome_of(check_card(System::of_card(root_)));
    }

    static Outcome outcome_of(std::vector<CheckResult> findings) {
        std::stable_sort(findings.begin(), findings.end(),
                         [](const CheckResult& a, const CheckResult& b) { return a.severity > b.severity; });
        Outcome outcome;
        size_t serious = 0;
        Json list = Json::array();
        for (const CheckResult& f : findings) {
            if (f.severity == Grade::serious) ++serious;
            list.push_back({{"id", f.id},
                            {"severity", text_of(f.severity)},
                            {"what", harmless(f.what)},
                            {"why", harmless(f.why)},
                            {"fix", harmless(f.fix)}});
            outcome.text += fmt::format("{:<8} {}\n", text_of(f.severity), harmless(f.what));
            if (!f.why.empty()) outcome.text += fmt::format("         why: {}\n", harmless(f.why));
            if (!f.fix.empty()) outcome.text += fmt::format("         fix: {}\n", harmless(f.fix));
        }
        outcome.document = {{"findings", list}, {"serious", serious}};
        if (serious > 0) outcome.exit_code = kSeriousExitCode;
        return outcome;
    }
    std::string root_;
    static constexpr int kSeriousExitCode = 10;
    static constexpr std::chrono::seconds kWithoutSupplicant{5};
};

}  // namespace

std::unique_ptr<Verb> make_doctor() { return std::make_unique<Doctor>(); }

}  // namespace festore::cli
