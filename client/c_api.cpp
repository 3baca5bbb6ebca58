// SPDX-License-Identifier: BSD-2-Clause
// The C API over the C++ one: objects.
#include "client/c_api.h"

#include "client/store/errors.h"

#include <cstdlib>

using namespace festore;
using namespace festore::c_api;

namespace {

std::optional<Owner> to_owner(int owner, uint32_t gid) {
    switch (owner) {
    case FESTORE_OWNER_USER: return Owner::user();
    case FESTORE_OWNER_GROUP: return Owner::group(gid);
    case FESTORE_OWNER_PUBLIC: return Owner::public_();
    default: return std::nullopt;
    }
}

std::optional<ClientOptions> to_options(const festore_options& given) {
    const auto owner = to_owner(given.owner, given.gid);
    const bool is_known = given.tee >= FESTORE_TEE_AUTO && given.tee <= FESTORE_TEE_SIM && given.storage >= 0 &&
                          given.storage <= FESTORE_STORAGE_STORE && owner && (given.store_name == nullptr || *given.store_name != '\0');
    if (!is_known) return std::nullopt;
    ClientOptions result;
    result.owner = *owner;
    if (given.tee == FESTORE_TEE_OPTEE) result.tee = TeeKind::optee;
    if (given.tee == FESTORE_TEE_SIM) result.tee = TeeKind::sim;
    if (given.storage == FESTORE_STORAGE_REE) result.storage = Storage::ree;
    if (given.storage == FESTORE_STORAGE_RPMB) result.storage = Storage::rpmb;
    if (given.sim_library != nullptr) result.sim_library = given.sim_library;
    if (given.store_directory != nullptr) result.store_directory = given.store_directory;
    if (given.store_name != nullptr) result.store_name = given.store_name;
    if (given.wait_seconds != 0) result.wait = std::chrono::seconds(given.wait_seconds);
    if (given.timeout_seconds != 0) result.call_timeout = std::chrono::seconds(given.timeout_seconds);
    if (given.on_warning != nullptr)
        result.on_warning = [tell = given.on_warning, context = given.warning_context](std::string_view text) {
            tell(context, std::string(text).c_str());
        };
    return result;
}

int number_of(DeviceKey key) {
    switch (key) {
    case DeviceKey::zero: return FESTORE_KEY_ZERO;
    case DeviceKey::predictable: return FESTORE_KEY_PREDICTABLE;
    case DeviceKey::not_known_weak: return FESTORE_KEY_NOT_KNOWN_WEAK;
    case DeviceKey::not_compared: break;
    }
    return FESTORE_KEY_NOT_COMPARED;
}

festore_tee_status to_status(const TeeStatus& s) {
    festore_tee_status status = {};
    status.tee = s.kind == TeeKind::sim ? FESTORE_TEE_SIM : FESTORE_TEE_OPTEE;
    status.device_key = number_of(s.device_key);
    status.has_ree = s.has_ree ? 1 : 0;
    status.has_rpmb = s.has_rpmb ? 1 : 0;
    status.rollback_protection_rpmb = s.rollback_protection_rpmb;
    status.protocol_major = s.protocol_major;
    status.protocol_minor = s.protocol_minor;
    status.object_bytes_max = s.object_bytes_max;
    copy_text(s.ta_version, status.ta_version);
    copy_text(s.tee_version, status.tee_version);
    copy_text(s.identity, status.identity);
    return status;
}

}  // namespace

int festore_connect(const festore_options* options, festore_client** client) {
    if (client == nullptr) return FESTORE_EUSAGE;
    std::unique_ptr<festore_client> made(new (std::nothrow) festore_client());
    *client = made.get();
    if (!made) return FESTORE_EFAILURE;
    festore_client& handle = *made.release();
    return guarded(handle.error, [&]() -> int {
        const auto known = taken(options);
        const auto chosen = known ? to_options(*known) : std::nullopt;
        if (!chosen) return wrong_options(&handle);
        Result<Client> connected = Client::connect(*chosen);
        if (!connected) return failed(handle.error, connected.error());
        handle.client.emplace(std::move(*connected));
        return FESTORE_OK;
    });
}

