// SPDX-License-Identifier: BSD-2-Clause
#include "base/name.h"
#include "cli/output.h"
#include "client/store/errors.h"

#include <algorithm>
#include <fmt/format.h>

namespace festore::cli {
namespace {

std::string flags_of(const ObjectInfo& info) {
    return {info.kept ? 'k' : info.write_once ? 'w' : '-', info.legacy ? 'd' : '-'};
}

// Numbers are right-aligned. The name is last: it is the only column that can contain spaces.
std::string long_listing(const std::vector<ObjectInfo>& objects) {
    size_t size_width = 1;
    size_t version_width = 1;
    size_t time_width = 1;
    for (const ObjectInfo& o : objects) {
        size_width = std::max(size_width, fmt::formatted_size("{}", o.size));
        version_width = std::max(version_width, fmt::formatted_size("{}", o.version));
        time_width = std::max(time_width, time_text(o.modified).size());
    }
    std::string text;
    for (const ObjectInfo& o : objects)
        text += fmt::format("{} {:>{}} {:>{}} {:<{}} {}\n", flags_of(o), o.size, size_width, o.version, version_width,
                            time_text(o.modified), time_width, escaped(o.name));
    return text;
}

class Ls : public Verb {
public:
    void declare(CLI::App& app) override {
        add_name(app, "PREFIX", prefix_, "only names that begin with it");
        add_flag(app, "-l,--long", long_, "show flags, size, version and time of the last change as well");
        add_text(app, "--owner", owner_, "another owner's objects in the TEE's own storage; root only", {.placeholder = "uid:N|gid:N"});
    }

    Outcome run(const Options& options) override {
        if (const NameFault fault = check_prefix(bytes_of(prefix_)); fault != NameFault::none)
            return failed(usage_of_name(prefix_, fault));
        const Result<std::optional<Owner>> parsed = parse_owner(owner_, "ls");
        if (!parsed) return failed(parsed.error());
        const std::optional<Owner>& owner = *parsed;
        Result<Client> client = Client::connect(options.client);
        if (!client) return failed(client.error());
        const Result<Listing> listing = owner ? client->list_of(*owner, prefix_) : client->list(prefix_);
        if (!listing) return failed(listing.error());

        Outcome outcome;
        Json& objects = outcome.document["objects"] = Json::array();
        for (const ObjectInfo& info : listing->objects) {
            objects.push_back(info_json(info));
            if (!long_) outcome.text += escaped(info.name) + "\n";
        }
        if (long_) outcome.text = long_listing(listing->objects);
        outcome.document["damaged"] = listing->damaged;
        if (listing->damaged > 0) outcome.errors.push_back(damage(listing->damaged));
        Json& missing = outcome.document["missing"] = Json::array();
        for (const MissingRange& range : listing->missing) {
            missing.push_back({{range.without_from ? "behind" : "from", name_json(range.from)}, {"before", name_json(range.before)}});
            if (range.dropped) missing.back()["dropped"] = true;
            outcome.errors.push_back(names_missing(range));
        }
        return outcome;
    }

private:
    static Error damage(uint32_t count) {
        return {ErrorCode::damaged,
                fmt::format("{} of yours in the TEE's storage {} damaged or tampered with; the TEE cannot tell which",
                            count == 1 ? "1 object" : fmt::format("{} objects", count), count == 1 ? "is" : "are"),
                0, 0};
    }

    std::string prefix_;
    std::string owner_;
    bool long_ = false;
};

}  // namespace

std::unique_ptr<Verb> make_ls() { return std::make_unique<Ls>(); }

}  // namespace festore::cli
