// SPDX-License-Identifier: BSD-2-Clause
// The C API: stores, their transactions and their care.
#include "client/c_api.h"

#include "client/errors.h"

using namespace festore;
using namespace festore::c_api;

namespace {

festore_store_info to_store_info(const StoreInfo& s) {
    festore_store_info info = {};
    copy_text(s.store_id, info.store_id);
    copy_text(s.name, info.name);
    info.anchor = s.anchor == Anchor::rpmb ? FESTORE_ANCHOR_RPMB : FESTORE_ANCHOR_REE;
    info.cipher = s.cipher == "chacha20-poly1305" ? FESTORE_CIPHER_CHACHA20_POLY1305 : FESTORE_CIPHER_AES_256_GCM;
    info.generation = s.generation;
    info.objects = s.objects;
    info.content_bytes = s.content_bytes;
    info.freshness_lost = s.freshness_lost ? 1 : 0;
    info.freshness_lost_count = s.freshness_lost_count;
    info.freshness_lost_generation = s.freshness_lost_generation;
    info.created = s.created;
    info.has_other_cipher = s.has_other_cipher ? 1 : 0;
    info.made_without_rpmb_answer = s.made_without_rpmb_answer ? 1 : 0;
    return info;
}

// As with_client(): runs `body(Store&)`.
template <class F, class... Required>
int with_store(festore_client* client, F&& body, const Required*... required) {
    const auto in_store = [&](Client& connected) -> int {
        Result<Store> store = connected.store();
        return store ? body(*store) : failed(client->error, store.error());
    };
    return with_client(client, in_store, required...);
}

// Runs a call that gives information about the store.
template <class F>
int give_info(festore_client* client, festore_store_info* info, F&& call) {
    return with_store(client, [&](Store& store) -> int {
        if (!has_room(info)) return wrong_options(client);
        const Result<StoreInfo> found = call(store);
        if (!found) return failed(client->error, found.error());
        give(to_store_info(*found), info);
        return FESTORE_OK;
    });
}

void tell_lost(const std::vector<LostRange>& ranges, festore_lost each, void* context) {
    const auto end = [](const std::string& name) { return name.empty() ? nullptr : name.c_str(); };
    for (const LostRange& range : ranges)
        if (each != nullptr) each(context, end(range.from), end(range.before), range.acknowledged ? 1 : 0);
}

// `anchor`: not set if it is 0. False: a value is unknown.
bool read_choices(int given_anchor, int given_cipher, std::optional<Anchor>& anchor, Cipher& cipher) {
    if (given_anchor < 0 || given_anchor > FESTORE_ANCHOR_RPMB) return false;
    if (given_cipher < FESTORE_CIPHER_AUTO || given_cipher > FESTORE_CIPHER_CHACHA20_POLY1305) return false;
    if (given_anchor != 0) anchor = given_anchor == FESTORE_ANCHOR_RPMB ? Anchor::rpmb : Anchor::ree;
    if (given_cipher == FESTORE_CIPHER_AES_256_GCM) cipher = Cipher::aes_256_gcm;
    if (given_cipher == FESTORE_CIPHER_CHACHA20_POLY1305) cipher = Cipher::chacha20_poly1305;
    return true;
}

}  // namespace

int festore_init(festore_client* client, const festore_init_options* given, festore_store_info* info) {
    const auto known = taken(given);
    InitOptions options;
    std::optional<Anchor> anchor;
    const bool is_known = known && read_choices(known->anchor, known->cipher, anchor, options.cipher);
    if (!is_known) return with_client(client, [&](Client&) { return wrong_options(client); });
    options.anchor = anchor.value_or(Anchor::ree);
    options.without_asking_rpmb = known->without_asking_rpmb != 0;
    return give_info(client, info, [&](Store& store) { return store.init(options); });
}

int festore_store_status(festore_client* client, festore_store_info* info) {
    return give_info(client, info, [&](Store& store) { return store.status(); });
}

int festore_rename(festore_client* client, const char* old_name, const char* new_name, int replace, festore_info* info) {
    const auto rename = [&](Store& store) { return c_api::rename(client, store, old_name, new_name, replace != 0, info); };
    return with_store(client, rename, old_name, new_name);
}

int festore_own_stores(festore_client* client, festore_store each, void* context) {
    return with_store(client, [&](Store& store) -> int {
        if (each == nullptr) return wrong_usage(client->error, "the function to call is NULL");
        const auto stores = store.own_records();
        if (!stores) return failed(client->error, stores.error());
        const auto text = [](const std::string& s) { return s.empty() ? nullptr : s.c_str(); };
        for (const StoreRecord& record : *stores) {
            const int anchor = record.anchor == Anchor::rpmb ? FESTORE_ANCHOR_RPMB : FESTORE_ANCHOR_REE;
            each(context, text(record.name), anchor, text(record.directory));
        }
        return FESTORE_OK;
    });
}

int festore_begin(festore_client* client, festore_transaction** transaction) {
    const auto begin = [&](Store& store) -> int {
        Result<Transaction> begun = store.begin();
        if (!begun) return failed(client->error, begun.error());
        *transaction = new festore_transaction{client, std::move(*begun)};
        return FESTORE_OK;
    };
    return with_store(client, begin, transaction);
}