void festore_close(festore_client* client) { delete client; }

int festore_default_store_directory(int owner, uint32_t gid, const char* name, char* directory, size_t size) {
    LastError error;
    return guarded(error, [&]() -> int {
        const auto of = to_owner(owner, gid);
        if (!of || directory == nullptr) return FESTORE_EUSAGE;
        const Result<std::string> path = default_store_directory(*of, name != nullptr ? name : "");
        if (!path) return static_cast<int>(path.error().code);
        if (path->size() >= size) return FESTORE_ENOSPACE;
        std::memcpy(directory, path->c_str(), path->size() + 1);
        return FESTORE_OK;
    });
}

const char* festore_error(const festore_client* client) {
    return client != nullptr ? client->error.message.c_str() : "there is no client, perhaps for lack of memory";
}
int festore_error_reason(const festore_client* client) {
    return client != nullptr ? static_cast<int>(client->error.reason) : FESTORE_REASON_NONE;
}
uint32_t festore_error_tee_result(const festore_client* client, uint32_t* origin) {
    if (origin != nullptr) *origin = client != nullptr ? client->error.tee_origin : 0;
    return client != nullptr ? client->error.tee_result : 0;
}
const char* festore_version(void) { return FESTORE_VERSION; }

int festore_put(festore_client* client, const char* name, const void* content, size_t size, const festore_put_options* options,
                festore_info* info) {
    return with_client(client, [&](Client& c) { return c_api::put(client, c, name, bytes_of(content, size), options, info); }, name);
}

int festore_get(festore_client* client, const char* name, void** content, size_t* size) {
    const auto get = [&](Client& c) -> int {
        auto got = c.get(name);
        if (!got) return failed(client->error, got.error());
        void* copy = std::malloc(got->empty() ? 1 : got->size());
        if (copy != nullptr && !got->empty()) std::memcpy(copy, got->data(), got->size());
        const size_t bytes = got->size();
        wipe(*got);
        if (copy == nullptr) throw std::bad_alloc();
        *content = copy;
        *size = bytes;
        return FESTORE_OK;
    };
    return with_client(client, get, name, content, size);
}

void festore_free(void* content, size_t size) {
    if (content == nullptr) return;
    wipe({static_cast<std::byte*>(content), size});
    std::free(content);
}

int festore_stat(festore_client* client, const char* name, festore_info* info) {
    const auto stat = [&](Client& c) { return has_room(info) ? told(client, c.stat(name), info) : wrong_options(client); };
    return with_client(client, stat, name);
}

int festore_remove(festore_client* client, const char* name) {
    return with_client(client, [&](Client& c) { return told(client, c.remove(name)); }, name);
}

int festore_list(festore_client* client, const char* prefix, festore_each each, void* context) {
    return with_client(client, [&](Client& c) -> int {
        if (each == nullptr) return wrong_usage(client->error, "the function to call is NULL");
        const auto listing = c.list(prefix != nullptr ? prefix : "");
        if (!listing) return failed(client->error, listing.error());
        for (const ObjectInfo& object : listing->objects) {
            const festore_info info = to_info(object);
            if (const int stop = each(context, object.name.c_str(), &info); stop != 0) return stop;
        }
        if (!listing->missing.empty()) return failed(client->error, names_missing(listing->missing.front()));
        if (listing->damaged == 0) return FESTORE_OK;
        client->error.message = std::to_string(listing->damaged) + " objects of yours are damaged; their names are lost with them";
        return FESTORE_EDAMAGED;
    });
}

int festore_write_open(festore_client* client, const char* name, const festore_put_options* options, festore_writer** writer) {
    return with_client(client, [&](Client& c) { return open_writer(client, c, name, options, writer); }, name, writer);
}

