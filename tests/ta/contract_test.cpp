// SPDX-License-Identifier: BSD-2-Clause
// The TA's contract, with a client that violates it: wrong types, sizes and order; identities; the demo's command.
#include "tests/ta/harness/harness.h"

#include <algorithm>

namespace festore::ta {
namespace {

class Contract : public TaTest {};

TEST_F(Contract, EveryCombinationOfParameterTypesIsJudgedBeforeParametersAreTouched) {
    const uint32_t session = session_of(1000);
    for (uint32_t command = 0; command < 32; ++command) {
        size_t accepted = 0;
        for (uint32_t t = 0; t < 8 * 8 * 8 * 8; ++t) {
            sim::Params params;  // null buffers with nonzero sizes: a TA that reads one before it checks the types crashes
            params.types = types(t & 7, t >> 3 & 7, t >> 6 & 7, t >> 9 & 7);
            for (uint32_t i = 0; i < 4; ++i)
                if ((t >> (3 * i) & 7) == 4) params.types = types(kValueIn, kValueIn, kValueIn, kValueIn);
            uint32_t origin = 0;
            const uint32_t result = tee_.invoke(session, command, params, &origin);
            EXPECT_NE(result, 0U);
            EXPECT_NE(result, number(Code::target_dead));
            if (result != number(Code::bad_parameters) && result != number(Code::not_supported)) ++accepted;
        }
        EXPECT_LE(accepted, 1U) << "command " << command << " takes one combination";
    }
}

TEST_F(Contract, NoCommandButHelloBeforeTheIdentityIsChecked) {
    uint32_t session = 0;
    ASSERT_EQ(open(user(1000), &session), 0U);
    EXPECT_EQ(stat(session, "x"), number(Code::bad_state));
    EXPECT_EQ(put(session, "x", filled(1, 1)), number(Code::bad_state));
}

TEST_F(Contract, Rule22TheKernelsIdentityMustBeTheCallers) {
    uint32_t session = 0;
    ASSERT_EQ(open(user(1000), &session), 0U);
    auto hello = [&](protocol::Login login, uint32_t id) {
        return call(session, protocol::Command::hello, protocol::HelloRequest{1, 0, login, id}).result;
    };
    EXPECT_EQ(hello(protocol::Login::user, 1001), number(Code::no_identity));
    EXPECT_EQ(hello(protocol::Login::group, 1000), number(Code::no_identity));
    EXPECT_EQ(hello(protocol::Login::public_, protocol::kNoId), number(Code::no_identity));
    EXPECT_EQ(stat(session, "x"), number(Code::bad_state)) << "still unchecked";
    EXPECT_EQ(hello(protocol::Login::user, 1000), 0U);
    EXPECT_EQ(stat(session, "x"), number(Code::item_not_found));
}

TEST_F(Contract, Rule22AKernelWithoutIdentitiesIsRefused) {
    uint32_t session = 0;
    EXPECT_EQ(open({1, {}}, &session), number(Code::no_identity)) << "user login, nil UUID: a kernel before 5.8";
    EXPECT_EQ(open({2, {}}, &session), number(Code::no_identity));
    EXPECT_EQ(open({4, sim::uuid_of_user(1)}, &session), number(Code::access_denied)) << "application login";
    EXPECT_EQ(open({0xF0000000, protocol::kTaUuid}, &session), number(Code::access_denied)) << "another TA";
}

TEST_F(Contract, ParametersAtSessionOpeningAreRefused) {
    sim::Params params;
    params.types = types(kValueIn, kNone, kNone, kNone);
    uint32_t session = 0;
    uint32_t origin = 0;
    EXPECT_EQ(tee_.open_session(protocol::kTaUuid, the_public(), params, &session, &origin),
              number(Code::bad_parameters));
}

TEST_F(Contract, SessionsAreLimitedForEachIdentityAndInAll) {  // rule 21
    std::vector<uint32_t> sessions;
    uint32_t session = 0;
    for (size_t i = 0; i < limits::kSessionsPerIdentityMax; ++i) {
        ASSERT_EQ(open(user(1), &session), 0U);
        sessions.push_back(session);
    }
    EXPECT_EQ(open(user(1), &session), number(Code::busy));
    EXPECT_EQ(open(user(2), &session), 0U) << "another identity still can";
    sessions.push_back(session);
    while (sessions.size() < limits::kSessionsMax - limits::kSessionsKeptForRoot - limits::kSessionsKeptForOwners) {
        ASSERT_EQ(open(user(static_cast<uid_t>(100 + sessions.size())), &session), 0U);
        sessions.push_back(session);
    }
    EXPECT_EQ(open(user(3), &session), number(Code::busy));
    tee_.close_session(sessions.front());
    EXPECT_EQ(open(user(3), &session), 0U);
}

TEST_F(Contract, OneUsersManyIdentitiesLeaveRoomForOthersAndForRoot) {  // rule 21
    std::vector<uint32_t> sessions;
    uint32_t session = 0;
    const auto take_all = [&](const sim::Identity& identity) {
        while (open(identity, &session) == 0) sessions.push_back(session);
    };
    take_all(user(1));
    take_all(the_public());
    EXPECT_EQ(sessions.size(), 2 * limits::kSessionsPerIdentityMax);
    for (gid_t gid = 1; gid <= 10; ++gid) take_all({2, sim::uuid_of_group(gid)});
    EXPECT_EQ(open(user(2), &session), 0U) << "another user's first";
    while (sessions.size() < limits::kSessionsMax && open(user(static_cast<uid_t>(100 + sessions.size())), &session) == 0)
        sessions.push_back(session);
    EXPECT_EQ(open(user(3), &session), number(Code::busy));
    size_t of_root = 0;
    while (of_root < limits::kSessionsMax && open(user(0), &session) == 0) ++of_root;
    EXPECT_EQ(of_root, limits::kSessionsKeptForRoot) << "uid 0 still can, but not in the sessions kept for owners";
}

TEST_F(Contract, BytesThatAreNoNameAreForPublicObjectsOnly) {
    const uint32_t mine = session_of(1000);
    uint32_t public_session = 0;
    ASSERT_EQ(open(the_public(), &public_session), 0U);
    Content content(10);
    for (const std::string& id : {std::string("\xff"), std::string("a\nb"), std::string()}) {
        EXPECT_EQ(get(mine, id, content).result, number(Code::bad_format));
        EXPECT_EQ(stat(mine, id), number(Code::bad_format));
        EXPECT_EQ(remove(mine, id), number(Code::bad_format));
        EXPECT_EQ(get(public_session, id, content).result, number(Code::item_not_found));
        EXPECT_EQ(stat(public_session, id), number(Code::item_not_found));
        EXPECT_EQ(remove(public_session, id), number(Code::item_not_found));
        EXPECT_EQ(put(public_session, id, filled(1, 1)), number(Code::bad_format)) << "nothing new is stored under such an id";
    }
    EXPECT_EQ(stat(public_session, std::string(65, '\xff')), number(Code::bad_format)) << "longer than any id";
}

TEST_F(Contract, AnswersNeedRoomBeforeAnythingChanges) {
    const uint32_t session = session_of(1000);
    std::array<std::byte, 64> request{};
    Writer out(request);
    protocol::PutRequest message;
    message.name = bytes_of("x");
    encode(message, out);
    std::array<std::byte, 8> small{};
    sim::Params params;
    params.types = types(kIn, kOut, kIn, kNone);
    params.values[0] = {request.data(), out.size(), 0, 0};
    params.values[1] = {small.data(), small.size(), 0, 0};
    uint32_t origin = 0;
    EXPECT_EQ(tee_.invoke(session, 2, params, &origin), number(Code::short_buffer));
    EXPECT_EQ(params.values[1].size, protocol::kAnswerBytesMax);
    EXPECT_EQ(stat(session, "x"), number(Code::item_not_found));
}

TEST_F(Contract, AShortBufferSaysWhatIsNeeded) {
    const uint32_t session = session_of(1000);
    ASSERT_EQ(put(session, "x", filled(1000, 3)), 0U);
    Content content(999);
    Answer answer = get(session, "x", content);
    EXPECT_EQ(answer.result, number(Code::short_buffer));
    EXPECT_EQ(answer.payload_size, 1000U);
    EXPECT_EQ(content, Content(999)) << "and writes nothing";
    content.resize(1000);
    answer = get(session, "x", content);
    EXPECT_EQ(answer.result, 0U);
    EXPECT_EQ(content, filled(1000, 3));
}

TEST_F(Contract, TheDemosCommandStoresForThePublic) {
    uint32_t session = 0;
    ASSERT_EQ(open(the_public(), &session), 0U);
    std::string id = "object#1";
    Content data = filled(7000, 0x42);
    sim::Params params;
    params.types = types(kIn, kIn, kNone, kNone);
    params.values[0] = {id.data(), id.size(), 0, 0};
    params.values[1] = {data.data(), data.size(), 0, 0};
    uint32_t origin = 0;
    ASSERT_EQ(tee_.invoke(session, 0, params, &origin), 0U);
    Content content(7000);
    EXPECT_EQ(get(session, id, content).result, 0U);
    EXPECT_EQ(content, data);
    EXPECT_EQ(stat(session_of(1000), id), number(Code::item_not_found)) << "in the public space only";
}

TEST_F(Contract, TheLimitOfAContentIsTheTasOwn) {
    const uint32_t session = session_of(1000);
    EXPECT_EQ(put(session, "x", filled(limits::kPersistentObjectBytesMax + 1, 1)), number(Code::limit_exceeded));
    EXPECT_EQ(stat(session, "x"), number(Code::item_not_found));
    EXPECT_EQ(put(session, "x", filled(limits::kPersistentObjectBytesMax, 1)), 0U);
    EXPECT_EQ(put(session, "x", filled(limits::kPersistentObjectBytesMax + 1, 2)), number(Code::limit_exceeded));
    Content content(limits::kPersistentObjectBytesMax);
    EXPECT_EQ(get(session, "x", content).result, 0U);
    EXPECT_EQ(content, filled(limits::kPersistentObjectBytesMax, 1)) << "the old content stays";
}

TEST_F(Contract, ListingsPageByPageGiveEachObjectOnce) {
    const uint32_t session = session_of(1000);
    std::vector<std::string> expected;
    for (int i = 0; i < 40; ++i) {
        expected.push_back("object " + std::to_string(1000 + i) + std::string(60, '.'));
        ASSERT_EQ(put(session, expected.back(), filled(1, 1)), 0U);
    }
    std::vector<std::string> seen;
    Content cursor;
    int pages = 0;
    for (bool more = true; more && pages < 100; ++pages) {
        Content page(limits::kListBufferBytesMin);
        const Answer answer = call(session, protocol::Command::list,
                                   protocol::ListRequest{storage_, cursor, {}}, &page, kOut);
        ASSERT_EQ(answer.result, 0U);
        const auto decoded = protocol::decode<protocol::ListAnswer>(answer.answer);
        ASSERT_TRUE(decoded);
        Bytes rest = Bytes(page).first(answer.payload_size);
        for (uint32_t i = 0; i < decoded->entries; ++i) {
            const auto entry = protocol::decode_next<protocol::ListEntry>(rest);
            ASSERT_TRUE(entry);
            seen.emplace_back(text_of(entry->name));
        }
        EXPECT_TRUE(rest.empty());
        cursor.assign(decoded->cursor.begin(), decoded->cursor.end());
        more = decoded->more;
        if (pages == 2) {  // objects that are added or removed meanwhile do not disturb the listing
            ASSERT_EQ(remove(session, seen.front()), 0U);
        }
    }
    EXPECT_GT(pages, 5);
    std::sort(seen.begin(), seen.end());
    EXPECT_EQ(seen, expected);
}

TEST_F(Contract, RpmbIsRefusedWhereThereIsNone) {
    sim::Config config;
    config.has_rpmb = false;
    sim::Tee without(config);
    without.install(host_image());
    sim::Params none;
    uint32_t session = 0;
    uint32_t origin = 0;
    ASSERT_EQ(without.open_session(protocol::kTaUuid, the_public(), none, &session, &origin), 0U);
    std::array<std::byte, 64> request{};
    Writer out(request);
    encode(protocol::NameRequest{protocol::Storage::rpmb, bytes_of("x")}, out);
    std::array<std::byte, protocol::kAnswerBytesMax> answer{};
    sim::Params params;
    params.types = types(kIn, kOut, kNone, kNone);
    params.values[0] = {request.data(), out.size(), 0, 0};
    params.values[1] = {answer.data(), answer.size(), 0, 0};
    EXPECT_EQ(without.invoke(session, 5, params, &origin), number(Code::storage_not_available));
}

}  // namespace
}  // namespace festore::ta
