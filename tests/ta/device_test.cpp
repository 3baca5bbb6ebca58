// SPDX-License-Identifier: BSD-2-Clause
// What the TA reports about its device, and how it answers a client of another version.
#include "tests/ta/harness/storage_harness.h"

namespace festore::ta {
namespace {

class Device : public StorageTest {
protected:
    explicit Device(const sim::Config& config = {}) : StorageTest(config) {}
    std::optional<protocol::HelloAnswer> hello(uint32_t session, uint16_t major = protocol::kVersionMajor,
                                               protocol::Login login = protocol::Login::public_,
                                               uint32_t id = protocol::kNoId) {
        const Answer answer = call(session, protocol::Command::hello, protocol::HelloRequest{major, 0, login, id});
        EXPECT_EQ(answer.result, 0U);
        const auto decoded = protocol::decode<protocol::HelloAnswer>(answer.answer);
        return decoded ? std::optional(*decoded) : std::nullopt;
    }
    uint32_t features() { return hello(public_session()).value_or(protocol::HelloAnswer{}).features; }
};

TEST_F(Device, AHardwareKeyOfZeroesIsSeen) { EXPECT_NE(features() & protocol::kFeatureZeroHuk, 0U); }

class FusedDevice : public Device {
protected:
    static sim::Config fused() {
        sim::Config config;
        config.huk.back() = std::byte{1};
        return config;
    }
    FusedDevice() : Device(fused()) {}
};

TEST_F(FusedDevice, AnotherHardwareKeyIsNotTakenForZeroes) {
    EXPECT_EQ(features() & protocol::kFeatureZeroHuk, 0U);
    EXPECT_EQ(features() & protocol::kFeatureZeroHuk, 0U) << "nor when asked again";
}

TEST_F(FusedDevice, TheIdsOfItsObjectsAreItsOwn) {
    const uint32_t first = public_session();
    const Content here = put_new(first, "x", filled(1, 1));
    tee_.close_session(first);  // a process has one instance of the TA at a time
    sim::Tee other{sim::Config{}};
    other.install(host_image());
    sim::Params none;
    uint32_t session = 0;
    uint32_t origin = 0;
    ASSERT_EQ(other.open_session(protocol::kTaUuid, the_public(), none, &session, &origin), 0U);
    std::string id = "x";
    sim::Params params;
    params.types = types(kIn, kIn, kNone, kNone);
    params.values[0] = {id.data(), id.size(), 0, 0};
    ASSERT_EQ(other.invoke(session, 0, params, &origin), 0U);
    const auto there = other.stored_ids(tee_storage(), protocol::kTaUuid);
    ASSERT_EQ(there.size(), 1U);
    EXPECT_NE(there.front(), here);
}

class WithoutSystemPta : public Device {
protected:
    static sim::Config without() {
        sim::Config config;
        config.has_system_pta = false;
        return config;
    }
    WithoutSystemPta() : Device(without()) {}
};

TEST_F(WithoutSystemPta, EveryCommandOnObjectsSaysNotSupported) {
    const uint32_t session = session_of(1000);
    Content content(10);
    Content page(4096);
    EXPECT_EQ(put(session, "x", filled(1, 1)), number(Code::not_supported));
    EXPECT_EQ(get(session, "x", content).result, number(Code::not_supported));
    EXPECT_EQ(stat(session, "x"), number(Code::not_supported)) << "rather than item_not_found";
    EXPECT_EQ(remove(session, "x"), number(Code::not_supported));
    EXPECT_EQ(call(session, protocol::Command::list, protocol::ListRequest{}, &page, kOut).result,
              number(Code::not_supported));
    EXPECT_TRUE(ids().empty());
    EXPECT_EQ(tee_.ta_handles_open(protocol::kTaUuid), 0U);
}

TEST_F(WithoutSystemPta, HelloStillAnswers) {
    EXPECT_EQ(features(), protocol::kFeatureRee | protocol::kFeatureRpmb | protocol::kFeatureSimulated |
                               protocol::kFeatureChaCha20);
}

TEST_F(Device, AClientOfAnotherMajorVersionGetsTheVersionsAndNothingElse) {
    uint32_t session = 0;
    ASSERT_EQ(open(user(1000), &session), 0U);
    const auto answer = hello(session, protocol::kVersionMajor + 1, protocol::Login::user, 1000);
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->version_major, protocol::kVersionMajor);
    EXPECT_EQ(answer->version_minor, protocol::kVersionMinor);
    EXPECT_EQ(answer->object_bytes_max, limits::kPersistentObjectBytesMax);
    EXPECT_EQ(stat(session, "x"), number(Code::bad_state)) << "the session stays unchecked, though the claim is true";
    EXPECT_TRUE(hello(session, protocol::kVersionMajor, protocol::Login::user, 1000));
    EXPECT_EQ(stat(session, "x"), number(Code::item_not_found));
}

TEST_F(Device, AClientOfAnotherMajorVersionNeedNotSayWhoItIsAsWeDo) {
    uint32_t session = 0;
    ASSERT_EQ(open(user(1000), &session), 0U);
    EXPECT_TRUE(hello(session, 0, protocol::Login::group, 7));
    EXPECT_EQ(stat(session, "x"), number(Code::bad_state));
}

}  // namespace
}  // namespace festore::ta
