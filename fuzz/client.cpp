// SPDX-License-Identifier: BSD-2-Clause
// The client library against two enemies. One is the TEE: every call into it may fail, and every answer may be changed. The
// other has changed the store's directory: if the TEE is honest then, each result of the library is right or an error.
#include "client/files/access.h"
#include "fuzz/client_model.h"
#include "fuzz/made_store.h"
#include "sim/teec/teec_in_process.h"
#include "tests/store/harness/simulated_files.h"

#include <array>
#include <map>

namespace festore::fuzz {
namespace {

using store_test::SimulatedFiles;

constexpr const char* kStore = "/data/store";
constexpr uint32_t kUser = 1000;

// The input that decides what the TEE does wrong; null: nothing.
Input* lies = nullptr;

TEEC_Result lie(TEEC_Operation* operation, TEEC_Result result) {
    if (lies == nullptr || lies->u8() < 128 || operation == nullptr) return result;
    constexpr uint32_t kResults[] = {0,
                                     TEEC_ERROR_GENERIC,
                                     TEEC_ERROR_SHORT_BUFFER,
                                     TEEC_ERROR_TARGET_DEAD,
                                     TEEC_ERROR_BUSY,
                                     TEEC_ERROR_ITEM_NOT_FOUND,
                                     TEEC_ERROR_BAD_STATE,
                                     TEEC_ERROR_COMMUNICATION};
    const uint8_t what = lies->u8();
    if (what % 4 == 0) result = kResults[lies->below(std::size(kResults))];
    for (uint32_t i = 1; i < 4; ++i) {
        TEEC_Parameter& parameter = operation->params[i];
        const uint32_t type = TEEC_PARAM_TYPE_GET(operation->paramTypes, i);
        const bool temporary = type == TEEC_MEMREF_TEMP_OUTPUT || type == TEEC_MEMREF_TEMP_INOUT;
        const bool registered = type == TEEC_MEMREF_PARTIAL_OUTPUT || type == TEEC_MEMREF_PARTIAL_INOUT;
        if ((!temporary && !registered) || (what >> i & 1) == 0) continue;
        size_t& size = temporary ? parameter.tmpref.size : parameter.memref.size;
        std::byte* const memory = temporary ? static_cast<std::byte*>(parameter.tmpref.buffer)
                                            : static_cast<std::byte*>(parameter.memref.parent->buffer) + parameter.memref.offset;
        if (memory != nullptr) meddle(*lies, {memory, std::min<size_t>(size, temporary ? 64 : 4096 * 4)});
        if (lies->one_in(4)) size = lies->one_in(4) ? static_cast<size_t>(lies->u64()) : lies->u16();
    }
    return result;
}

TEEC_Result open_session(TEEC_Context* context, TEEC_Session* session, const TEEC_UUID* uuid, uint32_t login, const void* data,
                         TEEC_Operation* operation, uint32_t* origin) {
    if (lies != nullptr && lies->u8() >= 250) {
        if (origin != nullptr) *origin = TEEC_ORIGIN_TEE;
        return lies->one_in(2) ? TEEC_ERROR_BUSY : TEEC_ERROR_ITEM_NOT_FOUND;
    }
    return sim::teec_in_process().open_session(context, session, uuid, login, data, operation, origin);
}

TEEC_Result invoke(TEEC_Session* session, uint32_t command, TEEC_Operation* operation, uint32_t* origin) {
    return lie(operation, sim::teec_in_process().invoke_command(session, command, operation, origin));
}

const TeecFunctions& functions() {
    static const TeecFunctions table = [] {
        TeecFunctions f = sim::teec_in_process();
        f.open_session = open_session;
        f.invoke_command = invoke;
        return f;
    }();
    return table;
}

Result<Client> connect(Files& files, Storage storage = Storage::store) {
    ClientOptions options;
    options.storage = storage;
    options.store_directory = kStore;
    options.wait = std::chrono::seconds(0);
    options.idle_timeout = std::chrono::milliseconds(0);
    return ClientAccess::connect(functions(), options, kUser, &files);
}

// The initial state of all runs, made once.
struct Made {
    MadeStore store;
    SimulatedFiles::Snapshot files;

    Made() {
        SimulatedFiles disk;
        disk.make_folder("/data", 0755);
        store = make_store([&] { return connect(disk); });
        files = disk.snapshot();
    }
};

const Made& made() {
    static const Made once;
    return once;
}

class Session {
public:
    Session(Input& in, const Made& made)
        : in_(in), what_(in.u8()), tee_(repeatable_config()), storage_(what_ % 8 == 1 ? Storage::ree : Storage::store),
          model_(in, made.store.objects, trust(what_), record_is_lost(what_)) {
        install(tee_, record_is_lost(what_) ? std::map<Content, Content>{} : made.store.tee);
        sim::use_tee(&tee_);
        SimulatedFiles::Snapshot files = made.files;
        if (directory_is_changed(what_)) change(files);
        files_.restore(files);
    }
    ~Session() {
        lies = nullptr;
        sim::use_tee(nullptr);
    }

    void run() {
        if (!is_honest(what_)) lies = &in_;
        {
            Result<Client> client = connect(files_, storage_);
            for (int step = 0; client && step < 16 && !in_.empty(); ++step) model_.one_step(*client);
        }
        lies = nullptr;
    }

private:
    static bool is_honest(uint8_t what) { return what % 2 == 0; }
    static bool directory_is_changed(uint8_t what) { return (what & 64) != 0; }
    static bool record_is_lost(uint8_t what) { return (what & 56) == 8; }
    static ClientModel::Trust trust(uint8_t what) {
        if (!is_honest(what)) return ClientModel::Trust::nothing;
        return directory_is_changed(what) ? ClientModel::Trust::successes : ClientModel::Trust::all;
    }

    void change(SimulatedFiles::Snapshot& snapshot) {
        for (size_t changes = 1 + in_.below(4); changes > 0; --changes) {
            auto file = std::next(snapshot.files.begin(), static_cast<long>(in_.below(snapshot.files.size())));
            const uint8_t how = in_.u8();
            if (how < 16) snapshot.files.erase(file);
            else if (how < 48) file->second.resize(in_.u16());
            else if (!file->second.empty()) {
                const size_t at = in_.u32() % file->second.size();
                const Bytes with = how < 96 ? in_.sized(64) : Bytes{};
                if (with.empty()) file->second[at] ^= static_cast<std::byte>(in_.u8() | 1);
                else copy_bytes(with.first(std::min(with.size(), file->second.size() - at)), MutableBytes(file->second).subspan(at));
            }
            if (snapshot.files.empty()) return;
        }
    }

    Input& in_;
    const uint8_t what_;
    sim::Tee tee_;
    SimulatedFiles files_;
    Storage storage_;
    ClientModel model_;
};

}  // namespace

void prepare_client() {
    sim::set_caller({kUser, kUser, {}});
    (void)made();
}

void run_client(Bytes input) {
    sim::set_caller({kUser, kUser, {}});
    Input in(input);
    Session(in, made()).run();
}

}  // namespace festore::fuzz
