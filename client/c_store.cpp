// SPDX-License-Identifier: BSD-2-Clause
// The C API: stores, their transactions and their care.
#include "client/c_api.h"

#include "client/errors.h"

#include "base/tee_client_api.h"

#include <cstdio>

using namespace festore;
using namespace festore::c_api;

namespace {

festore_store_info to_store_info(const StoreInfo& s) {
    festore_store_info info = {};
    (void)std::snprintf(info.store_id, sizeof info.store_id, "%s", s.store_id.c_str());
    info.anchor = s.anchor == Anchor::rpmb ? FESTORE_ANCHOR_RPMB : FESTORE_ANCHOR_REE;
    info.cipher = s.cipher == "chacha20-poly1305" ? FESTORE_CIPHER_CHACHA20_POLY1305 : FESTORE_CIPHER_AES_256_GCM;
    info.generation = s.generation;
    info.objects = s.objects;
    info.content_bytes = s.content_bytes;
    info.freshness_lost = s.freshness_lost ? 1 : 0;
    info.freshness_lost_count = s.freshness_lost_count;
    info.freshness_lost_generation = s.freshness_lost_generation;
    info.created = s.created;
    return info;
}

void tell_lost(const std::vector<LostRange>& ranges, festore_lost each, void* context) {
    const auto end = [](const std::string& name) { return name.empty() ? nullptr : name.c_str(); };
    for (const LostRange& range : ranges)
        if (each != nullptr) each(context, end(range.from), end(range.before), range.acknowledged ? 1 : 0);
}

// Nothing if a value is unknown.
std::optional<InitOptions> to_init_options(int anchor, int cipher) {
    InitOptions options;
    switch (anchor) {
    case 0:
    case FESTORE_ANCHOR_REE: break;
    case FESTORE_ANCHOR_RPMB: options.anchor = Anchor::rpmb; break;
    default: return std::nullopt;
    }
    switch (cipher) {
    case FESTORE_CIPHER_AUTO: break;
    case FESTORE_CIPHER_AES_256_GCM: options.cipher = Cipher::aes_256_gcm; break;
    case FESTORE_CIPHER_CHACHA20_POLY1305: options.cipher = Cipher::chacha20_poly1305; break;
    default: return std::nullopt;
    }
    return options;
}

}  // namespace

int festore_init(festore_client* client, int anchor, int cipher) {
    return guarded(client->error, [&]() -> int {
        std::optional<InitOptions> options = to_init_options(anchor, cipher);
        if (!options) {
            client->error = "an option has an unknown value";
            return FESTORE_EUSAGE;
        }
        auto made = client->client.init(*options);
        if (!made && anchor == FESTORE_ANCHOR_REE && rpmb_gave_no_answer(made.error().tee_result)) {
            options->without_asking_rpmb = true;
            made = client->client.init(*options);
        }
        return made ? FESTORE_OK : failed(client->error, made.error());
    });
}

int festore_store_status(festore_client* client, festore_store_info* info) {
    return guarded(client->error, [&]() -> int {
        const auto status = client->client.store_status();
        if (!status) return failed(client->error, status.error());
        if (info != nullptr) *info = to_store_info(*status);
        return FESTORE_OK;
    });
}

int festore_begin(festore_client* client, festore_transaction** transaction) {
    return guarded(client->error, [&]() -> int {
        *transaction = nullptr;
        Result<Transaction> begun = client->client.begin();
        if (!begun) return failed(client->error, begun.error());
        *transaction = new festore_transaction{client, std::move(*begun)};
        return FESTORE_OK;
    });
}

int festore_transaction_put(festore_transaction* t, const char* name, const void* content, size_t size, unsigned flags) {
    return c_api::put(t->client, t->transaction, name, content, size, flags);
}

int festore_transaction_write_open(festore_transaction* t, const char* name, unsigned flags, festore_writer** writer) {
    return open_writer(t->client, t->transaction, name, flags, writer);
}

int festore_transaction_remove(festore_transaction* t, const char* name) {
    return c_api::remove(t->client, t->transaction, name);
}

int festore_transaction_rename(festore_transaction* t, const char* old_name, const char* new_name, int replace) {
    return c_api::rename(t->client, t->transaction, old_name, new_name, replace != 0);
}

int festore_commit(festore_transaction* transaction) {
    if (transaction == nullptr) return FESTORE_EUSAGE;
    const std::unique_ptr<festore_transaction> ended(transaction);
    return guarded(transaction->client->error, [&]() -> int {
        const auto committed = transaction->transaction.commit();
        return committed ? FESTORE_OK : failed(transaction->client->error, committed.error());
    });
}

void festore_rollback(festore_transaction* transaction) { delete transaction; }

