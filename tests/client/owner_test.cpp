// SPDX-License-Identifier: BSD-2-Clause
// For whom a client can act, whom root's requests can name, and which client has a store. Nothing of this needs an answer of the TEE.
#include "tests/client/fake_tee.h"

#include <unistd.h>

namespace festore {
namespace {

class Owners : public HostileTee {
protected:
    void SetUp() override {
        HostileTee::SetUp();
        serve = [](Command, TEEC_Operation&) -> TEEC_Result {
            ADD_FAILURE() << "a request reached the TEE";
            return TEEC_ERROR_GENERIC;
        };
    }
    std::optional<ErrorCode> connecting_as(const Owner& owner) {
        options_.owner = owner;
        const Result<Client> client = try_connect();
        return client ? std::optional<ErrorCode>() : client.error().code;
    }
};

template <class T>
std::optional<ErrorCode> code(const Result<T>& result) {
    return result ? std::optional<ErrorCode>() : result.error().code;
}

TEST_F(Owners, AClientActsOnlyForItsOwnUser) {
    EXPECT_EQ(connecting_as(Owner::user()), std::nullopt);
    EXPECT_EQ(connecting_as(Owner::user(geteuid())), std::nullopt);
    EXPECT_EQ(connecting_as(Owner::group(getegid())), std::nullopt);
    EXPECT_EQ(connecting_as(Owner::public_()), std::nullopt);
    const int opened = sessions_opened;
    EXPECT_EQ(connecting_as(Owner::user(geteuid() + 1)), ErrorCode::not_permitted);
    EXPECT_EQ(connecting_as({Owner::Kind::group, {}}), ErrorCode::usage) << "of which group?";
    EXPECT_EQ(sessions_opened, opened);
}

TEST_F(Owners, RootsRequestsNameAUserOrAGroup) {
    Client client = connect();
    for (const Owner& owner : {Owner::user(), Owner{Owner::Kind::group, {}}, Owner::public_()}) {
        EXPECT_EQ(code(client.list_of(owner)), ErrorCode::usage);
        EXPECT_EQ(code(client.remove_of(owner, "x")), ErrorCode::usage);
        if (owner != Owner::public_()) {
            EXPECT_EQ(code(client.allow({owner})), ErrorCode::usage);
        }
    }
    options_.storage = Storage::store;
    options_.store_directory = "/nowhere";
    Client in_store = connect();
    for (const Owner& owner : {Owner::user(), Owner{Owner::Kind::group, {}}, Owner::public_()}) {
        DestroyOptions options;
        options.other = owner;
        EXPECT_EQ(code(in_store.store()->destroy(options)), ErrorCode::usage);
        EXPECT_EQ(code(in_store.store()->record(owner)), ErrorCode::usage);
    }
}

TEST_F(Owners, OnlyAClientOfTheStorageStoreHasAStore) {
    for (const Storage storage : {Storage::ree, Storage::rpmb}) {
        options_.storage = storage;
        EXPECT_EQ(code(connect().store()), ErrorCode::usage);
    }
    options_.storage = Storage::store;
    options_.store_directory = "/nowhere";
    EXPECT_EQ(code(connect().store()), std::nullopt);
    EXPECT_EQ(connecting_as(Owner::public_()), ErrorCode::usage) << "the public has none";
    EXPECT_EQ(code(default_store_directory(Owner::public_())), ErrorCode::usage);
    EXPECT_EQ(code(default_store_directory(Owner{Owner::Kind::group, {}})), ErrorCode::usage);
    EXPECT_EQ(code(default_store_directory(Owner::user(geteuid() + 1))), ErrorCode::not_permitted);
}

// The handle shares the connection.
TEST_F(Owners, AStoreOutlivesItsClient) {
    options_.storage = Storage::store;
    options_.store_directory = "/nowhere";
    std::optional<Client> client = connect();
    Store store = *client->store();
    const Store copy = store;
    client.reset();
    EXPECT_EQ(sessions_closed, 0);
    EXPECT_EQ(code(store.rename("", "x")), ErrorCode::usage);
    store = *connect().store();
    EXPECT_EQ(sessions_closed, 0) << "the copy has the first connection still";
}

}  // namespace
}  // namespace festore
