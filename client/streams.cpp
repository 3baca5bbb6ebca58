// SPDX-License-Identifier: BSD-2-Clause
// Contents in parts: for stores segment by segment, for persistent objects as a whole.
#include "client/transaction_state.h"

#include "base/result.h"

namespace festore {

struct WriteStream::State {
    std::shared_ptr<ClientState> client;
    std::optional<ClientState::Use> use;  // of a store: the TA has the payload's key in this session
    std::unique_ptr<StoreWriter> writer;    // of a store
    std::string name;
    PutOptions options;
    GuardedBytes content;                   // of a persistent object
    bool over = false;

    ~State() {
        wipe(content);
        writer.reset();
    }
    Result<void> collect(Bytes part);
};

WriteStream::WriteStream(std::unique_ptr<State> state) : state_(std::move(state)) {}
WriteStream::WriteStream(WriteStream&&) noexcept = default;
WriteStream& WriteStream::operator=(WriteStream&&) noexcept = default;
WriteStream::~WriteStream() = default;

// Reserves all memory at once: growing would leave copies of the plaintext behind.
Result<void> WriteStream::State::collect(Bytes part) {
    if (content.capacity() == 0) {
        const auto held = FESTORE_TRY(client->use());
        Session* const session = FESTORE_TRY(client->session());
        content.reserve(static_cast<size_t>(session->hello().object_bytes_max));
    }
    if (part.size() > content.capacity() - content.size()) return unexpected(too_large(name, content.capacity()));
    content.insert(content.end(), part.begin(), part.end());
    return {};
}

Result<void> WriteStream::write(std::span<const std::byte> part) {
    if (!state_ || state_->over) return unexpected({ErrorCode::usage, "the stream is over", 0, 0});
    FESTORE_CHECK(state_->client->check_caller());
    Result<void> written = state_->writer ? state_->client->store->write(*state_->writer, part) : state_->collect(part);
    if (!written) state_->over = true;
    return written;
}

Result<ObjectInfo> WriteStream::finish() {
    if (!state_ || state_->over) return unexpected({ErrorCode::usage, "the stream is over", 0, 0});
    FESTORE_CHECK(state_->client->check_caller());
    const std::unique_ptr<State> state = std::move(state_);
    if (state->writer) return state->client->store->finish(*state->writer);
    return Client(state->client).put(state->name, state->content, state->options);
}

Result<WriteStream> Client::write(std::string_view name, const PutOptions& options) {
    FESTORE_CHECK(check_put(name, options));
    auto use = FESTORE_TRY(state_->use());
    auto state = std::make_unique<WriteStream::State>();
    state->client = state_;
    state->name = name;
    state->options = options;
    if (state_->store) {
        state->use.emplace(std::move(use));
        auto writer = FESTORE_TRY(state_->store->open_writer(name, options, false));
        state->writer = std::move(writer);
    }
    return WriteStream(std::move(state));
}

Result<WriteStream> Transaction::write(std::string_view name, const PutOptions& options) {
    FESTORE_CHECK(check_put(name, options));
    if (is_over()) return unexpected({ErrorCode::usage, "the transaction is over", 0, 0});
    auto use = FESTORE_TRY(state_->client->use());
    auto state = std::make_unique<WriteStream::State>();
    state->client = state_->client;
    state->use.emplace(std::move(use));
    auto writer = FESTORE_TRY(state_->client->store->open_writer(name, options, true));
    state->writer = std::move(writer);
    return WriteStream(std::move(state));
}

struct ReadStream::State {
    std::shared_ptr<ClientState> client;
    std::unique_ptr<StoreReader> reader;
};

ReadStream::ReadStream(std::unique_ptr<State> state) : state_(std::move(state)) {}
ReadStream::ReadStream(ReadStream&&) noexcept = default;
ReadStream& ReadStream::operator=(ReadStream&&) noexcept = default;
ReadStream::~ReadStream() = default;

const ObjectInfo& ReadStream::info() const { return state_->reader->info(); }
uint64_t ReadStream::position() const { return state_->reader->position(); }
void ReadStream::seek(uint64_t position) { state_->reader->seek(position); }

Result<size_t> ReadStream::read(std::span<std::byte> out) {
    // The session may end between calls if the caller is slow; then the object is looked up again.
    const auto use = FESTORE_TRY(state_->client->use());
    if (!state_->client->store) return state_->reader->give(out);
    return state_->client->store->read_on(*state_->reader, out, {"get", state_->reader->info().name, Storage::store});
}

Result<ReadStream> Client::read(std::string_view name) {
    FESTORE_CHECK(check_existing(name, state_->options));
    const auto use = FESTORE_TRY(state_->use());
    auto state = std::make_unique<ReadStream::State>();
    state->client = state_;
    if (state_->store) {
        auto reader = FESTORE_TRY(state_->store->open_reader({"get", name, Storage::store}));
        state->reader = std::move(reader);
    } else {
        GuardedBytes content;
        Result<ObjectInfo> info = state_->get(name, [&](Bytes given) { content.assign(given.begin(), given.end()); });
        if (!info) return unexpected(info.error());
        state->reader = std::make_unique<StoreReader>(std::move(*info), std::move(content));
    }
    return ReadStream(std::move(state));
}

}  // namespace festore
