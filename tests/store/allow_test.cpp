// SPDX-License-Identifier: BSD-2-Clause
// Root's list of who may store, through the library: the messages of refusals, and older and newer trusted applications. (rule 28)
#include "engine/records/allow_list.h"
#include "protocol/messages.h"
#include "sim/include/tee_internal_api.h"
#include "tests/store/harness/harness.h"

namespace festore::store_test {
namespace {

constexpr uint32_t kAlice = 1000;
constexpr uint32_t kBob = 1001;

uint16_t minor_of_ta = protocol::kVersionMinor;  // in the answer to hello

TEEC_Result invoke(TEEC_Session* session, uint32_t command, TEEC_Operation* operation, uint32_t* origin) {
    const TEEC_Result result = sim::teec_in_process().invoke_command(session, command, operation, origin);
    if (command == static_cast<uint32_t>(protocol::Command::hello) && result == TEEC_SUCCESS) {
        Writer minor({static_cast<std::byte*>(operation->params[1].tmpref.buffer) + 2, 2});  // after the major version
        minor.u16(minor_of_ta);
    }
    return result;
}

class Allowing : public StoreTest {
protected:
    ~Allowing() override { minor_of_ta = protocol::kVersionMinor; }

    // A client of that user for one of the TEE's own storages.
    Client of(uint32_t uid, Storage storage = Storage::rpmb) {
        sim::set_caller({uid, uid, {}});
        static TeecFunctions functions = sim::teec_in_process();
        functions.invoke_command = invoke;
        ClientOptions options;
        options.storage = storage;
        Result<Client> client = ClientAccess::connect(functions, options, uid, nullptr);
        if (!client) throw std::runtime_error(client.error().message);
        return std::move(*client);
    }
    template <class F>
    void as_root(F&& f) {
        Client root = of(0);
        const Result<void> done = f(root);
        EXPECT_TRUE(done) << message(done);
    }
    static Allowance limits(std::optional<uint64_t> bytes, std::optional<uint32_t> objects = {}, std::optional<uint32_t> stores = {}) {
        return {bytes, objects, stores};
    }
    void keep(Bytes list) {
        const std::string_view id = engine::kAllowListId;
        ASSERT_TRUE(tee_->store_object(TEE_STORAGE_PRIVATE_REE, protocol::kTaUuid, bytes_of(id), list));
    }
};

TEST_F(Allowing, Rule28ErrorsNameTheLimitWhatIsUsedAndWhatIsWanted) {
    as_root([&](Client& root) { return root.allow({Owner::user(kAlice)}, limits(400, 2, 0)); });
    EXPECT_EQ(code(of(kAlice).put("a", content_of(100))), kDone);
    const auto bytes = of(kAlice).put("bb", content_of(200));
    EXPECT_EQ(code(bytes), kNoSpace);
    EXPECT_EQ(message(bytes), "cannot put 'bb': root allows you 400 bytes in 2 objects in rpmb, and you have 165 bytes in 1 object there; "
                              "this one takes 266 bytes, with its name and header");
    EXPECT_EQ(code(of(kAlice).put("b", content_of(10))), kDone);
    EXPECT_EQ(code(of(kAlice).put("c", content_of(1))), kNoSpace);
    const auto stores = connect("alices", kAlice).put("x", content_of(10));
    EXPECT_EQ(code(stores), kNoSpace);
    EXPECT_TRUE(message(stores).ends_with("root allows you 0 stores, and you have 0")) << message(stores);
    const auto bobs = of(kBob).put("a", content_of(1));
    EXPECT_EQ(code(bobs), kNotPermitted);
    EXPECT_EQ(message(bobs), "cannot put 'a': root lets only some users and groups store here; ask for: festore allow USER");
    EXPECT_EQ(code(connect("bobs", kBob).put("x", content_of(10))), kNotPermitted);
    EXPECT_FALSE(std::filesystem::exists(folder_ / "bobs" / "pages")) << "no store was made";
    as_root([&](Client& root) { return root.allow_all(); });
    as_root([&](Client& root) { return root.allow_in_all(Storage::rpmb, limits(1000)); });
    const auto all = of(kBob).put("a", content_of(900));
    EXPECT_EQ(code(all), kNoSpace);
    EXPECT_TRUE(message(all).find("all users together would exceed the limit that root set in rpmb") != std::string::npos) << message(all);
}

TEST_F(Allowing, AStreamIsRefusedLikeAPut) {
    as_root([&](Client& root) { return root.allow({Owner::user(kAlice)}); });
    Client bob = of(kBob);
    auto stream = bob.write("a");
    ASSERT_TRUE(stream);
    EXPECT_EQ(code(stream->write(content_of(10))), kDone);
    EXPECT_EQ(code(stream->finish()), kNotPermitted);
}

TEST_F(Allowing, Rule28WhatRootAndOthersSee) {
    as_root([&](Client& root) { return root.allow_others(limits({}, 3)); });
    as_root([&](Client& root) { return root.allow({Owner::group(5), Owner::public_(), Owner::user(kAlice)}, limits(7)); });
    as_root([&](Client& root) { return root.allow_in_all(Storage::ree, limits(8, 9)); });
    as_root([&](Client& root) { return root.disallow({Owner::group(5)}); });
    const auto all = of(0).allowed();
    ASSERT_TRUE(all);
    EXPECT_TRUE(all->listed && !all->closed && all->others && !all->damaged);
    EXPECT_EQ(all->others->objects, 3U);
    EXPECT_EQ(all->total_ree.bytes, 8U);
    EXPECT_FALSE(all->total_rpmb.bytes || all->total_rpmb.objects);
    ASSERT_EQ(all->named.size(), 2U);
    EXPECT_EQ(all->named[0].kind, Owner::Kind::public_);
    EXPECT_EQ(all->named[0].identity, "");
    EXPECT_EQ(all->named[1].kind, Owner::Kind::user);
    EXPECT_EQ(all->named[1].identity.size(), 36U);
    EXPECT_EQ(all->named[1].limits.bytes, 7U);
    const auto bobs = of(kBob).allowed();
    ASSERT_TRUE(bobs);
    EXPECT_EQ(bobs->standing, AllowReport::Standing::as_other);
    EXPECT_EQ(bobs->own.objects, 3U);
    EXPECT_TRUE(bobs->named.empty() && !bobs->others);
}

TEST_F(Allowing, Rule28OnlyRootSaysIt) {
    Client bob = of(kBob);
    const auto refused = bob.allow({Owner::user(kBob)});
    EXPECT_EQ(code(refused), kNotPermitted);
    EXPECT_EQ(message(refused), "cannot set who may store: only root may do that");
    for (const auto& answer : {bob.disallow({Owner::user(kBob)}), bob.allow_others(Allowance{}), bob.allow_others(std::nullopt),
                               bob.allow_in_all(Storage::ree, {}), bob.allow_all()})
        EXPECT_EQ(code(answer), kNotPermitted);
    Client root = of(0);
    constexpr int kUsage = static_cast<int>(ErrorCode::usage);
    EXPECT_EQ(code(root.allow({Owner::user(0)})), kUsage);
    EXPECT_EQ(code(root.allow({})), kUsage);
    EXPECT_EQ(code(root.allow(std::vector<Owner>(33, Owner::user(1)))), kUsage);
    EXPECT_EQ(code(root.allow_in_all(Storage::store, {})), kUsage);
    EXPECT_EQ(code(root.disallow({Owner::user(1)})), kNotFound);
}

TEST_F(Allowing, Rule28ADamagedOrNewerListSaysWhatToDo) {
    keep(content_of(64));
    const auto damaged = of(kAlice).put("a", content_of(1));
    EXPECT_EQ(code(damaged), kDamaged);
    EXPECT_TRUE(message(damaged).find("until root sets it again ('festore allow')") != std::string::npos) << message(damaged);
    EXPECT_EQ(code(connect("store", kAlice).put("a", content_of(1))), kDamaged);
    EXPECT_TRUE(of(0).allowed()->damaged);
    as_root([&](Client& root) { return root.allow({Owner::user(kAlice)}); });
    EXPECT_EQ(code(of(kAlice).put("a", content_of(1))), kDone);
    std::array<std::byte, engine::kAllowListBytesMax> memory{};
    engine::AllowListDraft draft(memory, nullptr);
    (void)draft.finish();
    memory[4] = std::byte{2};
    keep(Bytes(memory).first(engine::kAllowHeaderBytes));
    const auto newer = of(kAlice).put("b", content_of(1));
    EXPECT_EQ(code(newer), kDamaged);
    EXPECT_TRUE(message(newer).find("of a newer version") != std::string::npos) << message(newer);
    EXPECT_EQ(code(of(0).allow({Owner::user(kAlice)})), kDamaged);
    as_root([&](Client& root) { return root.allow_all(); });
    EXPECT_EQ(code(of(kAlice).put("b", content_of(1))), kDone);
}

TEST_F(Allowing, AnOlderTrustedApplicationHasNoList) {
    minor_of_ta = 6;
    EXPECT_EQ(code(of(0).allow({Owner::user(kAlice)})), kNoTee);
    EXPECT_EQ(code(of(0).allowed()), kNoTee);
    EXPECT_TRUE(message(of(0).allow_all()).find("this trusted application is older") != std::string::npos);
}

TEST_F(Allowing, AStoreThatIsThereGoesOn) {
    EXPECT_EQ(code(connect("mine", kBob).put("a", content_of(10))), kDone);
    as_root([&](Client& root) { return root.allow({Owner::user(kAlice)}); });
    Client bob = connect("mine", kBob);
    EXPECT_EQ(code(bob.put("b", content_of(100'000))), kDone);
    EXPECT_EQ(names(bob), (std::vector<std::string>{"a", "b"}));
}

}  // namespace
}  // namespace festore::store_test
