// SPDX-License-Identifier: BSD-2-Clause
// The C API over the C++ one: objects.
#include "client/c_api.h"

#include "client/store/errors.h"

#include <cstdlib>
#include <cstring>

using namespace festore;
using namespace festore::c_api;

namespace {

thread_local LastError connect_error;

ClientOptions to_options(const festore_options* options) {
    ClientOptions result;
    if (options == nullptr) return result;
    if (options->tee == FESTORE_TEE_OPTEE) result.tee = TeeKind::optee;
    if (options->tee == FESTORE_TEE_SIM) result.tee = TeeKind::sim;
    if (options->owner == FESTORE_OWNER_GROUP) result.owner = Owner::group(options->gid);
    if (options->owner == FESTORE_OWNER_PUBLIC) result.owner = Owner::everybody();
    if (options->storage == FESTORE_STORAGE_REE) result.storage = Storage::ree;
    if (options->storage == FESTORE_STORAGE_RPMB) result.storage = Storage::rpmb;
    if (options->store_directory != nullptr) result.store_directory = options->store_directory;
    if (options->wait_seconds != 0) result.wait = std::chrono::seconds(options->wait_seconds);
    if (options->timeout_seconds != 0) result.call_timeout = std::chrono::seconds(options->timeout_seconds);
    return result;
}

bool known(const festore_options* options) {
    if (options == nullptr) return true;
    return options->tee >= FESTORE_TEE_AUTO && options->tee <= FESTORE_TEE_SIM &&
           options->owner >= FESTORE_OWNER_USER && options->owner <= FESTORE_OWNER_PUBLIC &&
           options->storage >= 0 && options->storage <= FESTORE_STORAGE_STORE;
}

}  // namespace

int festore_connect(const festore_options* options, festore_client** client) { return festore_connect_named(options, nullptr, client); }

int festore_connect_named(const festore_options* options, const char* store_name, festore_client** client) {
    return guarded(connect_error, [&]() -> int {
        *client = nullptr;
        if (!known(options) || (store_name != nullptr && *store_name == '\0')) {
            connect_error = "an option has an unknown value";
            return FESTORE_EUSAGE;
        }
        ClientOptions chosen = to_options(options);
        if (store_name != nullptr) chosen.store_name = store_name;
        Result<Client> connected = Client::connect(chosen);
        if (!connected) return failed(connect_error, connected.error());
        *client = new festore_client{std::move(*connected), {}};
        return FESTORE_OK;
    });
}

const char* festore_connect_error(void) { return connect_error.message.c_str(); }
void festore_close(festore_client* client) { delete client; }
const char* festore_error(const festore_client* client) { return client->error.message.c_str(); }
int festore_error_reason(const festore_client* client) { return static_cast<int>(client->error.reason); }
const char* festore_version(void) { return FESTORE_VERSION; }

int festore_put(festore_client* client, const char* name, const void* content, size_t size, unsigned flags) {
    return c_api::put(client, client->client, name, content, size, flags);
}

int festore_get(festore_client* client, const char* name, void** content, size_t* size) {
    return guarded(client->error, [&]() -> int {
        if (name == nullptr) return no_name(client->error);
        auto got = client->client.get(name);
        if (!got) return failed(client->error, got.error());
        void* copy = std::malloc(got->empty() ? 1 : got->size());
        if (copy == nullptr) throw std::bad_alloc();
        if (!got->empty()) std::memcpy(copy, got->data(), got->size());
        *content = copy;
        *size = got->size();
        wipe(*got);
        return FESTORE_OK;
    });
}

void festore_free(void* content, size_t size) {
    if (content == nullptr) return;
    wipe({static_cast<std::byte*>(content), size});
    std::free(content);
}

int festore_write_open(festore_client* client, const char* name, unsigned flags, festore_writer** writer) {
    return open_writer(client, client->client, name, flags, writer);
}

int festore_write(festore_writer* writer, const void* part, size_t size) {
    return guarded(writer->client->error, [&]() -> int {
        if (part == nullptr && size > 0) {
            writer->client->error = "no content";
            return FESTORE_EUSAGE;
        }
        const auto written = writer->stream.write(bytes_of(part, size));
        return written ? FESTORE_OK : failed(writer->client->error, written.error());
    });
}

int festore_write_finish(festore_writer* writer, festore_info* info) {
    const std::unique_ptr<festore_writer> ended(writer);
    return guarded(writer->client->error, [&]() -> int {
        const auto stored = writer->stream.finish();
        if (!stored) return failed(writer->client->error, stored.error());
        if (info != nullptr) *info = to_info(*stored);
        return FESTORE_OK;
    });
}

void festore_write_cancel(festore_writer* writer) { delete writer; }

int festore_read_open(festore_client* client, const char* name, festore_reader** reader, festore_info* info) {
    return guarded(client->error, [&]() -> int {
        if (name == nullptr) return no_name(client->error);
        Result<ReadStream> stream = client->client.read(name);
        if (!stream) return failed(client->error, stream.error());
        const festore_info found = to_info(stream->info());
        *reader = new festore_reader{client, std::move(*stream)};
        if (info != nullptr) *info = found;
        return FESTORE_OK;
    });
}

int festore_read(festore_reader* reader, void* out, size_t size, size_t* got) {
    return guarded(reader->client->error, [&]() -> int {
        const auto read = reader->stream.read({static_cast<std::byte*>(out), size});
        if (!read) return failed(reader->client->error, read.error());
        *got = *read;
        return FESTORE_OK;
    });
}

void festore_read_seek(festore_reader* reader, uint64_t offset) { reader->stream.seek(offset); }
void festore_read_close(festore_reader* reader) { delete reader; }

int festore_stat(festore_client* client, const char* name, festore_info* info) {
    return guarded(client->error, [&]() -> int {
        if (name == nullptr) return no_name(client->error);
        const auto found = client->client.stat(name);
        if (!found) return failed(client->error, found.error());
        if (info != nullptr) *info = to_info(*found);
        return FESTORE_OK;
    });
}

int festore_remove(festore_client* client, const char* name) {
    return c_api::remove(client, client->client, name);
}

int festore_rename(festore_client* client, const char* old_name, const char* new_name, int replace) {
    return c_api::rename(client, client->client, old_name, new_name, replace != 0);
}

int festore_list(festore_client* client, const char* prefix, festore_each each, void* context) {
    return guarded(client->error, [&]() -> int {
        const auto listing = client->client.list(prefix != nullptr ? prefix : "");
        if (!listing) return failed(client->error, listing.error());
        for (const ObjectInfo& object : listing->objects) {
            const festore_info info = to_info(object);
            if (const int stop = each(context, object.name.c_str(), &info); stop != 0) return stop;
        }
        if (!listing->missing.empty()) return failed(client->error, names_missing(listing->missing.front()));
        if (listing->damaged == 0) return FESTORE_OK;
        client->error = std::to_string(listing->damaged) + " objects of yours are damaged; their names are lost with them";
        return FESTORE_EDAMAGED;
    });
}
