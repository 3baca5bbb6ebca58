// SPDX-License-Identifier: BSD-2-Clause
#include "cli/file_io.h"
#include "cli/output.h"
#include "client/errors.h"

#include <algorithm>
#include <fmt/format.h>

namespace festore::cli {
namespace {

class Get : public Verb {
public:
    void declare(CLI::App& app) override {
        add_name(app, "NAME", name_, "the object")->required();
        name_option_.declare(app);
        add_text(app, "FILE", file_, "where to write it; standard output when absent or -");
        add_text(app, "--offset", offset_text_, "leave out the first N bytes")->type_name("N");
        add_text(app, "--length", length_text_, "N bytes at most")->type_name("N");
    }

    Outcome run(const Options& options) override {
        if (const auto valid = check_arguments(options); !valid) return failed(valid.error());
        Expected<std::vector<std::byte>> got = fetch(options);
        if (!got) return failed(got.error());
        const Content content(std::move(*got));
        const Bytes all = content.bytes();
        if (offset_ > all.size())
            return failed({ErrorCode::usage,
                           fmt::format("cannot get {} from byte {}: it has only {} bytes", quote(name_), offset_, all.size()),
                           0, 0});
        const auto offset = static_cast<size_t>(offset_);
        const Bytes part = all.subspan(offset, static_cast<size_t>(std::min<uint64_t>(length_, all.size() - offset)));
        const bool standard = is_standard_stream(file_);
        if (const auto written = standard ? write_standard_output(part) : write_file(file_, part); !written)
            return failed(written.error());
        Outcome outcome;
        add_name(outcome.document, name_);
        outcome.document["size"] = all.size();
        outcome.document["offset"] = offset_;
        outcome.document["length"] = part.size();
        return outcome;
    }

private:
    Expected<void> check_arguments(const Options& options) {
        if (const auto valid = name_option_.resolve(name_, options); !valid) return valid;
        if (const auto valid = number("--offset", offset_text_, offset_); !valid) return valid;
        if (const auto valid = number("--length", length_text_, length_); !valid) return valid;
        if (options.json && is_standard_stream(file_))
            return unexpected(usage_error("--json needs a FILE: standard output cannot have both", "get"));
        return {};
    }

    static Expected<void> number(const char* option, const std::string& text, uint64_t& value) {
        if (text.empty()) return {};
        const auto parsed = parse_number(text);
        if (!parsed)
            return unexpected(usage_error(fmt::format("{} is a number of bytes, not {}", option, quote(text)), "get"));
        value = *parsed;
        return {};
    }

    // The session ends here: none is held open while a slow reader takes the content.
    Expected<std::vector<std::byte>> fetch(const Options& options) const {
        Expected<Client> client = Client::connect(options.client);
        if (!client) return unexpected(client.error());
        return client->get(name_);
    }

    NameOption name_option_;
    std::string name_, file_, offset_text_, length_text_;
    uint64_t offset_ = 0;
    uint64_t length_ = UINT64_MAX;
};

}  // namespace

std::unique_ptr<Verb> make_get() { return std::make_unique<Get>(); }

}  // namespace festore::cli
