// SPDX-License-Identifier: BSD-2-Clause
// Access rights and sharing of several handles on one object (TEE Internal Core API 1.3, 5.7.1), and enumerators.
#include "tests/sim/harness.h"

#include <set>

namespace festore::sim {
namespace {

constexpr uint32_t R = TEE_DATA_FLAG_ACCESS_READ, W = TEE_DATA_FLAG_ACCESS_WRITE, M = TEE_DATA_FLAG_ACCESS_WRITE_META;
constexpr uint32_t SR = TEE_DATA_FLAG_SHARE_READ, SW = TEE_DATA_FLAG_SHARE_WRITE;

class Sharing : public SimTest {};

TEST_F(Sharing, EachPairOfFlagsIsAllowedOrInConflict) {
    struct Pair {
        uint32_t first, second;
        bool allowed;
    };
    const Pair pairs[] = {
        {R, R, false},           {R | SR, R, false},           {R | SR, R | SR, true},      {W | SW, W | SW, true},
        {R | SR, W | SW, false}, {R | SR | SW, W | SR | SW, true}, {R | SR, R | SR | SW, false}, {0, R, false},
        {0, 0, true},            {SR, R | SR, true},           {SR, W | SR | SW, false},    {M, 0, false},
        {0, M, false},           {M | SR | SW, R | SR | SW, false}, {R | W | SR | SW, R | W | SR | SW, true},
    };
    for (const Pair& pair : pairs) {
        EXPECT_EQ(in_ta([&] {
            create(TEE_STORAGE_PRIVATE, "a", "content", TEE_DATA_FLAG_OVERWRITE);
            TEE_ObjectHandle first = TEE_HANDLE_NULL;
            TEE_ObjectHandle second = TEE_HANDLE_NULL;
            ASSERT_EQ(open_object(TEE_STORAGE_PRIVATE, "a", pair.first, &first), TEE_SUCCESS);
            EXPECT_EQ(open_object(TEE_STORAGE_PRIVATE, "a", pair.second, &second),
                      pair.allowed ? TEE_SUCCESS : TEE_ERROR_ACCESS_CONFLICT)
                << std::hex << pair.first << " then " << pair.second;
            TEE_CloseObject(first);
            TEE_CloseObject(second);
            EXPECT_EQ(open_object(TEE_STORAGE_PRIVATE, "a", M, &first), TEE_SUCCESS) << "closed handles cause no conflict";
            TEE_CloseObject(first);
        }), TEE_SUCCESS);
    }
}

TEST_F(Sharing, HandlesOfOneObjectSeeTheSameData) {
    EXPECT_EQ(in_ta([] {
        create(TEE_STORAGE_PRIVATE, "a", "0123");
        TEE_ObjectHandle reader = TEE_HANDLE_NULL;
        TEE_ObjectHandle writer = TEE_HANDLE_NULL;
        ASSERT_EQ(open_object(TEE_STORAGE_PRIVATE, "a", R | SR | SW, &reader), TEE_SUCCESS);
        ASSERT_EQ(open_object(TEE_STORAGE_PRIVATE, "a", W | SR | SW, &writer), TEE_SUCCESS);
        EXPECT_EQ(TEE_WriteObjectData(writer, "X", 1), TEE_SUCCESS);
        EXPECT_EQ(read_all(reader), "X123") << "each has its own position";
        TEE_CloseObject(reader);
        TEE_CloseObject(writer);
    }), TEE_SUCCESS);
}

TEST_F(Sharing, TheHandleOfCreatingCountsToo) {
    EXPECT_EQ(in_ta([] {
        TEE_ObjectHandle made = TEE_HANDLE_NULL;
        TEE_ObjectHandle second = TEE_HANDLE_NULL;
        ASSERT_EQ(TEE_CreatePersistentObject(TEE_STORAGE_PRIVATE, "a", 1, W, nullptr, "x", 1, &made), TEE_SUCCESS);
        EXPECT_EQ(open_object(TEE_STORAGE_PRIVATE, "a", R, &second), TEE_ERROR_ACCESS_CONFLICT);
        EXPECT_EQ(create(TEE_STORAGE_PRIVATE, "a", "y"), TEE_ERROR_ACCESS_CONFLICT);
        EXPECT_EQ(create(TEE_STORAGE_PRIVATE, "a", "y", TEE_DATA_FLAG_OVERWRITE), TEE_ERROR_ACCESS_CONFLICT);
        TEE_CloseObject(made);
        EXPECT_EQ(content_of(TEE_STORAGE_PRIVATE, "a"), "x");
    }), TEE_SUCCESS);
}

TEST_F(Sharing, HandlesLiveAcrossSessionsOfOneInstance) {
    uint32_t first = 0;
    uint32_t second = 0;
    ASSERT_EQ(open(kTa, &first), TEE_SUCCESS);
    ASSERT_EQ(open(kTa, &second), TEE_SUCCESS);
    TEE_ObjectHandle held = TEE_HANDLE_NULL;
    Params none;
    EXPECT_EQ(invoke(first, none, [&](uint32_t, TEE_Param*) {
        create(TEE_STORAGE_PRIVATE, "a", "content");
        return open_object(TEE_STORAGE_PRIVATE, "a", M, &held);
    }), TEE_SUCCESS);
    EXPECT_EQ(invoke(second, none, [&](uint32_t, TEE_Param*) {
        TEE_ObjectHandle other = TEE_HANDLE_NULL;
        return open_object(TEE_STORAGE_PRIVATE, "a", R, &other);
    }), TEE_ERROR_ACCESS_CONFLICT);
    tee_->close_session(first);
    EXPECT_EQ(tee_->ta_handles_open(kTa), 1U) << "the TA has not closed it";
    EXPECT_EQ(invoke(second, none, [&](uint32_t, TEE_Param*) { return TEE_CloseAndDeletePersistentObject1(held); }),
              TEE_SUCCESS);
    EXPECT_EQ(tee_->ta_handles_open(kTa), 0U);
    tee_->close_session(second);
}

TEST_F(Sharing, ThePanicOfATaClosesItsHandles) {
    EXPECT_TRUE(panics([] {
        create(TEE_STORAGE_PRIVATE, "a", "content");
        TEE_ObjectHandle held = TEE_HANDLE_NULL;
        ASSERT_EQ(open_object(TEE_STORAGE_PRIVATE, "a", M, &held), TEE_SUCCESS);
        TEE_Panic(1);
    }));
    EXPECT_EQ(in_ta([] { EXPECT_EQ(remove_object(TEE_STORAGE_PRIVATE, "a"), TEE_SUCCESS); }), TEE_SUCCESS);
}

class Enumeration : public SimTest {
protected:
    // The ids that an enumerator returns from its position on, and its last result.
    static std::pair<std::multiset<std::string>, uint32_t> rest_of(TEE_ObjectEnumHandle enumerator) {
        std::multiset<std::string> ids;
        while (true) {
            std::array<char, TEE_OBJECT_ID_MAX_LEN> id{};
            size_t size = id.size();
            const uint32_t result = TEE_GetNextPersistentObject(enumerator, nullptr, id.data(), &size);
            if (result != TEE_SUCCESS) return {ids, result};
            ids.insert(std::string(id.data(), size));
        }
    }
    static std::multiset<std::string> ids_in(uint32_t storage) {
        TEE_ObjectEnumHandle enumerator = TEE_HANDLE_NULL;
        EXPECT_EQ(TEE_AllocatePersistentObjectEnumerator(&enumerator), TEE_SUCCESS);
        std::multiset<std::string> ids;
        if (TEE_StartPersistentObjectEnumerator(enumerator, storage) == TEE_SUCCESS) ids = rest_of(enumerator).first;
        TEE_FreePersistentObjectEnumerator(enumerator);
        return ids;
    }
};

TEST_F(Enumeration, GivesEachObjectOfTheTaAndTheStorageOnce) {
    EXPECT_EQ(in_ta([] { create(TEE_STORAGE_PRIVATE, "theirs", ""); }, kOtherTa), TEE_SUCCESS);
    EXPECT_EQ(in_ta([] {
        EXPECT_TRUE(ids_in(TEE_STORAGE_PRIVATE).empty());
        create(TEE_STORAGE_PRIVATE_RPMB, "elsewhere", "");
        std::multiset<std::string> expected;
        for (char c = 'a'; c < 'k'; ++c) {
            create(TEE_STORAGE_PRIVATE, {&c, 1}, "");
            expected.insert(std::string(1, c));
        }
        EXPECT_EQ(ids_in(TEE_STORAGE_PRIVATE), expected);
        EXPECT_EQ(ids_in(TEE_STORAGE_PRIVATE_RPMB), std::multiset<std::string>{"elsewhere"});
    }), TEE_SUCCESS);
    EXPECT_EQ(tee_->ta_handles_open(kTa), 0U);
}

TEST_F(Enumeration, StartsResetsAndEnds) {
    EXPECT_EQ(in_ta([] {
        TEE_ObjectEnumHandle e = TEE_HANDLE_NULL;
        ASSERT_EQ(TEE_AllocatePersistentObjectEnumerator(&e), TEE_SUCCESS);
        EXPECT_EQ(rest_of(e).second, TEE_ERROR_ITEM_NOT_FOUND) << "not started";
        EXPECT_EQ(TEE_StartPersistentObjectEnumerator(e, TEE_STORAGE_PRIVATE), TEE_ERROR_ITEM_NOT_FOUND) << "no objects";
        EXPECT_EQ(TEE_StartPersistentObjectEnumerator(e, 0x1234), TEE_ERROR_ITEM_NOT_FOUND) << "no such storage";
        create(TEE_STORAGE_PRIVATE, "a", "12345");
        create(TEE_STORAGE_PRIVATE, "b", "");
        ASSERT_EQ(TEE_StartPersistentObjectEnumerator(e, TEE_STORAGE_PRIVATE), TEE_SUCCESS);
        EXPECT_EQ(rest_of(e), std::pair(std::multiset<std::string>{"a", "b"}, TEE_ERROR_ITEM_NOT_FOUND));
        EXPECT_EQ(rest_of(e).second, TEE_ERROR_ITEM_NOT_FOUND) << "the end stays the end";
        ASSERT_EQ(TEE_StartPersistentObjectEnumerator(e, TEE_STORAGE_PRIVATE), TEE_SUCCESS);
        TEE_ResetPersistentObjectEnumerator(e);
        EXPECT_EQ(rest_of(e).second, TEE_ERROR_ITEM_NOT_FOUND) << "not started after a reset";
        EXPECT_EQ(remove_object(TEE_STORAGE_PRIVATE, "b"), TEE_SUCCESS);
        ASSERT_EQ(TEE_StartPersistentObjectEnumerator(e, TEE_STORAGE_PRIVATE), TEE_SUCCESS);
        TEE_ObjectInfo info{};
        std::array<char, TEE_OBJECT_ID_MAX_LEN> id{};
        size_t size = id.size();
        EXPECT_EQ(TEE_GetNextPersistentObject(e, &info, id.data(), &size), TEE_SUCCESS);
        EXPECT_EQ(info.dataSize, 5U);
        EXPECT_EQ(info.objectType, TEE_TYPE_DATA);
        TEE_FreePersistentObjectEnumerator(e);
        TEE_FreePersistentObjectEnumerator(TEE_HANDLE_NULL);
        TEE_ResetPersistentObjectEnumerator(TEE_HANDLE_NULL);
    }), TEE_SUCCESS);
}

TEST_F(Enumeration, PassesOverWhatWasDeletedMeanwhile) {
    EXPECT_EQ(in_ta([] {
        for (char c = 'a'; c < 'h'; ++c) create(TEE_STORAGE_PRIVATE, {&c, 1}, "");
        TEE_ObjectEnumHandle e = TEE_HANDLE_NULL;
        ASSERT_EQ(TEE_AllocatePersistentObjectEnumerator(&e), TEE_SUCCESS);
        ASSERT_EQ(TEE_StartPersistentObjectEnumerator(e, TEE_STORAGE_PRIVATE), TEE_SUCCESS);
        for (const char* id : {"a", "b", "c", "e", "f", "g"})
            EXPECT_EQ(remove_object(TEE_STORAGE_PRIVATE, id), TEE_SUCCESS);
        EXPECT_EQ(rest_of(e), std::pair(std::multiset<std::string>{"d"}, TEE_ERROR_ITEM_NOT_FOUND));
        TEE_FreePersistentObjectEnumerator(e);
    }), TEE_SUCCESS);
}

TEST_F(Enumeration, MisusePanics) {
    ASSERT_EQ(in_ta([] { create(TEE_STORAGE_PRIVATE, "a", ""); }), TEE_SUCCESS);
    std::array<char, 64> id{};
    const auto with_started = [&](const std::function<void(TEE_ObjectEnumHandle)>& then) {
        return panics([&] {
            TEE_ObjectEnumHandle e = TEE_HANDLE_NULL;
            TEE_AllocatePersistentObjectEnumerator(&e);
            TEE_StartPersistentObjectEnumerator(e, TEE_STORAGE_PRIVATE);
            then(e);
        });
    };
    EXPECT_TRUE(panics([] { TEE_StartPersistentObjectEnumerator(TEE_HANDLE_NULL, TEE_STORAGE_PRIVATE); }));
    EXPECT_TRUE(with_started([](TEE_ObjectEnumHandle e) {
        TEE_FreePersistentObjectEnumerator(e);
        TEE_FreePersistentObjectEnumerator(e);
    })) << "freed twice";
    EXPECT_TRUE(with_started([&](auto e) { TEE_GetNextPersistentObject(e, nullptr, id.data(), nullptr); }));
    EXPECT_TRUE(with_started([&](auto e) { size_t n = 64; TEE_GetNextPersistentObject(e, nullptr, nullptr, &n); }));
    EXPECT_TRUE(with_started([&](auto e) { size_t n = 0; TEE_GetNextPersistentObject(e, nullptr, id.data(), &n); }));
}

}  // namespace
}  // namespace festore::sim
