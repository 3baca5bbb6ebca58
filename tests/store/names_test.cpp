// SPDX-License-Identifier: BSD-2-Clause
// An owner's named stores, through the library: which store a directory has, the errors if name and directory do not match, and where
// the TEE says that a store was last.
#include "base/writer.h"
#include "protocol/store_files.h"
#include "tests/store/harness/harness.h"

#include <fstream>

namespace festore::store_test {
namespace {

class Names : public StoreTest {
protected:
    explicit Names(const sim::Config& config = {}) : StoreTest(config) {}
    // An empty `directory`: none is named.
    Result<Client> open(const std::string& directory, const std::string& name, uint32_t uid = 1000) {
        sim::set_caller({uid, uid, {}});
        ClientOptions options;
        options.storage = Storage::store;
        options.store_directory = directory.empty() ? "" : (folder_ / directory).string();
        options.store_name = name;
        options.wait = wait_;
        return ClientAccess::connect(sim::teec_in_process(), options, uid);
    }
    Client client(const std::string& directory, const std::string& name = "", uint32_t uid = 1000) {
        Result<Client> opened = open(directory, name, uid);
        if (!opened) throw std::runtime_error(opened.error().message);
        return std::move(*opened);
    }
    void SetUp() override {
        ASSERT_TRUE(client("first").put("a", content_of(10)));
        ASSERT_TRUE(client("web", "web").put("b", content_of(20)));
    }
    std::string path(const std::string& directory) const { return "'" + (folder_ / directory).string() + "'"; }
    template <class T>
    static void expect(const Result<T>& answer, int kind, const std::string& part) {
        EXPECT_EQ(code(answer), kind) << message(answer);
        EXPECT_NE(message(answer).find(part), std::string::npos) << message(answer);
    }
};

TEST_F(Names, TwoStoresOfOneOwnerKnowNothingOfEachOther) {
    Client first = client("first");
    Client web = client("web", "web");
    EXPECT_EQ(names(first), std::vector<std::string>{"a"});
    EXPECT_EQ(names(web), std::vector<std::string>{"b"});
    ASSERT_TRUE(web.put("a", content_of(30)));
    EXPECT_EQ(first.get("a").value(), content_of(10));
    EXPECT_EQ(first.store()->status()->name, "default");
    EXPECT_EQ(web.store()->status()->name, "web");
}

TEST_F(Names, TheDirectorySaysItsNameAndTheRecordWhetherThatIsTrue) {
    Client unnamed = client("web");
    EXPECT_EQ(names(unnamed), std::vector<std::string>{"b"}) << "the header's name";
    expect(client("web", "other").get("b"), kDamaged, "has the name 'web', and not 'other'");
    expect(client("web", "default").get("b"), kDamaged, "has the name 'web', and not 'default'");
    expect(client("first", "web").get("a"), kDamaged, "has the name 'default', and not 'web'");
    // The header has another name than the record.
    for (const std::string_view name : {"wob", "default", "first"}) {
        const auto header = folder_ / "web" / "festore.store";
        std::ifstream in(header, std::ios::binary);
        std::string bytes((std::istreambuf_iterator<char>(in)), {});
        ASSERT_EQ(bytes.size(), protocol::kNamedStoreHeaderBytes);
        auto decoded = protocol::decode_store_header(bytes_of(bytes)).value();
        decoded.set_name(name);
        Content changed(protocol::header_bytes(decoded));
        Writer out(changed);
        encode(decoded, out);
        std::ofstream(header, std::ios::binary | std::ios::trunc) << std::string(text_of(Bytes(changed)));
        const auto got = client("web").get("b");
        EXPECT_EQ(code(got), kDamaged) << name << ": " << message(got);
        EXPECT_EQ(code(client("web").store()->repair()), kConflict) << name << ": its record is intact, whatever name the header has";
        std::ofstream(header, std::ios::binary | std::ios::trunc) << bytes;
    }
    EXPECT_TRUE(client("web").get("b"));
}

// Its directory can be exchanged for that of another store of the same owner; a client stays with the store that it opened.
TEST_F(Names, AClientStaysWithTheStoreThatItOpenedFirst) {
    Client web = client("web");
    ASSERT_TRUE(web.get("b"));
    std::filesystem::rename(folder_ / "web", folder_ / "aside");
    std::filesystem::rename(folder_ / "first", folder_ / "web");
    expect(web.store()->status(), kDamaged, "has the name 'default', and not 'web'");
    EXPECT_EQ(code(web.put("c", content_of(5))), kDamaged);
    EXPECT_TRUE(client("web").get("a")) << "a new client believes the header";
    EXPECT_EQ(code(client("web", "web").get("a")), kDamaged) << "unless the name was given";
}

TEST_F(Names, AMissingDirectoryIsToldWhereItWas) {
    std::filesystem::rename(folder_ / "web", folder_ / "moved");
    const auto got = client("elsewhere", "web").get("b");
    expect(got, kDamaged, "its directory was last at " + path("web") + ": the TEE has the record of a store of yours with the name 'web'");
    expect(got, kDamaged, "'festore destroy --lost --name web' gives it up");
    expect(client("elsewhere", "web").store()->init(), kConflict, "its directory was last at " + path("web"));
    EXPECT_TRUE(client("moved").get("b")) << "where it is now";
    const auto none = client("nowhere", "db").get("b");
    expect(none, kNotFound, "you have the stores 'default', last at " + path("first") + ", 'web', last at " + path("web"));
    EXPECT_EQ(code(client("nowhere", "db").store()->init()), kDone);
}

TEST_F(Names, ALostOneIsGivenUpAloneAndItsNameIsFree) {
    std::filesystem::remove_all(folder_ / "web");
    DestroyOptions lost;
    lost.lost_directory = true;
    expect(client("web", "other").store()->destroy(lost), kNotFound, "the TEE has no record of one with the name 'other'");
    ASSERT_TRUE(client("web", "web").store()->destroy(lost));
    EXPECT_TRUE(client("first").get("a"));
    EXPECT_EQ(code(client("web", "web").get("b")), kNotFound);
    EXPECT_TRUE(client("web", "web").put("b", content_of(1)));
}

// A missing directory without a name could mean any of them: none is destroyed, and the advice names none.
TEST_F(Names, AMissingDirectoryAloneGivesNoStoreUp) {
    std::filesystem::remove_all(folder_ / "web");
    const auto got = client("web").get("b");
    expect(got, kDamaged, "it is not clear which store is meant");
    EXPECT_EQ(message(got).find("destroy"), std::string::npos);
    DestroyOptions lost;
    lost.lost_directory = true;
    expect(client("web").store()->destroy(lost), static_cast<int>(ErrorCode::usage), "choose one with --name");
    expect(client("elsewhere", "default").store()->destroy(lost), kConflict, "its directory is not lost, but at " + path("first"));
    EXPECT_TRUE(client("first").get("a"));
    EXPECT_TRUE(client("web", "web").store()->destroy(lost));
    EXPECT_TRUE(client("first").get("a"));
}

TEST_F(Names, TheOwnerSeesItsOwnAndRootAll) {
    ASSERT_TRUE(client("theirs", "vault", 2000).store()->init());
    const auto own = client("first").store()->own_records();
    ASSERT_TRUE(own) << message(own);
    ASSERT_EQ(own->size(), 2U);
    EXPECT_EQ((*own)[0].name, "default");
    EXPECT_EQ((*own)[0].directory, (folder_ / "first").string());
    EXPECT_EQ((*own)[1].name, "web");
    EXPECT_EQ((*own)[1].info->objects, 1U);
    EXPECT_EQ(client("none", "", 3000).store()->own_records()->size(), 0U);
    const auto all = client("none", "", 0).store()->all_records();
    ASSERT_TRUE(all);
    ASSERT_EQ(all->size(), 3U);
    EXPECT_EQ((*all)[2].name, "vault");
    EXPECT_EQ(code(client("first").store()->all_records()), kNotPermitted);
    DestroyOptions other;
    other.other = Owner::user(2000);
    EXPECT_EQ(code(client("none", "", 0).store()->destroy(other)), kNotFound) << "that owner has no default store";
    EXPECT_TRUE(client("none", "vault", 0).store()->destroy(other));
    EXPECT_EQ(code(client("theirs", "vault", 2000).get("x")), kNotFound);
}

TEST_F(Names, RepairAndRebuildKeepTheNameAndTellTheNewPlace) {
    std::filesystem::rename(folder_ / "web", folder_ / "moved");
    ASSERT_TRUE(client("moved").store()->rebuild({}));
    EXPECT_EQ(client("first").store()->own_records()->at(1).directory, (folder_ / "moved").string());
    RebuildOptions to_rpmb;
    to_rpmb.anchor = Anchor::rpmb;
    std::filesystem::rename(folder_ / "moved", folder_ / "again");
    ASSERT_TRUE(client("again", "web").store()->rebuild(to_rpmb));
    const auto own = client("first").store()->own_records();
    ASSERT_EQ(own->size(), 2U);
    EXPECT_EQ(own->at(1).anchor, Anchor::rpmb);
    EXPECT_EQ(own->at(1).name, "web");
    EXPECT_EQ(own->at(1).directory, (folder_ / "again").string());
    EXPECT_EQ(client("again").store()->status()->name, "web");
    EXPECT_TRUE(client("again", "web").get("b"));
}

TEST_F(Names, WhatIsNoNameIsRefused) {
    for (const std::string name : {"a b", "a/b", "..//", "\xc3\xa9", "a@b"}) {
        const auto opened = open("x", name);
        EXPECT_EQ(code(opened), static_cast<int>(ErrorCode::usage)) << name;
    }
    EXPECT_EQ(code(open("x", std::string(64, 'n'))), static_cast<int>(ErrorCode::usage));
    EXPECT_TRUE(client("x", std::string(63, 'n')).put("a", content_of(1)));
    EXPECT_TRUE(client("y", "..").put("a", content_of(1))) << "a valid name, because it is only part of a folder's";
}

TEST_F(Names, NineAreTooMany) {
    for (int i = 3; i <= 8; ++i) ASSERT_TRUE(client("n" + std::to_string(i), "n" + std::to_string(i)).store()->init()) << i;
    expect(client("n9", "n9").store()->init(), kNoSpace, "you have 8 stores, the most that one owner may have");
    EXPECT_FALSE(std::filesystem::exists(folder_ / "n9")) << "no folder is made for it";
}

// The variables: a name without a directory has the owner's standard directory, followed by @NAME.
TEST_F(Names, TheStandardDirectoryOfAName) {
    const std::string home = (folder_ / "home").string();
    setenv("HOME", home.c_str(), 1);
    for (const char* variable : {"FESTORE_STORE", "FESTORE_NAME", "STATE_DIRECTORY", "XDG_DATA_HOME"}) unsetenv(variable);
    if (geteuid() != 0) {
        EXPECT_EQ(client("", "api").store()->init()->directory, home + "/.local/share/festore@api");
    }
    setenv("STATE_DIRECTORY", home.c_str(), 1);
    EXPECT_EQ(client("", "jobs").store()->init()->directory, home + "/festore@jobs");
    EXPECT_EQ(default_store_directory(Owner::user(), "jobs").value(), home + "/festore@jobs");
    EXPECT_EQ(default_store_directory(Owner::user(), "default").value(), home + "/festore");
    EXPECT_EQ(default_store_directory(Owner::group(7)).value(), "/var/lib/festore/gid-7");
    EXPECT_EQ(code(default_store_directory(Owner::user(), "not/a/name")), static_cast<int>(ErrorCode::usage));
    // The library reads none of the command's variables.
    setenv("FESTORE_NAME", "not/a/name", 1);
    setenv("FESTORE_STORE", (home + "/elsewhere").c_str(), 1);
    EXPECT_EQ(default_store_directory().value(), home + "/festore");
    EXPECT_EQ(client("", "jobs").store()->status()->directory, home + "/festore@jobs");
    for (const char* variable : {"FESTORE_STORE", "FESTORE_NAME", "STATE_DIRECTORY", "HOME"}) unsetenv(variable);
}

// Rule 25: that nobody named a directory does not mean that the store is at the standard one.
TEST_F(Names, ACopyAtTheStandardDirectoryIsNotTheStore) {
    const std::string home = (folder_ / "home").string();
    std::filesystem::create_directory(home);
    setenv("STATE_DIRECTORY", home.c_str(), 1);
    std::filesystem::copy(folder_ / "first", folder_ / "home" / "festore", std::filesystem::copy_options::recursive);
    expect(client("").store()->destroy(), kConflict, "is that of the store at " + path("first"));
    EXPECT_TRUE(client("first").get("a"));
    // Nor if it is not known where the store is.
    std::filesystem::rename(folder_ / "first", folder_ / "moved");
    ASSERT_TRUE(client("moved").put("b", content_of(10)));
    expect(client("").store()->destroy(), kDamaged, "an older copy of it");
    EXPECT_TRUE(client("moved").get("b"));
    unsetenv("STATE_DIRECTORY");
}

}  // namespace
}  // namespace festore::store_test
