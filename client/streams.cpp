// SPDX-License-Identifier: BSD-2-Clause
// Contents in parts, whatever the storage does with them.
#include "client/transaction_state.h"

#include "base/result.h"

namespace festore {

struct WriteStream::State {
    std::shared_ptr<ClientState> client;
    std::optional<ClientState::Use> use;  // if the session must stay open between the parts
    std::unique_ptr<ObjectWriter> writer;
    bool over = false;

    State(std::shared_ptr<ClientState> of, ClientState::Use held, std::unique_ptr<ObjectWriter> of_content)
        : client(std::move(of)), writer(std::move(of_content)) {
        if (writer->needs_session()) use.emplace(std::move(held));
    }
    ~State() { writer.reset(); }  // before `use`: what it has begun in the TEE ends in this session
};

WriteStream::WriteStream(std::unique_ptr<State> state) : state_(std::move(state)) {}
WriteStream::WriteStream(WriteStream&&) noexcept = default;
WriteStream& WriteStream::operator=(WriteStream&&) noexcept = default;
WriteStream::~WriteStream() = default;

Result<void> WriteStream::write(std::span<const std::byte> part) {
    if (!state_ || state_->over) return unexpected({ErrorCode::usage, "the stream is over", 0, 0});
    FESTORE_CHECK(state_->client->check_caller());
    Result<void> written = state_->writer->write(part);
    if (!written) state_->over = true;
    return written;
}

Result<ObjectInfo> WriteStream::finish() {
    if (!state_ || state_->over) return unexpected({ErrorCode::usage, "the stream is over", 0, 0});
    FESTORE_CHECK(state_->client->check_caller());
    const std::unique_ptr<State> state = std::move(state_);
    return state->writer->finish();
}

Result<WriteStream> Client::write(std::string_view name, const PutOptions& options) {
    FESTORE_CHECK(check_put(name, options));
    auto use = FESTORE_TRY(state_->use());
    auto writer = FESTORE_TRY(state_->objects().writer(name, options));
    return WriteStream(std::make_unique<WriteStream::State>(state_, std::move(use), std::move(writer)));
}

Result<WriteStream> Transaction::write(std::string_view name, const PutOptions& options) {
    FESTORE_CHECK(check_put(name, options));
    if (is_over()) return unexpected({ErrorCode::usage, "the transaction is over", 0, 0});
    auto use = FESTORE_TRY(state_->client->use());
    auto writer = FESTORE_TRY(state_->client->store->open_writer(name, options, true));
    return WriteStream(std::make_unique<WriteStream::State>(state_->client, std::move(use), std::move(writer)));
}

struct ReadStream::State {
    std::shared_ptr<ClientState> client;
    std::unique_ptr<ObjectReader> reader;
};

ReadStream::ReadStream(std::unique_ptr<State> state) : state_(std::move(state)) {}
ReadStream::ReadStream(ReadStream&&) noexcept = default;
ReadStream& ReadStream::operator=(ReadStream&&) noexcept = default;
ReadStream::~ReadStream() = default;

const ObjectInfo& ReadStream::info() const { return state_->reader->info(); }
uint64_t ReadStream::position() const { return state_->reader->position(); }
void ReadStream::seek(uint64_t position) { state_->reader->seek(position); }

// Each read holds the session only for its time: a slow caller must not hinder a restart of tee-supplicant.
Result<size_t> ReadStream::read(std::span<std::byte> out) {
    const auto use = FESTORE_TRY(state_->client->use());
    return state_->reader->read(out);
}

Result<ReadStream> Client::read(std::string_view name) {
    FESTORE_CHECK(check_existing(name, state_->options));
    const auto use = FESTORE_TRY(state_->use());
    auto reader = FESTORE_TRY(state_->objects().reader(name));
    return ReadStream(std::make_unique<ReadStream::State>(state_, std::move(reader)));
}

}  // namespace festore
