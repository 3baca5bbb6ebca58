// SPDX-License-Identifier: BSD-2-Clause
// Several stores of an owner, with and without names; headers that somebody changes; a trusted application that dies in the middle.
#pragma once
#include "protocol/commands.h"
#include "protocol/store_files.h"
#include "tests/store/harness/harness.h"

#include <fstream>
#include <functional>

namespace festore::store_test {

using Rpmb = sim::Faults::Rpmb;

inline uint32_t destroy_deaths = 0;  // how many of the next calls of that command find the trusted application dead
inline uint32_t hello_deaths = 0;    // the same, once such a death has happened
inline bool dies_after = false;      // after the command has been run, instead of before

inline TEEC_Result invoke_dying(TEEC_Session* session, uint32_t command, TEEC_Operation* operation, uint32_t* origin) {
    const bool is_destroy = command == static_cast<uint32_t>(protocol::Command::store_destroy) && destroy_deaths > 0;
    const bool is_hello = command == static_cast<uint32_t>(protocol::Command::hello) && destroy_deaths == 0 && hello_deaths > 0;
    if (is_destroy) --destroy_deaths;
    if (is_hello) --hello_deaths;
    TEEC_Result result = TEEC_SUCCESS;
    if ((!is_destroy && !is_hello) || dies_after) result = sim::teec_in_process().invoke_command(session, command, operation, origin);
    if (!is_destroy && !is_hello) return result;
    *origin = TEEC_ORIGIN_TEE;
    return TEEC_ERROR_TARGET_DEAD;
}

class ChangedHeaders : public StoreTest {
protected:
    ~ChangedHeaders() override { destroy_deaths = hello_deaths = 0, dies_after = false; }
    Client client(const std::string& folder, const std::string& name = "", uint32_t uid = 1000,
                  const TeecFunctions& functions = sim::teec_in_process()) {
        sim::set_caller({uid, uid, {}});
        ClientOptions options;
        options.storage = Storage::store;
        options.store_directory = (folder_ / folder).string();
        options.store_name = name;
        options.wait = wait_;
        auto connected = ClientAccess::connect(functions, options, uid);
        if (!connected) throw std::runtime_error(connected.error().message);
        return std::move(*connected);
    }
    Client dying_client(const std::string& folder, const std::string& name = "") {
        static TeecFunctions functions = sim::teec_in_process();
        functions.invoke_command = invoke_dying;
        return client(folder, name, 1000, functions);
    }
    protocol::StoreHeader header(const std::string& folder) {
        const auto file = folder_ / folder / protocol::kHeaderFile;
        std::vector<std::byte> bytes(std::filesystem::file_size(file));
        std::ifstream(file, std::ios::binary).read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
        return protocol::decode_store_header(bytes).value();
    }
    void write(const std::string& folder, const protocol::StoreHeader& header) {
        std::vector<std::byte> bytes(protocol::kNamedStoreHeaderBytes);
        Writer out(bytes);
        encode(header, out);
        std::ofstream(folder_ / folder / protocol::kHeaderFile, std::ios::binary | std::ios::trunc)
            .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(out.size()));
    }
    void change(const std::string& folder, const std::function<void(protocol::StoreHeader&)>& how) {
        protocol::StoreHeader changed = header(folder);
        how(changed);
        write(folder, changed);
    }
    void rename_in_header(const std::string& folder, const std::string& name) {
        change(folder, [&](protocol::StoreHeader& changed) { changed.set_name(name); });
    }
    // Makes a store under rpmb look like one under ree, of another name, whose creation was interrupted.
    void plant_unused(const std::string& folder, const std::string& name) {
        std::filesystem::resize_file(folder_ / folder / "pages", 0);
        std::filesystem::remove_all(folder_ / folder / "payloads");
        change(folder, [&](protocol::StoreHeader& changed) {
            changed.set_name(name);
            changed.anchor = stored::Anchor::ree;
        });
    }
    void make(const std::string& folder, const std::string& name, Anchor anchor, uint32_t uid = 1000) {
        Client made = client(folder, name, uid);
        InitOptions options;
        options.anchor = anchor;
        ASSERT_TRUE(made.store()->init(options));
        ASSERT_TRUE(made.put("a", content_of(10)));
    }
    // The header of `folder` names the store of `other` from now on, under the anchor that this one is not under.
    void plant(const std::string& folder, const std::string& other, bool changes_anchor = true) {
        const protocol::StoreHeader theirs = header(other);
        change(folder, [&](protocol::StoreHeader& changed) {
            changed.store_id = theirs.store_id;
            changed.key_check = theirs.key_check;
            if (changes_anchor) changed.anchor = changed.anchor == stored::Anchor::ree ? stored::Anchor::rpmb : stored::Anchor::ree;
        });
    }
    void copy(const std::string& from, const std::string& to) {
        std::filesystem::remove_all(folder_ / to);
        std::filesystem::copy(folder_ / from, folder_ / to, std::filesystem::copy_options::recursive);
    }
    void rpmb_is(Rpmb rpmb) {
        sim::Faults faults;
        faults.rpmb = rpmb;
        tee_->set_faults(faults);
    }
    static DestroyOptions lost() {
        DestroyOptions options;
        options.lost_directory = true;
        return options;
    }
};

}  // namespace festore::store_test