int festore_write(festore_writer* writer, const void* part, size_t size) {
    if (writer == nullptr) return FESTORE_EUSAGE;
    return guarded(writer->client->error, [&]() -> int {
        if (part == nullptr && size > 0) return wrong_usage(writer->client->error, "the content is NULL");
        return told(writer->client, writer->stream.write(bytes_of(part, size)));
    });
}

int festore_write_finish(festore_writer* writer, festore_info* info) {
    if (writer == nullptr) return FESTORE_EUSAGE;
    const std::unique_ptr<festore_writer> ended(writer);
    return guarded(writer->client->error, [&]() -> int {
        if (!has_room(info)) return wrong_options(writer->client);
        return told(writer->client, writer->stream.finish(), info);
    });
}

void festore_write_cancel(festore_writer* writer) { delete writer; }

int festore_read_open(festore_client* client, const char* name, festore_reader** reader, festore_info* info) {
    const auto open = [&](Client& c) -> int {
        if (!has_room(info)) return wrong_options(client);
        Result<ReadStream> stream = c.read(name);
        if (!stream) return failed(client->error, stream.error());
        const festore_info found = to_info(stream->info());
        *reader = new festore_reader{client, std::move(*stream)};
        give(found, info);
        return FESTORE_OK;
    };
    return with_client(client, open, name, reader);
}

int festore_read(festore_reader* reader, void* out, size_t size, size_t* got) {
    if (reader == nullptr) return FESTORE_EUSAGE;
    return guarded(reader->client->error, [&]() -> int {
        if (got == nullptr || (out == nullptr && size > 0)) return wrong_usage(reader->client->error, "an output is NULL");
        const auto read = reader->stream.read({static_cast<std::byte*>(out), size});
        if (!read) return failed(reader->client->error, read.error());
        *got = *read;
        return FESTORE_OK;
    });
}

void festore_read_seek(festore_reader* reader, uint64_t offset) {
    if (reader != nullptr) reader->stream.seek(offset);
}
void festore_read_close(festore_reader* reader) { delete reader; }

int festore_verify(festore_client* client, const char* const* names, size_t count, unsigned flags, festore_damage each, void* context,
                   festore_verify_report* report) {
    return with_client(client, [&](Client& c) -> int {
        if ((flags & ~unsigned{FESTORE_REMOVE_ORPHANED}) != 0 || !has_room(report)) return wrong_options(client);
        VerifyOptions options;
        options.remove_orphaned = (flags & FESTORE_REMOVE_ORPHANED) != 0;
        for (size_t i = 0; i < count; ++i) {
            if (names == nullptr || names[i] == nullptr) return wrong_usage(client->error, "a name is NULL");
            options.names.emplace_back(names[i]);
        }
        const auto verified = c.verify(options);
        if (!verified) return failed(client->error, verified.error());
        for (const Damage& damage : verified->damaged)
            if (each != nullptr) each(context, damage.name.empty() ? nullptr : damage.name.c_str(), damage.error.message.c_str());
        const auto orphaned = verified->orphaned.value_or(VerifyReport::Orphaned());
        give(festore_verify_report{0, verified->objects, verified->content_bytes, verified->damaged.size(), verified->absent.size(),
                                   verified->orphaned ? 1 : 0, orphaned.files, orphaned.bytes, verified->removed.files,
                                   verified->other_cipher},
             report);
        if (verified->damaged.empty() && verified->absent.empty()) return FESTORE_OK;
        client->error.message =
            std::to_string(verified->damaged.size()) + " damaged, " + std::to_string(verified->absent.size()) + " absent";
        return verified->damaged.empty() ? FESTORE_ENOTFOUND : FESTORE_EDAMAGED;
    });
}

int festore_status(festore_client* client, struct festore_tee_status* status) {
    const auto look = [&](Client& c) -> int {
        if (!has_room(status)) return wrong_options(client);
        const auto told = c.status();
        if (!told) return failed(client->error, told.error());
        give(to_status(*told), status);
        return FESTORE_OK;
    };
    return with_client(client, look, status);
}
