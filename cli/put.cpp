// SPDX-License-Identifier: BSD-2-Clause
#include "cli/file_io.h"
#include "cli/output.h"
#include "client/errors.h"

#include <fmt/format.h>
#include <unistd.h>

namespace festore::cli {
namespace {

class Put : public Verb {
public:
    void declare(CLI::App& app) override {
        add_name(app, "NAME", name_, "1 to 255 bytes of UTF-8, without control characters")->required();
        add_text(app, "FILE", file_, "what to store; standard input when absent or -");
        app.add_flag("--if-absent", put_.if_absent, "only when there is no such object; else exit 4");
        add_text(app, "--if-version", if_version_, "only when the object has this version; else exit 4")->type_name("N");
        app.add_flag("--write-once", put_.write_once, "the object cannot be replaced afterwards, only removed");
    }

    Outcome run(const Options& options) override {
        if (const auto valid = check_arguments(); !valid) return failed(valid.error());
        if (is_standard_stream(file_) && isatty(STDIN_FILENO) == 1)
            print_note(options, "reading standard input; Ctrl-D ends it");
        const Expected<Content> content = read_input(file_, content_limit(options.client.storage));
        if (!content) {
            Error error = content.error();
            error.message = fmt::format("cannot put {}: {}", quote(name_), error.message);
            return failed(std::move(error));
        }
        Expected<Client> client = Client::connect(options.client);
        if (!client) return failed(client.error());
        const Expected<ObjectInfo> stored = client->put(name_, content->bytes(), put_);
        if (!stored) return failed(stored.error());
        print_note(options, fmt::format("stored {}: {} bytes, version {}", quote(name_), stored->size, stored->version));
        Outcome outcome;
        add_name(outcome.document, stored->name);
        outcome.document["size"] = stored->size;
        outcome.document["version"] = stored->version;
        outcome.document["modified"] = time_json(stored->modified);
        outcome.document["write_once"] = stored->write_once;
        return outcome;
    }

private:
    Expected<void> check_arguments() {
        if (const auto valid = check_name_argument(name_); !valid) return valid;
        if (if_version_.empty()) return {};
        put_.if_version = parse_number(if_version_);
        if (!put_.if_version)
            return unexpected(usage_error(fmt::format("--if-version is a number, not {}", quote(if_version_)), "put"));
        if (put_.if_absent) return unexpected(usage_error("--if-absent and --if-version exclude each other", "put"));
        return {};
    }

    std::string name_, file_, if_version_;
    PutOptions put_;
};

}  // namespace

std::unique_ptr<Verb> make_put() { return std::make_unique<Put>(); }

}  // namespace festore::cli
