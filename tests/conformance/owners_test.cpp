// SPDX-License-Identifier: BSD-2-Clause
// Owners: objects of a user, of a group, of the public; no access to others' objects. (rule 22)
#include "tests/conformance/fixture.h"

#include <sys/mman.h>
#include <unistd.h>

namespace festore::conformance {
namespace {

// A number that the processes of as_user() share.
class SharedNumber {
public:
    SharedNumber()
        : number_(static_cast<uint64_t*>(mmap(nullptr, sizeof(uint64_t), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0))) {
        if (number_ == MAP_FAILED) std::abort();
    }
    SharedNumber(const SharedNumber&) = delete;
    SharedNumber& operator=(const SharedNumber&) = delete;
    ~SharedNumber() { munmap(number_, sizeof(uint64_t)); }
    uint64_t& operator*() const { return *number_; }

private:
    uint64_t* number_;
};

class Owners : public Conformance {
protected:
    static constexpr gid_t kGroup = 1100;
    static User alice() { return {1001, 1001, {kGroup}}; }
    static User bob() { return {1002, 1002, {kGroup}}; }
    static User mallory() { return {1003, 1003, {}}; }

    void SetUp() override {
        if (const std::string why = backend().why_no_other_users(); !why.empty()) GTEST_SKIP() << "skipped: " << why;
        for (const User& user : {alice(), bob(), mallory()})
            backend().as_user(user, [this] {
                Client client = connect();
                remove_all(client);
            });
        backend().as_user(alice(), [this] {
            Client client = connect(Owner::group(kGroup));
            remove_all(client);
        });
        Conformance::SetUp();
    }
};

TEST_P(Owners, AnotherUserSeesNothing) {
    const SharedNumber version;
    backend().as_user(alice(), [this, &version] {
        Client client = connect();
        const auto stored = client.put("diary", content_of(500, 1));
        ASSERT_TRUE(stored);
        *version = stored->version;
    });
    backend().as_user(bob(), [this] {
        Client client = connect();
        EXPECT_TRUE(names(client).empty());
        EXPECT_EQ(code("get", client.get("diary")), kNotFound);
        EXPECT_EQ(code("stat", client.stat("diary")), kNotFound);
        EXPECT_EQ(code("remove", client.remove("diary")), kNotFound);
        ASSERT_TRUE(client.put("diary", content_of(10, 2))) << "a separate object of the same name";
    });
    backend().as_user(alice(), [this, &version] {
        Client client = connect();
        EXPECT_EQ(client.get("diary").value_or(Content{}), content_of(500, 1)) << "unchanged";
        EXPECT_EQ(client.stat("diary").value_or(ObjectInfo{}).version, *version) << "the same version";
    });
}

TEST_P(Owners, AGroupsObjectsAreForItsMembers) {
    backend().as_user(alice(), [this] {
        Client client = connect(Owner::group(kGroup));
        ASSERT_TRUE(client.put("minutes", content_of(100, 3)));
    });
    backend().as_user(bob(), [this] {
        Client client = connect(Owner::group(kGroup));
        EXPECT_EQ(client.get("minutes").value_or(Content{}), content_of(100, 3));
        ASSERT_TRUE(client.put("minutes", content_of(100, 4)));
        Client own = connect();
        EXPECT_EQ(code("get from his own space", own.get("minutes")), kNotFound);
    });
    backend().as_user(mallory(), [this] {
        EXPECT_EQ(code("connect as a non-member", try_connect(Owner::group(kGroup))), kNotPermitted);
    });
    backend().as_user(alice(), [this] {
        Client client = connect(Owner::group(kGroup));
        EXPECT_EQ(client.get("minutes").value_or(Content{}), content_of(100, 4));
    });
}

TEST_P(Owners, AnothersStoreIsNotOpened) {
    if (GetParam() != Storage::store) return;
    const Owner owner = Owner::user();
    backend().as_user(alice(), [this] {
        Client client = connect();
        ASSERT_TRUE(client.put("diary", content_of(500, 1)));
    });
    const std::string own = store_directory(owner);
    const std::string hers = own.substr(0, own.rfind('/')) + "/uid-" + std::to_string(alice().uid);
    backend().as_user(bob(), [&] {
        ClientOptions options;
        options.storage = Storage::store;
        options.store_directory = hers;
        Result<Client> client = backend().connect(options);
        ASSERT_TRUE(client) << client.error().message;
        EXPECT_EQ(code("get", client->get("diary")), kNotPermitted);
        EXPECT_EQ(code("put", client->put("diary", content_of(1))), kNotPermitted);
    });
    backend().as_user(alice(), [this] { EXPECT_EQ(connect().get("diary").value_or(Content{}), content_of(500, 1)); });
}

TEST_P(Owners, AnybodyUsesPublicObjects) {
    backend().as_user(alice(), [this] {
        Client client = connect(Owner::public_());
        ASSERT_TRUE(client.put("notice", content_of(50, 5)));
    });
    backend().as_user(bob(), [this] {
        Client anybody = connect(Owner::public_());
        EXPECT_EQ(anybody.get("notice").value_or(Content{}), content_of(50, 5));
        Client own = connect();
        EXPECT_TRUE(names(own).empty());
        EXPECT_TRUE(anybody.remove("notice"));
    });
}

INSTANTIATE_TEST_SUITE_P(Storage, Owners, testing::ValuesIn(storages()),
                         [](const auto& parameter) { return name_of(parameter.param); });

}  // namespace
}  // namespace festore::conformance