int festore_transaction_put(festore_transaction* t, const char* name, const void* content, size_t size,
                            const festore_put_options* options, festore_info* info) {
    if (t == nullptr) return FESTORE_EUSAGE;
    const auto put = [&](Client&) { return c_api::put(t->client, t->transaction, name, bytes_of(content, size), options, info); };
    return with_client(t->client, put, name);
}

int festore_transaction_write_open(festore_transaction* t, const char* name, const festore_put_options* options, festore_writer** writer) {
    if (t == nullptr) return FESTORE_EUSAGE;
    return with_client(t->client, [&](Client&) { return open_writer(t->client, t->transaction, name, options, writer); }, name, writer);
}

int festore_transaction_remove(festore_transaction* t, const char* name) {
    if (t == nullptr) return FESTORE_EUSAGE;
    return with_client(t->client, [&](Client&) { return told(t->client, t->transaction.remove(name)); }, name);
}

int festore_transaction_rename(festore_transaction* t, const char* old_name, const char* new_name, int replace, festore_info* info) {
    if (t == nullptr) return FESTORE_EUSAGE;
    const auto rename = [&](Client&) { return c_api::rename(t->client, t->transaction, old_name, new_name, replace != 0, info); };
    return with_client(t->client, rename, old_name, new_name);
}

int festore_commit(festore_transaction* transaction, uint64_t* generation) {
    if (transaction == nullptr) return FESTORE_EUSAGE;
    const std::unique_ptr<festore_transaction> ended(transaction);
    return guarded(transaction->client->error, [&]() -> int {
        const auto committed = transaction->transaction.commit();
        if (!committed) return failed(transaction->client->error, committed.error());
        if (generation != nullptr) *generation = *committed;
        return FESTORE_OK;
    });
}

void festore_rollback(festore_transaction* transaction) { delete transaction; }

int festore_destroy(festore_client* client, unsigned flags, festore_destroy_report* report) {
    return with_store(client, [&](Store& store) -> int {
        if ((flags & ~unsigned{FESTORE_LOST_DIRECTORY}) != 0 || !has_room(report)) return wrong_options(client);
        DestroyOptions options;
        options.lost_directory = (flags & FESTORE_LOST_DIRECTORY) != 0;
        const auto destroyed = store.destroy(options);
        if (!destroyed) return failed(client->error, destroyed.error());
        give(festore_destroy_report{0, destroyed->record_dropped ? 1 : 0, destroyed->may_be_in_rpmb ? 1 : 0, destroyed->files,
                                    destroyed->left.size()},
             report);
        return FESTORE_OK;
    });
}

int festore_repair(festore_client* client, festore_store_info* info) {
    return give_info(client, info, [&](Store& store) { return store.repair(); });
}

int festore_acknowledge(festore_client* client, festore_store_info* info) {
    return give_info(client, info, [&](Store& store) { return store.acknowledge(); });
}

int festore_rebuild(festore_client* client, const festore_rebuild_options* given, festore_store_info* info) {
    const auto known = taken(given);
    RebuildOptions options;
    const bool is_known = known && read_choices(known->anchor, known->cipher, options.anchor, options.cipher);
    if (!is_known) return with_client(client, [&](Client&) { return wrong_options(client); });
    return give_info(client, info, [&](Store& store) { return store.rebuild(options); });
}

int festore_drop_damaged(festore_client* client, unsigned flags, festore_lost each, void* context) {
    return with_store(client, [&](Store& store) -> int {
        if ((flags & ~unsigned{FESTORE_DROP_MOST}) != 0) return wrong_options(client);
        DropOptions options;
        options.most = (flags & FESTORE_DROP_MOST) != 0;
        const auto dropped = store.drop_damaged(options);
        if (!dropped) return failed(client->error, dropped.error());
        tell_lost(dropped->lost, each, context);
        return FESTORE_OK;
    });
}

int festore_lost_ranges(festore_client* client, festore_lost each, void* context) {
    return with_store(client, [&](Store& store) -> int {
        const auto ranges = store.lost_ranges();
        if (!ranges) return failed(client->error, ranges.error());
        tell_lost(*ranges, each, context);
        return FESTORE_OK;
    });
}

int festore_undo_drop(festore_client* client) {
    return with_store(client, [&](Store& store) { return told(client, store.undo_drop()); });
}

int festore_acknowledge_lost(festore_client* client, const char* name) {
    return with_store(client, [&](Store& store) { return told(client, store.acknowledge_lost(name)); }, name);
}

int festore_has_no_rpmb(festore_client* client, int* none) {
    const auto look = [&](Client& c) -> int {
        const auto use = c.rpmb_use();
        if (!use) return failed(client->error, use.error());
        *none = use->none_here ? 1 : 0;
        return FESTORE_OK;
    };
    return with_client(client, look, none);
}

int festore_set_no_rpmb(festore_client* client, int none, int without_asking) {
    return with_client(client, [&](Client& c) { return told(client, c.set_no_rpmb(none != 0, without_asking != 0)); });
}
