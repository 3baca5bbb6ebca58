// SPDX-License-Identifier: BSD-2-Clause
// Messages of root's list of who may store: as in tests/unit/messages_test.cpp, and what each verb may and may not have.
#include "protocol/allow.h"
#include "tests/unit/check_message.h"
#include "tests/unit/message_samples.h"

#include <gtest/gtest.h>

namespace festore::protocol {
namespace {

AllowRequest of(AllowVerb verb) {
    AllowRequest m;
    m.verb = verb;
    return m;
}
bool refused(const AllowRequest& m) { return !decode<AllowRequest>(encoded(m)); }

TEST(AllowMessages, RoundTrips) {
    check_message(sample_allow_request(), 19 + 16);
    check_message(of(AllowVerb::open), 19);
    check_message(AllowedRequest{AllowedRequest::Count::rpmb, true}, 2);
    check_message(sample_allowed_answer(), 78);
}

TEST(AllowMessages, AVerbHasWhatItNeedsAndNothingElse) {
    for (const AllowVerb verb : {AllowVerb::others, AllowVerb::drop_others, AllowVerb::open}) EXPECT_FALSE(refused(of(verb)));
    for (const AllowVerb verb : {AllowVerb::set, AllowVerb::drop, AllowVerb::total, AllowVerb{0}, AllowVerb{7}})
        EXPECT_TRUE(refused(of(verb)));
    AllowRequest m = sample_allow_request();
    m.names[0].login = Login{3};
    EXPECT_TRUE(refused(m));
    m = sample_allow_request();
    m.names[1].id = 0;
    EXPECT_TRUE(refused(m)) << "the public has no number";
    m = sample_allow_request();
    m.names[0].id = kNoId;
    EXPECT_TRUE(refused(m)) << "a group has one";
    m = sample_allow_request();
    m.verb = AllowVerb::drop;
    EXPECT_TRUE(refused(m)) << "drop takes no limits";
    m.limits = {};
    EXPECT_FALSE(refused(m));
    m.verb = AllowVerb::open;
    EXPECT_TRUE(refused(m)) << "open takes no names";
    m = of(AllowVerb::total);
    m.storages = kAllowRpmb;
    EXPECT_FALSE(refused(m));
    m.limits.stores = 1;
    EXPECT_TRUE(refused(m)) << "a total does not limit stores";
    m.limits = {};
    m.storages = 4;
    EXPECT_TRUE(refused(m));
    std::vector<std::byte> many = encoded(sample_allow_request());
    many[18] = std::byte{limits::kAllowNamesMax + 1};
    many.resize(19 + 8 * (limits::kAllowNamesMax + 1), std::byte{1});
    EXPECT_FALSE(decode<AllowRequest>(many));
}

TEST(AllowMessages, EntriesFollowEachOther) {
    std::vector<std::byte> page = encoded(AllowedEntry{Login::group, kTaUuid, {1, 2, 3}});
    EXPECT_EQ(page.size(), kAllowedEntryBytes);
    const std::vector<std::byte> second = encoded(AllowedEntry{Login::public_, {}, {}});
    page.insert(page.end(), second.begin(), second.end());
    Bytes rest = page;
    EXPECT_EQ(decode_next<AllowedEntry>(rest)->limits.objects, 2U);
    EXPECT_EQ(decode_next<AllowedEntry>(rest)->login, Login::public_);
    EXPECT_TRUE(rest.empty());
    EXPECT_FALSE(decode_next<AllowedEntry>(rest));
    page[0] = std::byte{3};
    rest = page;
    EXPECT_FALSE(decode_next<AllowedEntry>(rest));
}

}  // namespace
}  // namespace festore::protocol
