// SPDX-License-Identifier: BSD-2-Clause
// Trusted storages that are full, in memory and on disk.
#include "tests/sim/harness.h"

namespace festore::sim {
namespace {

// The limit of rpmb counts contents, that of ree counts files.
constexpr size_t kBytesMax = 81920;

class Full : public testing::WithParamInterface<bool>, protected TemporaryDirectory, public SimTest {
protected:
    Full() : SimTest(small()) {}
    Config small() const {
        Config config;
        if (GetParam()) config.directory = path();
        config.storage_bytes_max = kBytesMax;
        return config;
    }
};

TEST_P(Full, CreatingAndWritingSayNoSpaceAndChangeNothing) {
    EXPECT_EQ(in_ta([] {
        EXPECT_EQ(create(TEE_STORAGE_PRIVATE, "a", std::string(8000, 'a')), TEE_SUCCESS);
        EXPECT_EQ(create(TEE_STORAGE_PRIVATE, "b", std::string(90000, 'b')), TEE_ERROR_STORAGE_NO_SPACE);
        EXPECT_EQ(content_of(TEE_STORAGE_PRIVATE, "b"), error(TEE_ERROR_ITEM_NOT_FOUND));
        EXPECT_EQ(create(TEE_STORAGE_PRIVATE, "a", std::string(90000, 'c'), TEE_DATA_FLAG_OVERWRITE), TEE_ERROR_STORAGE_NO_SPACE);
        TEE_ObjectHandle a = TEE_HANDLE_NULL;
        ASSERT_EQ(open_object(TEE_STORAGE_PRIVATE, "a", kReadWrite, &a), TEE_SUCCESS);
        EXPECT_EQ(TEE_SeekObjectData(a, 8000, TEE_DATA_SEEK_SET), TEE_SUCCESS);
        EXPECT_EQ(TEE_WriteObjectData(a, std::string(90000, 'd').data(), 90000), TEE_ERROR_STORAGE_NO_SPACE);
        TEE_CloseObject(a);
        EXPECT_EQ(content_of(TEE_STORAGE_PRIVATE, "a"), std::string(8000, 'a'));
        EXPECT_EQ(create(TEE_STORAGE_PRIVATE, "b", std::string(4000, 'b')), TEE_SUCCESS) << "what failed left nothing behind";
    }), TEE_SUCCESS);
}

// The disk becomes full during the write. Then the handle must not be used again (rule 2).
TEST_P(Full, ADiskThatIsFullWithinAWriteSpoilsTheHandleAndNotTheObject) {
    EXPECT_EQ(in_ta([] {
        EXPECT_EQ(create(TEE_STORAGE_PRIVATE, "a", std::string(8000, 'a')), TEE_SUCCESS);
        TEE_ObjectHandle a = TEE_HANDLE_NULL;
        ASSERT_EQ(open_object(TEE_STORAGE_PRIVATE, "a", kReadWrite, &a), TEE_SUCCESS);
        EXPECT_EQ(TEE_WriteObjectData(a, std::string(60000, 'b').data(), 60000), TEE_ERROR_STORAGE_NO_SPACE);
        TEE_CloseObject(a);
        EXPECT_EQ(content_of(TEE_STORAGE_PRIVATE, "a"), std::string(8000, 'a'));
        // Using it again loses the intact object, as in OP-TEE 4.10.
        ASSERT_EQ(open_object(TEE_STORAGE_PRIVATE, "a", kReadWrite, &a), TEE_SUCCESS);
        EXPECT_EQ(TEE_WriteObjectData(a, std::string(60000, 'b').data(), 60000), TEE_ERROR_STORAGE_NO_SPACE);
        EXPECT_EQ(TEE_WriteObjectData(a, "b", 1), TEE_ERROR_CORRUPT_OBJECT);
        EXPECT_EQ(content_of(TEE_STORAGE_PRIVATE, "a"), error(TEE_ERROR_ITEM_NOT_FOUND));
    }), TEE_SUCCESS);
}

// In OP-TEE, each handle has its own file: a failure through one handle does not affect the others.
TEST_P(Full, ADiskThatIsFullSpoilsOneHandleAndNoOther) {
    constexpr uint32_t kShared = kReadWrite | TEE_DATA_FLAG_SHARE_READ | TEE_DATA_FLAG_SHARE_WRITE;
    EXPECT_EQ(in_ta([] {
        EXPECT_EQ(create(TEE_STORAGE_PRIVATE, "a", std::string(8000, 'a')), TEE_SUCCESS);
        TEE_ObjectHandle a = TEE_HANDLE_NULL;
        TEE_ObjectHandle b = TEE_HANDLE_NULL;
        TEE_ObjectHandle c = TEE_HANDLE_NULL;
        ASSERT_EQ(open_object(TEE_STORAGE_PRIVATE, "a", kShared, &a), TEE_SUCCESS);
        ASSERT_EQ(open_object(TEE_STORAGE_PRIVATE, "a", kShared, &b), TEE_SUCCESS);
        EXPECT_EQ(TEE_WriteObjectData(a, std::string(60000, 'b').data(), 60000), TEE_ERROR_STORAGE_NO_SPACE);
        ASSERT_EQ(open_object(TEE_STORAGE_PRIVATE, "a", kShared, &c), TEE_SUCCESS);
        TEE_CloseObject(a);
        for (const TEE_ObjectHandle handle : {b, c}) {
            TEE_ObjectInfo info{};
            EXPECT_EQ(TEE_GetObjectInfo1(handle, &info), TEE_SUCCESS);
            EXPECT_EQ(info.dataSize, 8000U) << "what was committed";
            std::string content(9000, '?');
            size_t count = 0;
            EXPECT_EQ(TEE_ReadObjectData(handle, content.data(), content.size(), &count), TEE_SUCCESS);
            EXPECT_EQ(content.substr(0, count), std::string(8000, 'a'));
            TEE_CloseObject(handle);
        }
        EXPECT_EQ(content_of(TEE_STORAGE_PRIVATE, "a"), std::string(8000, 'a'));
    }), TEE_SUCCESS);
}

TEST_P(Full, OfRpmbSaysNoSpaceAndChangesNothing) {
    constexpr uint32_t kStorage = TEE_STORAGE_PRIVATE_RPMB;
    EXPECT_EQ(in_ta([] {
        EXPECT_EQ(create(kStorage, "a", std::string(kBytesMax - 100, 'a')), TEE_SUCCESS);
        EXPECT_EQ(create(kStorage, "b", std::string(150, 'b')), TEE_ERROR_STORAGE_NO_SPACE);
        EXPECT_EQ(content_of(kStorage, "b"), error(TEE_ERROR_ITEM_NOT_FOUND));
        EXPECT_EQ(create(kStorage, "a", std::string(kBytesMax + 1, 'c'), TEE_DATA_FLAG_OVERWRITE), TEE_ERROR_STORAGE_NO_SPACE);
        EXPECT_EQ(create(TEE_STORAGE_PRIVATE, "b", std::string(200, 'b')), TEE_SUCCESS) << "each storage has its own limit";
        TEE_ObjectHandle a = TEE_HANDLE_NULL;
        ASSERT_EQ(open_object(kStorage, "a", kReadWrite, &a), TEE_SUCCESS);
        EXPECT_EQ(TEE_SeekObjectData(a, kBytesMax - 100, TEE_DATA_SEEK_SET), TEE_SUCCESS);
        EXPECT_EQ(TEE_WriteObjectData(a, std::string(101, 'd').data(), 101), TEE_ERROR_STORAGE_NO_SPACE);
        TEE_CloseObject(a);
        EXPECT_EQ(content_of(kStorage, "a"), std::string(kBytesMax - 100, 'a'));
        EXPECT_EQ(create(kStorage, "a", std::string(kBytesMax - 50, 'e'), TEE_DATA_FLAG_OVERWRITE), TEE_SUCCESS)
            << "the replaced content does not count";
    }), TEE_SUCCESS);
}

TEST_P(Full, TruncatingPanicsAsInMostVersionsOfOpTee) {
    EXPECT_TRUE(panics([] {
        create(TEE_STORAGE_PRIVATE, "a", "content");
        TEE_ObjectHandle a = TEE_HANDLE_NULL;
        ASSERT_EQ(open_object(TEE_STORAGE_PRIVATE, "a", kReadWrite, &a), TEE_SUCCESS);
        TEE_TruncateObjectData(a, kBytesMax + 1);
    }));
}

TEST_P(Full, RenamingNeedsNoSpace) {
    EXPECT_EQ(in_ta([] {
        create(TEE_STORAGE_PRIVATE_RPMB, "a", std::string(kBytesMax - 50, 'a'));
        TEE_ObjectHandle a = TEE_HANDLE_NULL;
        ASSERT_EQ(open_object(TEE_STORAGE_PRIVATE_RPMB, "a", kAllAccess, &a), TEE_SUCCESS);
        EXPECT_EQ(TEE_RenamePersistentObject(a, "b", 1), TEE_SUCCESS);
        TEE_CloseObject(a);
        EXPECT_EQ(content_of(TEE_STORAGE_PRIVATE_RPMB, "b"), std::string(kBytesMax - 50, 'a'));
    }), TEE_SUCCESS);
}

INSTANTIATE_TEST_SUITE_P(Storage, Full, testing::Bool(),
                         [](const auto& p) { return p.param ? "on_disk" : "in_memory"; });

}  // namespace
}  // namespace festore::sim
