// SPDX-License-Identifier: BSD-2-Clause
#include "base/host/interrupts.h"
#include "base/result.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/transfer.h"
#include "client/errors.h"

#include <algorithm>
#include <fmt/format.h>

namespace festore::cli {
namespace {

class Get : public Verb {
public:
    void declare(CLI::App& app) override {
        add_name(app, "NAME", name_, "the object", {.required = true});
        name_option_.declare(app);
        add_text(app, "FILE", file_, "where to write it; standard output when absent or -");
        add_text(app, "--offset", offset_text_, "skip the first N bytes", {.placeholder = "N"});
        add_text(app, "--length", length_text_, "read at most N bytes", {.placeholder = "N"});
    }

    Outcome run(const Options& options) override {
        if (const auto valid = check_arguments(options); !valid) return failed(valid.error());
        Result<Got> got = is_standard_stream(file_) ? transfer(options) : transfer_to_file(options);
        if (!got) return failed(got.error());
        Outcome outcome;
        set_name(outcome.document, name_);
        outcome.document["size"] = got->size;
        outcome.document["offset"] = offset_;
        outcome.document["length"] = got->length;
        return outcome;
    }

private:
    struct Got {
        uint64_t size = 0;    // of the object
        uint64_t length = 0;  // that was written
    };

    Result<void> check_arguments(const Options& options) {
        FESTORE_CHECK(name_option_.resolve(name_, options));
        FESTORE_CHECK(number("--offset", offset_text_, offset_));
        FESTORE_CHECK(number("--length", length_text_, length_));
        if (options.json && is_standard_stream(file_))
            return unexpected(usage_error("--json needs a FILE: standard output cannot have both", "get"));
        return {};
    }

    static Result<void> number(const char* option, const std::string& text, uint64_t& value) {
        if (text.empty()) return {};
        const auto parsed = parse_number(text);
        if (!parsed)
            return unexpected(usage_error(fmt::format("{} is a number of bytes, not {}", option, quote(text)), "get"));
        value = *parsed;
        return {};
    }

    // An unfinished file may have a name: a signal must not leave it behind.
    Result<Got> transfer_to_file(const Options& options) {
        const InterruptsHeld held;
        return transfer(options);
    }

    Result<Got> transfer(const Options& options) {
        std::optional<Client> client;
        std::optional<ReadStream> stream;
        FESTORE_CHECK(open(options, client, stream));
        Got got{stream->info().size, std::min(length_, stream->info().size - offset_)};
        Content buffer(static_cast<size_t>(std::min<uint64_t>(kHeldBytes, got.length)));
        Result<size_t> count = stream->read(buffer.room());
        if (!count) return unexpected(count.error());
        if (*count == got.length) {  // everything is read: no session is held open for a slow reader
            stream.reset();
            client.reset();
        }
        Sink sink = FESTORE_TRY(Sink::open(file_, got.length));
        Progress progress(options, got.length);
        uint64_t written = 0;
        while (true) {
            FESTORE_CHECK(sink.write(buffer.bytes().first(*count)));
            written += *count;
            progress.add(*count);
            FESTORE_CHECK(check_signals());
            if (written == got.length) break;
            count = stream->read(buffer.room().first(static_cast<size_t>(std::min<uint64_t>(kTransferBytes, got.length - written))));
            if (!count) return unexpected(count.error());
            if (*count == 0) return unexpected({ErrorCode::failure, fmt::format("cannot get {}: it ended early", quote(name_)), 0, 0});
        }
        FESTORE_CHECK(sink.finish());
        return got;
    }

    Result<void> check_signals() const {
        if (is_standard_stream(file_)) return {};
        Result<void> checked = InterruptsHeld::check();
        if (!checked) checked.error().message = fmt::format("cannot get {}: interrupted", quote(name_));
        return checked;
    }

    // Opens the object at `offset_`.
    Result<void> open(const Options& options, std::optional<Client>& client, std::optional<ReadStream>& stream) const {
        Client connected = FESTORE_TRY(Client::connect(options.client));
        client.emplace(std::move(connected));
        ReadStream opened = FESTORE_TRY(client->read(name_));
        const uint64_t size = opened.info().size;
        if (offset_ > size)
            return unexpected({ErrorCode::usage,
                               fmt::format("cannot get {} from byte {}: it has only {} bytes", quote(name_), offset_, size),
                               0, 0});
        opened.seek(offset_);
        stream.emplace(std::move(opened));
        return {};
    }

    static constexpr size_t kHeldBytes = size_t{1} << 20;
    NameOption name_option_;
    std::string name_, file_, offset_text_, length_text_;
    uint64_t offset_ = 0;
    uint64_t length_ = UINT64_MAX;
};

}  // namespace

std::unique_ptr<Verb> make_get() { return std::make_unique<Get>(); }

}  // namespace festore::cli
