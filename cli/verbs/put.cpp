// SPDX-License-Identifier: BSD-2-Clause
#include "base/limits.h"
#include "base/host/interrupts.h"
#include "base/result.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/transfer.h"
#include "client/errors.h"

#include <fmt/format.h>
#include <unistd.h>

namespace festore::cli {
namespace {

class Put : public Verb {
public:
    void declare(CLI::App& app) override {
        add_name(app, "NAME", name_, "1 to 255 bytes of UTF-8, without control characters", {.required = true});
        add_text(app, "FILE", file_, "what to store; standard input when absent or -");
        add_flag(app, "--if-absent", put_.if_absent, "only when there is no such object; else exit 4");
        add_text(app, "--if-version", if_version_, "only when the object has this version; else exit 4", {.placeholder = "N"});
        add_flag(app, "--write-once", put_.write_once,
                 "the object cannot be replaced afterwards; in a store it cannot be removed or renamed, either");
        add_flag(app, "--removable", put_.removable, "with --write-once: it can be removed and renamed");
    }

    Outcome run(const Options& options) override {
        if (const auto valid = check_arguments(); !valid) return failed(valid.error());
        if (is_standard_stream(file_) && isatty(STDIN_FILENO) == 1)
            print_note(options, "reading standard input; Ctrl-D ends it");
        const Result<ObjectInfo> stored = put_in_parts(options);
        if (!stored) return failed(stored.error());
        print_note(options, fmt::format("stored {}: {} bytes, version {}", quote(name_), stored->size, stored->version));
        Outcome outcome;
        set_name(outcome.document, stored->name);
        outcome.document["size"] = stored->size;
        outcome.document["version"] = stored->version;
        outcome.document["modified"] = time_json(stored->modified);
        outcome.document["write_once"] = stored->write_once;
        outcome.document["kept"] = stored->kept;
        return outcome;
    }

private:
    // Reads the first part before it opens a session: no session is held open while somebody types.
    Result<ObjectInfo> put_in_parts(const Options& options) const {
        const InterruptsHeld held;
        std::optional<InputLimit> limit;
        if (options.client.storage != Storage::store)
            limit = {limits::kPersistentObjectBytesMax, "an object in the TEE's own storage"};
        Result<Source> source = Source::open(file_, limit);
        if (!source) return unexpected(in_put(name_, source.error()));
        Content first(kTransferBytes);
        const Result<size_t> count = source->read(first.room());
        if (!count) return unexpected(in_put(name_, count.error()));
        Client client = FESTORE_TRY(Client::connect(options.client));
        PutOptions options_of_size = put_;
        options_of_size.size = source->size();
        WriteStream stream = FESTORE_TRY(client.write(name_, options_of_size));
        Progress progress(options, source->size());
        return store_all(*source, first.bytes().first(*count), std::move(stream), name_, progress);
    }

    Result<void> check_arguments() {
        FESTORE_CHECK(check_name_argument(name_));
        if (put_.removable && !put_.write_once)
            return unexpected(usage_error("--removable belongs to --write-once: other objects can always be removed", "put"));
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
