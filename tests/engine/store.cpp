// SPDX-License-Identifier: BSD-2-Clause
#include "tests/engine/store.h"

namespace festore::engine {

Status Call::read(uint32_t page, PageBytes& sealed) {
    if (fails()) return fail(Code::generic);
    sealed = out.contains(page) ? out.at(page) : in.at(page);
    return {};
}

Status Call::write(uint32_t page, const PageBytes& sealed) {
    if (fails()) return fail(Code::generic);
    if (room() == 0) return fail(Code::short_buffer);
    out[page] = sealed;
    writes.push_back(page);
    return {};
}

TestStore::TestStore(size_t frame_count, Cipher cipher, uint64_t seed) : crypto(seed), frames(frame_count) {
    device_key.fill(std::byte{7});
    NewStore store;
    store.login = 1;
    store.identity.bytes.fill(std::byte{9});
    store.cipher = cipher;
    store.created = 1577836800;
    root = make_store(crypto, device_key, store).value();
    keys = derive_store_keys(crypto, device_key, root).value();
    reopen();
}

void TestStore::reopen() {
    RootRecordBytes bytes{};
    encode(root, bytes);
    root = decode_root_record(bytes).value();
    for (Frame& frame : frames) {
        frame = {};
        frame.bytes.fill(std::byte{0xEE});
    }
    pages = std::make_unique<Pages>(frames, scratch, crypto);
    pages->attach(keys, {root.store_id, root.epoch, root.cipher});
    transaction = std::make_unique<IndexTransaction>(*pages, *numbers);
}

void TestStore::apply(Call& call) {
    for (const auto& [page, bytes] : call.out) {
        if (on_write) on_write(page);
        disk.write(page, bytes);
    }
    counts.written += call.writes.size();
}

// As the client library does it: repeats the call with the missing pages until it is done.
Outcome<ChangeProgress> TestStore::run_calls(const std::function<Outcome<ChangeProgress>(Call&)>& operation) {
    std::set<uint32_t> brought;
    counts = {};
    while (true) {
        Call call;
        call.capacity = call_capacity;
        call.io_count = &io_count;
        call.fail_at = io_fail_at;
        if (bring_all) call.in = disk.pages();
        for (const uint32_t page : brought) call.in[page] = disk.read(page);
        if (before_call) before_call(call);
        ++counts.rounds;
        const Outcome<ChangeProgress> result = operation(call);
        apply(call);
        counts.brought = brought.size();
        if (!result || *result == ChangeProgress::done) return result;
        bool progress = false;
        for (const Need& need : pages->needs().list()) {
            if (need.mismatch) return fail(Code::corrupt_object);  // it was just read, so this is damage
            if (!disk.contains(need.page)) return fail(Code::corrupt_object);
            progress = brought.insert(need.page).second || progress;
        }
        EXPECT_TRUE(progress) << "a call must not request a page that it had (rule 11)";
        if (!progress) return fail(Code::generic);
    }
}

void TestStore::begin() {
    const Status begun = transaction->begin(keys, root);
    EXPECT_TRUE(begun);
}

Outcome<Effect> TestStore::put(std::string_view name, std::string_view content, const PutArguments& conditions) {
    Entry entry;
    entry.flags = conditions.entry.flags;
    entry.modified = 1600000000;
    entry.size = content.size();
    entry.content = bytes_of(content);
    return put_entry(name, entry, conditions);
}

Outcome<Effect> TestStore::put_entry(std::string_view name, const Entry& entry, const PutArguments& conditions) {
    PutArguments arguments = conditions;
    arguments.name = bytes_of(name);
    arguments.entry = entry;
    Effect effect;
    FESTORE_CHECK(run_calls([&](Call& call) { return transaction->put(call, arguments, effect); }));
    return effect;
}

Outcome<Effect> TestStore::remove(std::string_view name) {
    Effect effect;
    FESTORE_CHECK(run_calls([&](Call& call) { return transaction->remove(call, bytes_of(name), effect); }));
    return effect;
}

Outcome<Effect> TestStore::rename(std::string_view from, std::string_view to, bool replace) {
    Effect effect;
    FESTORE_CHECK(run_calls([&](Call& call) {
        return transaction->rename(call, bytes_of(from), bytes_of(to), replace, effect);
    }));
    return effect;
}

Status TestStore::prepare() {
    const auto prepared = run_calls([&](Call& call) -> Outcome<ChangeProgress> {
        while (true) {
            const auto state = FESTORE_TRY(transaction->prepare(call));
            if (state == IndexTransaction::Prepared::yes) return ChangeProgress::done;
            apply(call);
            call.writes.clear();
            call.out.clear();
        }
    });
    if (!prepared) return fail(prepared.error());
    return {};
}

Status TestStore::commit() {
    FESTORE_CHECK(prepare());
    PageBytes slot{};
    FESTORE_CHECK(seal_recovery_copy(crypto, device_key, nullptr, transaction->record(), {}, slot));
    const uint32_t slot_page = recovery_slot(transaction->record().generation);
    if (on_write) on_write(slot_page);
    disk.write(slot_page, slot);
    disk.sync();
    root = transaction->record();
    transaction->end();
    return {};
}

void TestStore::give_up() { transaction->end(); }

Outcome<Object> TestStore::get(std::string_view name, bool in_transaction) {
    Object object;
    const Tree tree{root.index, root.height, root.page_count};
    FESTORE_CHECK(run_calls([&](Call& call) -> Outcome<ChangeProgress> {
        if (!in_transaction) pages->begin_call(call, tree, nullptr);
        IndexReader reader = in_transaction ? transaction->reader(call) : IndexReader(*pages, tree);
        const ChangeProgress progress = FESTORE_TRY(reader.find(bytes_of(name)));
        if (progress == ChangeProgress::done) object = {std::string(text_of(reader.entry().content)), reader.entry().version};
        return progress;
    }));
    return object;
}

namespace {

class ModelSink final : public IndexReader::Sink {
public:
    ModelSink(Model& model, size_t room) : model_(model), room_(room) {}
    bool take(Bytes name, const Entry& entry) override {
        if (room_ == 0) return false;
        --room_;
        last = std::string(text_of(name));
        EXPECT_TRUE(model_.emplace(last, Object{std::string(text_of(entry.content)), entry.version}).second)
            << last << " is listed twice";
        return true;
    }
    std::string last;

private:
    Model& model_;
    size_t room_;
};

}  // namespace

Outcome<Model> TestStore::list(std::string_view prefix, size_t page) {
    Model model;
    const Tree tree{root.index, root.height, root.page_count};
    std::string cursor;
    bool more = true;
    while (more) {
        FESTORE_CHECK(run_calls([&](Call& call) -> Outcome<ChangeProgress> {
            pages->begin_call(call, tree, nullptr);
            IndexReader reader(*pages, tree);
            ModelSink sink(model, page);
            const auto listed = FESTORE_TRY(reader.list({bytes_of(cursor), bytes_of(prefix)}, sink));
            if (!sink.last.empty()) cursor = sink.last;
            more = listed.more;
            return listed.progress;
        }));
    }
    return model;
}

}  // namespace festore::engine
