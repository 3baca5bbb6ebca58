// SPDX-License-Identifier: BSD-2-Clause
#include "cli/batch_format.h"
#include "base/host/interrupts.h"
#include "base/result.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/transfer.h"
#include "client/errors.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

namespace festore::cli {
namespace {

// The file of each larger content stays open, and locked, until the commit.
void allow_many_files() {
    rlimit files{};
    if (getrlimit(RLIMIT_NOFILE, &files) != 0) return;
    files.rlim_cur = files.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &files);
}

Result<void> do_put(Transaction& transaction, const BatchCommand& command, Bytes content) {
    FESTORE_CHECK(transaction.put(command.name, content, command.put));
    return {};
}

Result<void> do_put_file(const Options& options, Transaction& transaction, const BatchCommand& command) {
    Result<Source> source = Source::open(command.target);
    if (!source) return unexpected(in_put(command.name, source.error()));
    WriteStream stream = FESTORE_TRY(transaction.write(command.name, command.put));
    Progress progress(options, source->size());
    FESTORE_CHECK(store_all(*source, {}, std::move(stream), command.name, progress));
    return {};
}

Result<void> do_command(const Options& options, Transaction& transaction, const BatchCommand& command) {
    switch (command.kind) {
    case BatchCommand::Kind::put_file: return do_put_file(options, transaction, command);
    case BatchCommand::Kind::put_content: return do_put(transaction, command, command.content.bytes());
    case BatchCommand::Kind::remove: return transaction.remove(command.name);
    case BatchCommand::Kind::rename: break;
    }
    FESTORE_CHECK(transaction.rename(command.name, command.target, command.replace));
    return {};
}

class Batch : public Verb {
public:
    void declare(CLI::App& app) override {
        add_text(app, "FILE", file_, "the commands; standard input when absent or -");
    }

    Outcome run(const Options& options) override {
        if (const auto valid = check_is_for_store(options, "batch"); !valid) return failed(valid.error());
        if (is_standard_stream(file_) && isatty(STDIN_FILENO) == 1)
            print_note(options, "reading standard input; Ctrl-D ends it");
        const Result<std::vector<BatchCommand>> commands = read_commands();
        if (!commands) return failed(in_batch(commands.error()));
        std::optional<uint64_t> generation;
        if (!commands->empty()) {
            const Result<uint64_t> done = run_all(options, *commands);
            if (!done) return failed(done.error());
            generation = *done;
            print_note(options, fmt::format("{} commands done, generation {}", commands->size(), *generation));
        }
        Outcome outcome;
        outcome.document["commands"] = commands->size();
        outcome.document["generation"] = generation ? Json(*generation) : Json(nullptr);
        return outcome;
    }

private:
    static Error in_batch(Error error) {
        error.message = "cannot run the batch: " + error.message;
        return error;
    }

    Result<std::vector<BatchCommand>> read_commands() const {
        const Content text = FESTORE_TRY(read_input(file_, {kBatchBytesMax, "a batch"}));
        return parse_batch(text_of(text.bytes()));
    }

    static Result<uint64_t> run_all(const Options& options, const std::vector<BatchCommand>& commands) {
        allow_many_files();
        const InterruptsHeld held;
        Client client = FESTORE_TRY(Client::connect(options.client));
        Transaction transaction = FESTORE_TRY(client.store()->begin());
        for (const BatchCommand& command : commands) {
            Result<void> done = InterruptsHeld::check();
            if (done) done = do_command(options, transaction, command);
            if (done) continue;
            Error error = done.error();
            error.message = fmt::format("line {}: {}; nothing of the batch was done", command.line, error.message);
            return unexpected(in_batch(std::move(error)));
        }
        return transaction.commit();
    }

    std::string file_;
};

}  // namespace

std::unique_ptr<Verb> make_batch() { return std::make_unique<Batch>(); }

}  // namespace festore::cli
