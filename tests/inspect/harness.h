// SPDX-License-Identifier: BSD-2-Clause
// Stores made by the library with the simulated TEE, and the TEE's storage written in OP-TEE's format.
#pragma once
#include "base/host/hex.h"
#include "inspect/run.h"
#include "protocol/commands.h"
#include "protocol/messages.h"
#include "tests/ree_fs/synthetic.h"
#include "tests/store/harness/harness.h"

#include <fstream>

namespace festore::inspect_test {

using inspect::InspectAnswer;
using inspect::InspectRequest;
using store_test::Content;
using store_test::content_of;
using Json = nlohmann::ordered_json;

inline std::string sha256_of(Bytes content) {
    ree_fs::Sha256 sha;
    sha.add(content);
    return hex(sha.finish());
}

class InspectTest : public store_test::StoreTest {
protected:
    explicit InspectTest(const sim::Config& config = {}) : StoreTest(config) {
        std::ofstream(folder_ / "huk") << "00000000000000000000000000000000\n";
        std::ofstream(folder_ / "other-huk") << "000102030405060708090a0b0c0d0e0f\n";
    }

    // A store with an index of two levels, free pages, payloads of one segment and of several.
    void make_store(const std::string& name = "store") {
        Client client = connect(name);
        auto many = client.store()->begin();
        ASSERT_TRUE(many) << message(many);
        for (unsigned i = 0; i < 40; ++i) ASSERT_TRUE(many->put("inline " + std::to_string(i), content_of(200 + i, i)));
        ASSERT_TRUE(many->put("größe/payload", large_));
        ASSERT_TRUE(many->commit());
        PutOptions write_once;
        write_once.write_once = true;
        ASSERT_TRUE(client.put("small payload", content_of(1500, 7), write_once));
        ASSERT_TRUE(client.put("inline 3", content_of(10, 99)));
        for (unsigned i = 10; i < 20; ++i) ASSERT_TRUE(client.remove("inline " + std::to_string(i)));
    }

    // The simulated TEE's root table, in OP-TEE's format.
    void write_tee_storage(uint32_t storage = 0x80000000U) {
        using namespace ree_fs;
        using namespace ree_fs::test;
        Buffer table;
        std::string id;
        for (const auto& stored : tee_->stored_ids(storage, protocol::kTaUuid)) {
            if (!text_of(stored).ends_with("root table")) continue;
            id = text_of(stored);
            table = tee_->stored_object(storage, protocol::kTaUuid, stored).value();
        }
        ASSERT_FALSE(table.empty());
        const Ssk ssk = derive_ssk(zero_huk(), Derivation::compatible);
        SyntheticFile object(ssk, protocol::kTaUuid, HeadLayout::padded, HeadRule::first_half);
        const Hash root = object.commit(object_content({}, table));
        SyntheticFile directory(ssk, std::nullopt, HeadLayout::padded, HeadRule::first_half);
        directory.commit(entry_content(protocol::kTaUuid, id, root, 0));
        std::filesystem::create_directory(folder_ / "tee");
        save(folder_ / "tee" / "dirf.db", directory.image());
        save(folder_ / "tee" / "0", object.image());
    }

    InspectAnswer inspect(bool with_key, bool with_tee = false, const std::string& extract = {}) const {
        InspectRequest request;
        request.directory = store();
        if (with_key) request.huk_file = folder_ / "huk";
        if (with_tee) request.tee_storage = folder_ / "tee";
        if (!extract.empty()) request.extract = folder_ / extract;
        return inspect::inspect(request);
    }
    static int exit_code(const InspectAnswer& answer) {
        return answer.errors.empty() ? 0 : static_cast<int>(answer.errors.front().code);
    }
    static std::string errors_of(const InspectAnswer& answer) {
        std::string text;
        for (const Error& error : answer.errors) text += error.message + "\n";
        return text + answer.text;
    }
    static const Json* object_in(const InspectAnswer& answer, const std::string& name) {
        for (const Json& object : answer.document.at("objects"))
            if (object.value("name", "") == name) return &object;
        return nullptr;
    }
    // True if a finding with that severity covers the byte at `offset` of `file`.
    static bool found_at(const InspectAnswer& answer, const std::string& file, uint64_t offset, bool damage) {
        for (const Json& finding : answer.document.at("findings")) {
            if (finding["file"] != file || (finding["severity"] == "damage") != damage) continue;
            const uint64_t begin = finding["offset"];
            if (offset >= begin && offset - begin < finding["size"].get<uint64_t>()) return true;
        }
        return false;
    }

    [[nodiscard]] std::filesystem::path store() const { return folder_ / "store"; }
    [[nodiscard]] std::string payload_of(const InspectAnswer& answer, const std::string& name) const {
        return "payloads/" + (*object_in(answer, name))["payload"].get<std::string>();
    }
    void flip(const std::string& file, uint64_t offset, unsigned bit = 0) const {
        std::fstream io(store() / file, std::ios::in | std::ios::out | std::ios::binary);
        io.seekg(static_cast<std::streamoff>(offset));
        const int before = io.get();
        io.seekp(static_cast<std::streamoff>(offset));
        io.put(static_cast<char>(before ^ (1 << bit)));
        ASSERT_TRUE(io.good());
    }

    const Content large_ = content_of(70000, 5);
};

}  // namespace festore::inspect_test
