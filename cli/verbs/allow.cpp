// SPDX-License-Identifier: BSD-2-Clause
#include "cli/allow_report.h"
#include "base/result.h"
#include "cli/output.h"
#include "client/errors.h"

#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <unistd.h>

namespace festore::cli {
namespace {

constexpr std::string_view kVerb = "allow";

Result<Owner> parse_name(const std::string& text) {
    const bool is_group = text.starts_with("@") || text.starts_with("gid:");
    const size_t marked = text.starts_with("@") ? 1 : text.starts_with("gid:") || text.starts_with("uid:") ? 4 : 0;
    const std::string rest = text.substr(marked);
    std::optional<uint64_t> id = parse_number(rest, UINT32_MAX - 1);
    if (!id && marked < 4) {
        if (const group* const found = is_group ? getgrnam(rest.c_str()) : nullptr; found != nullptr) id = found->gr_gid;
        if (const passwd* const found = is_group ? nullptr : getpwnam(rest.c_str()); found != nullptr) id = found->pw_uid;
    }
    if (!id) return unexpected(usage_error(fmt::format("there is no {} {}", is_group ? "group" : "user", quote(rest)), kVerb));
    return is_group ? Owner::group(static_cast<uint32_t>(*id)) : Owner::user(static_cast<uint32_t>(*id));
}

class Allow : public Verb {
public:
    void declare(CLI::App& app) override {
        add_names(app, "USER", names_, "users, and groups as @GROUP, each by name or number; or uid:N, gid:N");
        add_text(app, "--bytes", bytes_, "at most N bytes in ree, and N in rpmb", {false, "N"});
        add_text(app, "--objects", objects_, "at most N objects in ree, and N in rpmb", {false, "N"});
        add_text(app, "--stores", stores_, "at most N stores", {false, "N"});
        add_flag(app, "--everybody", everybody_, "users who are not named may store too, with these limits");
        add_flag(app, "--total", total_, "limits for all users but root together; with --storage, in that storage only");
        add_flag(app, "--remove", remove_, "take these names off the list; with --everybody: those who are not named");
        add_flag(app, "--all", all_, "remove the list: everybody may store, without limits");
    }

    Outcome run(const Options& options) override {
        const bool is_public = options.client.owner.kind == Owner::Kind::public_;
        const Result<Wanted> wanted = understand(is_public);
        if (!wanted) return failed(wanted.error());
        ClientOptions chosen = options.client;
        chosen.owner = Owner::user();  // the caller acts as itself, whomever the list is about
        chosen.storage = Storage::ree;
        chosen.store_directory.clear();
        Result<Client> client = Client::connect(chosen);
        if (!client) return failed(client.error());
        if (const auto done = change(*client, *wanted, options.client.storage); !done) return failed(done.error());
        const Result<AllowReport> report = client->allowed();
        if (!report) return failed(report.error());
        return shown(*report);
    }

private:
    enum class Mode { look, named, removed, others, no_others, total, all };
    struct Wanted {
        Mode mode = Mode::look;
        std::vector<Owner> names;
        Allowance limits;
    };

    Result<Wanted> understand(bool is_public) const {
        const bool has_names = !names_.empty() || is_public;
        if (int{everybody_} + int{total_} + int{all_} + int{has_names} > 1)
            return unexpected(usage_error("names, --everybody, --total and --all exclude each other", kVerb));
        if (remove_ && (total_ || all_ || (!has_names && !everybody_)))
            return unexpected(usage_error("--remove goes with names or --everybody", kVerb));
        Wanted wanted;
        if (all_) wanted.mode = Mode::all;
        else if (total_) wanted.mode = Mode::total;
        else if (everybody_) wanted.mode = remove_ ? Mode::no_others : Mode::others;
        else if (has_names) wanted.mode = remove_ ? Mode::removed : Mode::named;
        for (const std::string& text : names_) {
            const Owner name = FESTORE_TRY(parse_name(text));
            wanted.names.push_back(name);
        }
        if (is_public) wanted.names.push_back(Owner::public_());
        FESTORE_CHECK(take_limits(wanted));
        return wanted;
    }

    Result<void> take_limits(Wanted& wanted) const {
        const bool has_limits = wanted.mode == Mode::named || wanted.mode == Mode::others || wanted.mode == Mode::total;
        if (!has_limits && !(bytes_ + objects_ + stores_).empty())
            return unexpected(usage_error("--bytes, --objects and --stores go with names to allow, --everybody or --total", kVerb));
        if (wanted.mode == Mode::total && !stores_.empty())
            return unexpected(usage_error("--total limits bytes and objects, not stores", kVerb));
        const auto number = [](const char* option, const std::string& text, uint64_t max, auto& to) -> Result<void> {
            if (text.empty()) return {};
            const auto value = parse_number(text, max);
            if (!value) return unexpected(usage_error(fmt::format("{} is a number, not {}", option, quote(text)), kVerb));
            to = static_cast<typename std::decay_t<decltype(to)>::value_type>(*value);
            return {};
        };
        FESTORE_CHECK(number("--bytes", bytes_, UINT64_MAX - 1, wanted.limits.bytes));
        FESTORE_CHECK(number("--objects", objects_, UINT32_MAX - 1, wanted.limits.objects));
        return number("--stores", stores_, UINT32_MAX - 1, wanted.limits.stores);
    }

    static Result<void> change(Client& client, const Wanted& wanted, Storage storage) {
        switch (wanted.mode) {
        case Mode::named: return client.allow(wanted.names, wanted.limits);
        case Mode::removed: return client.disallow(wanted.names);
        case Mode::others: return client.allow_others(wanted.limits);
        case Mode::no_others: return client.allow_others(std::nullopt);
        case Mode::all: return client.allow_all();
        case Mode::total:
            for (const Storage one : {Storage::ree, Storage::rpmb})
                if (storage == one || storage == Storage::store)
                    FESTORE_CHECK(client.allow_in_all(one, wanted.limits));
            return {};
        default: return {};
        }
    }

    // Users other than root see only what applies to them.
    static Outcome shown(const AllowReport& report) {
        Outcome outcome;
        const bool is_root = geteuid() == 0;
        const OwnerNames names;
        outcome.document = is_root ? allow_json(report, names) : Json::object();
        outcome.document["own"] = own_allow_json(report);
        outcome.text = is_root ? allow_text(report, names) : own_allow_text(report);
        if (const auto fault = allow_fault(report)) outcome.errors.push_back(*fault);
        return outcome;
    }

    std::vector<std::string> names_;
    std::string bytes_, objects_, stores_;
    bool everybody_ = false;
    bool total_ = false;
    bool remove_ = false;
    bool all_ = false;
};

}  // namespace

std::unique_ptr<Verb> make_allow() { return std::make_unique<Allow>(); }

}  // namespace festore::cli