int festore_verify(festore_client* client, const char* const* names, size_t count, festore_damage each, void* context,
                   festore_verify_report* report) {
    return guarded(client->error, [&]() -> int {
        VerifyOptions options;
        for (size_t i = 0; i < count; ++i) {
            if (names == nullptr || names[i] == nullptr) return no_name(client->error);
            options.names.emplace_back(names[i]);
        }
        const auto verified = client->client.verify(options);
        if (!verified) return failed(client->error, verified.error());
        for (const Damage& damage : verified->damaged)
            if (each != nullptr) each(context, damage.name.empty() ? nullptr : damage.name.c_str(), damage.error.message.c_str());
        const auto orphaned = verified->orphaned.value_or(VerifyReport::Orphaned());
        if (report != nullptr)
            *report = {verified->objects, verified->content_bytes, verified->damaged.size(), verified->absent.size(),
                       verified->orphaned ? 1 : 0, orphaned.files, orphaned.bytes};
        if (verified->damaged.empty() && verified->absent.empty()) return FESTORE_OK;
        client->error = std::to_string(verified->damaged.size()) + " damaged, " + std::to_string(verified->absent.size()) + " absent";
        return verified->damaged.empty() ? FESTORE_ENOTFOUND : FESTORE_EDAMAGED;
    });
}

int festore_repair(festore_client* client) {
    return guarded(client->error, [&]() -> int {
        const auto repaired = client->client.repair();
        return repaired ? FESTORE_OK : failed(client->error, repaired.error());
    });
}

int festore_acknowledge(festore_client* client) {
    return guarded(client->error, [&]() -> int {
        const auto acknowledged = client->client.acknowledge();
        return acknowledged ? FESTORE_OK : failed(client->error, acknowledged.error());
    });
}

int festore_rebuild(festore_client* client, int anchor) {
    if (anchor != 0 && anchor != FESTORE_ANCHOR_REE && anchor != FESTORE_ANCHOR_RPMB) return FESTORE_EUSAGE;
    return guarded(client->error, [&]() -> int {
        RebuildOptions options;
        if (anchor != 0) options.anchor = anchor == FESTORE_ANCHOR_RPMB ? Anchor::rpmb : Anchor::ree;
        const auto rebuilt = client->client.rebuild(options);
        return rebuilt ? FESTORE_OK : failed(client->error, rebuilt.error());
    });
}

int festore_rebuild_cipher(festore_client* client, int cipher) {
    const std::optional<InitOptions> wanted = to_init_options(0, cipher);
    if (!wanted) return FESTORE_EUSAGE;
    return guarded(client->error, [&]() -> int {
        RebuildOptions options;
        options.cipher = wanted->cipher;
        const auto rebuilt = client->client.rebuild(options);
        return rebuilt ? FESTORE_OK : failed(client->error, rebuilt.error());
    });
}

int festore_has_other_cipher(festore_client* client, int* other) {
    return guarded(client->error, [&]() -> int {
        const auto status = client->client.store_status();
        if (!status) return failed(client->error, status.error());
        if (other != nullptr) *other = status->has_other_cipher ? 1 : 0;
        return FESTORE_OK;
    });
}

int festore_drop_damaged(festore_client* client, int most, festore_lost each, void* context) {
    return guarded(client->error, [&]() -> int {
        DropOptions options;
        options.most = most != 0;
        const auto dropped = client->client.drop_damaged(options);
        if (!dropped) return failed(client->error, dropped.error());
        tell_lost(dropped->lost, each, context);
        return FESTORE_OK;
    });
}

int festore_lost_ranges(festore_client* client, festore_lost each, void* context) {
    return guarded(client->error, [&]() -> int {
        const auto ranges = client->client.lost_ranges();
        if (!ranges) return failed(client->error, ranges.error());
        tell_lost(*ranges, each, context);
        return FESTORE_OK;
    });
}

int festore_undo_drop(festore_client* client) {
    return guarded(client->error, [&]() -> int {
        const auto undone = client->client.undo_drop();
        return undone ? FESTORE_OK : failed(client->error, undone.error());
    });
}

int festore_acknowledge_lost(festore_client* client, const char* name) {
    if (name == nullptr) return no_name(client->error);
    return guarded(client->error, [&]() -> int {
        const auto acknowledged = client->client.acknowledge_lost(name);
        return acknowledged ? FESTORE_OK : failed(client->error, acknowledged.error());
    });
}

int festore_destroy(festore_client* client, int lost_directory) {
    return guarded(client->error, [&]() -> int {
        DestroyOptions options;
        options.lost_directory = lost_directory != 0;
        const auto destroyed = client->client.destroy(options);
        return destroyed ? FESTORE_OK : failed(client->error, destroyed.error());
    });
}

int festore_own_stores(festore_client* client, festore_store each, void* context) {
    return guarded(client->error, [&]() -> int {
        const auto stores = client->client.own_stores();
        if (!stores) return failed(client->error, stores.error());
        const auto text = [](const std::string& s) { return s.empty() ? nullptr : s.c_str(); };
        for (const StoreRecord& store : *stores) {
            const int anchor = store.anchor == Anchor::rpmb ? FESTORE_ANCHOR_RPMB : FESTORE_ANCHOR_REE;
            each(context, text(store.name), anchor, text(store.directory));
        }
        return FESTORE_OK;
    });
}

int festore_has_no_rpmb(festore_client* client, int* none) {
    return guarded(client->error, [&]() -> int {
        const auto use = client->client.rpmb_use();
        if (!use) return failed(client->error, use.error());
        if (none != nullptr) *none = use->none_here ? 1 : 0;
        return FESTORE_OK;
    });
}

int festore_set_no_rpmb(festore_client* client, int none, int without_asking) {
    return guarded(client->error, [&]() -> int {
        const auto use = client->client.set_no_rpmb(none != 0, without_asking != 0);
        return use ? FESTORE_OK : failed(client->error, use.error());
    });
}
