// SPDX-License-Identifier: BSD-2-Clause
// The directory of a store under rpmb was exchanged for an older one under ree, which was put back together with the TEE's files
// (rule 27): how the library handles the trusted application's answers.
#include "engine/records/table_format.h"
#include "protocol/messages.h"
#include "protocol/store_messages.h"
#include "sim/include/tee_internal_api.h"
#include "tests/store/harness/changed_headers.h"

namespace festore::store_test {
namespace {

uint16_t minor_of_ta = protocol::kVersionMinor;  // in the answer to hello
std::vector<size_t> open_requests;               // their sizes
uint32_t dead_openings = 0;                      // how many of the next openings find the trusted application dead

TEEC_Result invoke(TEEC_Session* session, uint32_t command, TEEC_Operation* operation, uint32_t* origin) {
    if (command == static_cast<uint32_t>(protocol::Command::store_open)) {
        open_requests.push_back(operation->params[0].tmpref.size);
        if (dead_openings > 0 && dead_openings-- > 0) return TEEC_ERROR_TARGET_DEAD;
    }
    const TEEC_Result result = sim::teec_in_process().invoke_command(session, command, operation, origin);
    if (command == static_cast<uint32_t>(protocol::Command::hello) && result == TEEC_SUCCESS) {
        Writer minor({static_cast<std::byte*>(operation->params[1].tmpref.buffer) + 2, 2});  // after the major version
        minor.u16(minor_of_ta);
    }
    return result;
}

class RpmbBeside : public ChangedHeaders {
protected:
    ~RpmbBeside() override {
        minor_of_ta = protocol::kVersionMinor;
        open_requests.clear();
        dead_openings = 0;
    }
    Result<Client> connect_through(const std::string& name) {
        sim::set_caller({1000, 1000, {}});
        static TeecFunctions functions = sim::teec_in_process();
        functions.invoke_command = invoke;
        ClientOptions options;
        options.storage = Storage::store;
        options.store_directory = (folder_ / name).string();
        return ClientAccess::connect(functions, options, 1000, nullptr);
    }
    static InitOptions of(Anchor anchor, bool without_asking = false) {
        InitOptions options;
        options.anchor = anchor;
        options.without_asking_rpmb = without_asking;
        return options;
    }
    // The store at "mine" is under rpmb; then "mine" becomes the directory of an older one under ree, and the TEE's files are put back
    // as they were with that one.
    void exchange() {
        const Bytes id = bytes_of(engine::kRootTableId);
        ASSERT_TRUE(connect("mine").put("a", content_of(10, 1)));
        const auto table = tee_->stored_object(TEE_STORAGE_PRIVATE_REE, protocol::kTaUuid, id);
        ASSERT_TRUE(table);
        std::filesystem::copy(folder_ / "mine", folder_ / "old", std::filesystem::copy_options::recursive);
        ASSERT_TRUE(connect("mine").store()->destroy());
        {
            Client client = connect("mine");
            ASSERT_TRUE(client.store()->init(of(Anchor::rpmb)));
            ASSERT_TRUE(client.put("a", content_of(10, 2)));
        }
        ASSERT_TRUE(tee_->store_object(TEE_STORAGE_PRIVATE_REE, protocol::kTaUuid, id, *table));
        std::filesystem::rename(folder_ / "mine", folder_ / "away");
        std::filesystem::rename(folder_ / "old", folder_ / "mine");
    }
};

TEST_F(RpmbBeside, Rule27AnExchangedDirectoryIsNotServed) {
    exchange();
    const auto is_refused = [](const auto& answer, const char* what) {
        ASSERT_FALSE(answer) << what;
        EXPECT_EQ(answer.error().code, ErrorCode::damaged) << what;
        EXPECT_EQ(answer.error().reason, Reason::store_in_rpmb) << what;
        EXPECT_NE(answer.error().message.find("has a record of a store of yours under rpmb"), std::string::npos) << message(answer);
        EXPECT_NE(answer.error().message.find("'festore destroy' gives up this one, once that"), std::string::npos) << message(answer);
    };
    is_refused(connect("mine").get("a"), "get");
    is_refused(connect("mine").put("a", content_of(10, 3)), "put");
    is_refused(connect("mine").list(), "list");
    is_refused(connect("mine").store()->status(), "status");
    is_refused(connect("mine").verify(), "verify");
    is_refused(connect("mine").store()->begin(), "begin");
    is_refused(connect("mine").store()->init(), "init");
    EXPECT_EQ(code(connect("mine").store()->repair()), kConflict);
    std::filesystem::rename(folder_ / "mine", folder_ / "old");
    std::filesystem::rename(folder_ / "away", folder_ / "mine");
    EXPECT_EQ(*connect("mine").get("a"), content_of(10, 2)) << "the right one is served";
}

TEST_F(RpmbBeside, Rule27TheOneUnderReeCanBeGivenUp) {
    exchange();
    EXPECT_EQ(code(connect("mine").store()->destroy()), static_cast<int>(ErrorCode::damaged)) << "the name does not tell which is meant";
    std::filesystem::rename(folder_ / "mine", folder_ / "old");
    std::filesystem::rename(folder_ / "away", folder_ / "mine");
    const auto destroyed = connect("old").store()->destroy();
    ASSERT_TRUE(destroyed) << message(destroyed);
    EXPECT_TRUE(destroyed->record_dropped);
    EXPECT_EQ(*connect("mine").get("a"), content_of(10, 2));
}

TEST_F(RpmbBeside, AnRpmbThatGivesNoAnswerRefusesTheStoreUnharmed) {
    ASSERT_TRUE(connect().put("a", content_of(10)));
    for (const auto& [rpmb, what] : {std::pair{Rpmb::not_available, "the RPMB gives no answer, and it did when"},
                                     std::pair{Rpmb::ends_ta, "the trusted application died, as it does when it asks an RPMB"}}) {
        rpmb_is(rpmb);
        const auto got = connect().get("a");
        EXPECT_EQ(code(got), kNoTee);
        EXPECT_NE(message(got).find(what), std::string::npos) << message(got);
        EXPECT_NE(message(got).find("'festore rpmb --none --without-asking'"), std::string::npos) << message(got);
        EXPECT_EQ(code(connect().put("a", content_of(20))), kNoTee);
        EXPECT_EQ(code(connect().store()->repair()), kNoTee);
        rpmb_is(Rpmb::answers);
        EXPECT_EQ(*connect().get("a"), content_of(10));
    }
    rpmb_is(Rpmb::not_available);
    EXPECT_EQ(code(connect().store()->destroy()), kNoTee) << "the RPMB may have another store, to which this directory belongs";
    EXPECT_TRUE(client("store", "default").store()->destroy()) << "its owner can destroy it";
}

// On a board whose trusted application dies when it asks the RPMB, a marked store costs each client one death, not one per opening.
TEST_F(RpmbBeside, AMarkedStoreIsServedWhereAskingEndsTheTrustedApplication) {
    rpmb_is(Rpmb::ends_ta);
    const auto made = connect().store()->init(of(Anchor::ree, true));
    ASSERT_TRUE(made) << message(made);
    EXPECT_TRUE(made->made_without_rpmb_answer);
    Client client = connect();
    ASSERT_TRUE(client.put("a", content_of(10)));
    const uint64_t sessions = tee_->counters().ta_open_session;
    for (int i = 0; i < 3; ++i) {
        const auto status = client.store()->status();
        ASSERT_TRUE(status) << message(status);
        EXPECT_TRUE(status->made_without_rpmb_answer);
    }
    EXPECT_EQ(tee_->counters().ta_open_session, sessions);
    EXPECT_EQ(*connect().get("a"), content_of(10));
}

// If the RPMB does not answer, the store may have moved there, and the record under ree may be an older one.
TEST_F(RpmbBeside, Rule25ADestroyThatCouldNotAskTheRpmbSaysSo) {
    ASSERT_TRUE(connect().put("a", content_of(10)));
    const auto answered = connect().store()->destroy();
    ASSERT_TRUE(answered) << message(answered);
    EXPECT_FALSE(answered->may_be_in_rpmb);
    ASSERT_TRUE(connect().put("a", content_of(10)));
    rpmb_is(Rpmb::not_available);
    const auto silent = client("store", "default").store()->destroy();
    ASSERT_TRUE(silent) << message(silent);
    EXPECT_TRUE(silent->record_dropped && silent->may_be_in_rpmb);
    rpmb_is(Rpmb::answers);
    ASSERT_TRUE(connect().put("a", content_of(10)));
    rpmb_is(Rpmb::ends_ta);
    ASSERT_TRUE(connect("root", 0).set_no_rpmb(true, true));
    const auto none = connect().store()->destroy();
    ASSERT_TRUE(none) << message(none);
    EXPECT_FALSE(none->may_be_in_rpmb) << "root says that there is none";
}

TEST_F(RpmbBeside, WhereAskingEndsTheTrustedApplicationALostStoreIsGivenUp) {
    rpmb_is(Rpmb::ends_ta);
    ASSERT_TRUE(connect().store()->init(of(Anchor::ree, true)));
    std::filesystem::remove_all(folder_ / "store");
    DestroyOptions lost;
    lost.lost_directory = true;
    const auto destroyed = connect().store()->destroy(lost);
    ASSERT_TRUE(destroyed) << message(destroyed);
    EXPECT_TRUE(destroyed->may_be_in_rpmb);
    EXPECT_EQ(code(connect().store()->destroy(lost)), static_cast<int>(ErrorCode::no_tee))
        << "it is not known whether the RPMB has a record";
}

TEST_F(RpmbBeside, ADamagedTableInTheRpmbKeepsNobodyFromDestroying) {
    ASSERT_TRUE(connect().put("a", content_of(10)));
    const Bytes id = bytes_of(engine::kRootTableId);
    ASSERT_TRUE(tee_->store_object(TEE_STORAGE_PRIVATE_RPMB, protocol::kTaUuid, id, content_of(300)));
    EXPECT_NE(code(connect().get("a")), 0);
    EXPECT_FALSE(connect().store()->destroy()) << "the RPMB may have another store, to which this directory belongs";
    const auto destroyed = client("store", "default").store()->destroy();
    ASSERT_TRUE(destroyed) << message(destroyed);
    EXPECT_TRUE(destroyed->may_be_in_rpmb);
}

TEST_F(RpmbBeside, WhetherAStoreIsMarkedIsShown) {
    ASSERT_TRUE(connect().put("a", content_of(10)));
    EXPECT_FALSE(connect().store()->status()->made_without_rpmb_answer);
    ASSERT_TRUE(connect("theirs", 1001).store()->init(of(Anchor::ree, true)));
    const auto records = connect("root", 0).store()->all_records();
    ASSERT_TRUE(records) << message(records);
    ASSERT_EQ(records->size(), 2U);
    EXPECT_FALSE(records->at(0).info->made_without_rpmb_answer);
    EXPECT_TRUE(records->at(1).info->made_without_rpmb_answer);
}

TEST_F(RpmbBeside, OnlyRootSaysThatThereIsNone) {
    ASSERT_TRUE(connect().put("a", content_of(10)));
    EXPECT_EQ(code(connect().set_no_rpmb(true, true)), kNotPermitted);
    EXPECT_EQ(code(connect().set_no_rpmb(false)), kNotPermitted);
    const auto answers = connect("root", 0).set_no_rpmb(true);
    EXPECT_EQ(code(answers), kConflict);
    EXPECT_EQ(answers.error().reason, Reason::rpmb_answers);
    rpmb_is(Rpmb::ends_ta);
    const auto died = connect("root", 0).set_no_rpmb(true);
    EXPECT_EQ(code(died), kNoTee);
    EXPECT_NE(message(died).find("'festore rpmb --none --without-asking'"), std::string::npos) << message(died);
    const auto said = connect("root", 0).set_no_rpmb(true, true);
    ASSERT_TRUE(said) << message(said);
    EXPECT_TRUE(said->none_here);
    EXPECT_TRUE(connect().rpmb_use()->none_here);
    EXPECT_EQ(*connect().get("a"), content_of(10)) << "the trusted application no longer dies";
    EXPECT_EQ(code(connect("none", 1002).get("a")), kNotFound);
    EXPECT_TRUE(connect("fresh", 1001).put("b", content_of(10))) << "nor when a store is made";
    EXPECT_FALSE(connect("fresh", 1001).store()->status()->made_without_rpmb_answer);
    ASSERT_TRUE(connect("root", 0).set_no_rpmb(false));
    EXPECT_FALSE(connect().rpmb_use()->none_here);
    EXPECT_EQ(code(connect().get("a")), kNoTee);
}

// A trusted application of protocol 1.5 takes only an OpenRequest of 29 bytes, and does not know the command.
TEST_F(RpmbBeside, AnOlderTrustedApplicationIsAskedAsItAlwaysWas) {
    ASSERT_TRUE(connect().put("a", content_of(10)));
    minor_of_ta = 5;
    dead_openings = 1;
    Result<Client> client = connect_through("store");
    ASSERT_TRUE(client) << message(client);
    EXPECT_EQ(*client->get("a"), content_of(10));
    EXPECT_EQ(open_requests, (std::vector<size_t>{29, 29}));
    minor_of_ta = protocol::kVersionMinor;
    dead_openings = 1;
    open_requests.clear();
    client = connect_through("store");
    ASSERT_TRUE(client) << message(client);
    EXPECT_EQ(*client->get("a"), content_of(10));
    EXPECT_EQ(open_requests, (std::vector<size_t>{29, 30})) << "one of 1.6 decides itself";
}

}  // namespace
}  // namespace festore::store_test
