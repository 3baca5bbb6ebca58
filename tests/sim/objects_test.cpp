// SPDX-License-Identifier: BSD-2-Clause
// Persistent objects and their data, in both storages, in memory and on disk (TEE Internal Core API 1.3, 5.7 and 5.9).
#include "tests/sim/harness.h"

namespace festore::sim {
namespace {

struct Place {
    uint32_t storage;
    bool on_disk;
};

class Objects : public testing::WithParamInterface<Place>, protected TemporaryDirectory, public SimTest {
protected:
    Objects() : SimTest(config()) {}
    Config config() const {
        Config c;
        if (GetParam().on_disk) c.directory = path();
        return c;
    }
    uint32_t storage_ = GetParam().storage;
};

TEST_P(Objects, AreCreatedWithTheirContentAndReadBack) {
    EXPECT_EQ(in_ta([&] {
        const std::string binary("\0\xFF id/..", 8);
        for (const std::string& id : {std::string("x"), binary, std::string(64, 'x')}) {
            EXPECT_EQ(create(storage_, id, "content of " + id), TEE_SUCCESS);
            EXPECT_EQ(content_of(storage_, id), "content of " + id);
        }
        EXPECT_EQ(create(storage_, "empty", ""), TEE_SUCCESS);
        EXPECT_EQ(content_of(storage_, "empty"), "");
        EXPECT_EQ(content_of(storage_, "missing"), error(TEE_ERROR_ITEM_NOT_FOUND));
    }), TEE_SUCCESS);
    EXPECT_EQ(tee_->ta_handles_open(kTa), 0U);
}

TEST_P(Objects, OneMayHaveAnEmptyId) {
    EXPECT_EQ(in_ta([&] {
        EXPECT_EQ(content_of(storage_, ""), error(TEE_ERROR_ITEM_NOT_FOUND));
        EXPECT_EQ(create(storage_, "a", "other"), TEE_SUCCESS);
        EXPECT_EQ(create(storage_, "", "content"), TEE_SUCCESS);
        EXPECT_EQ(create(storage_, "b", "another"), TEE_SUCCESS);
        EXPECT_EQ(content_of(storage_, ""), "content");
        EXPECT_EQ(create(storage_, "", "content"), TEE_ERROR_ACCESS_CONFLICT);
    }), TEE_SUCCESS);
}

TEST_P(Objects, AreReplacedOnlyWhenAsked) {
    EXPECT_EQ(in_ta([&] {
        EXPECT_EQ(create(storage_, "a", "old"), TEE_SUCCESS);
        EXPECT_EQ(create(storage_, "a", "new"), TEE_ERROR_ACCESS_CONFLICT);
        EXPECT_EQ(content_of(storage_, "a"), "old");
        EXPECT_EQ(create(storage_, "a", "new", TEE_DATA_FLAG_OVERWRITE), TEE_SUCCESS);
        EXPECT_EQ(content_of(storage_, "a"), "new");
        EXPECT_EQ(TEE_CreatePersistentObject(storage_, "b", 1, 0, TEE_HANDLE_NULL, "x", 1, nullptr), TEE_SUCCESS);
        EXPECT_EQ(content_of(storage_, "b"), "x");
    }), TEE_SUCCESS);
}

TEST_P(Objects, AreDeletedAndRenamed) {
    EXPECT_EQ(in_ta([&] {
        EXPECT_EQ(create(storage_, "a", "content"), TEE_SUCCESS);
        EXPECT_EQ(create(storage_, "other", ""), TEE_SUCCESS);
        TEE_ObjectHandle object = TEE_HANDLE_NULL;
        ASSERT_EQ(open_object(storage_, "a", kAllAccess, &object), TEE_SUCCESS);
        EXPECT_EQ(TEE_RenamePersistentObject(object, "other", 5), TEE_ERROR_ACCESS_CONFLICT);
        EXPECT_EQ(TEE_RenamePersistentObject(object, "a", 1), TEE_ERROR_ACCESS_CONFLICT);
        EXPECT_EQ(TEE_RenamePersistentObject(object, "b", 1), TEE_SUCCESS);
        EXPECT_EQ(TEE_WriteObjectData(object, "C", 1), TEE_SUCCESS);
        TEE_CloseObject(object);
        EXPECT_EQ(content_of(storage_, "a"), error(TEE_ERROR_ITEM_NOT_FOUND));
        EXPECT_EQ(content_of(storage_, "b"), "Content");
        EXPECT_EQ(remove_object(storage_, "b"), TEE_SUCCESS);
        EXPECT_EQ(content_of(storage_, "b"), error(TEE_ERROR_ITEM_NOT_FOUND));
        EXPECT_EQ(TEE_CloseAndDeletePersistentObject1(TEE_HANDLE_NULL), TEE_SUCCESS);
        TEE_CloseObject(TEE_HANDLE_NULL);
    }), TEE_SUCCESS);
    EXPECT_EQ(tee_->ta_handles_open(kTa), 0U);
}

TEST_P(Objects, DataIsAStream) {
    EXPECT_EQ(in_ta([&] {
        ASSERT_EQ(create(storage_, "a", "0123456789"), TEE_SUCCESS);
        TEE_ObjectHandle object = TEE_HANDLE_NULL;
        ASSERT_EQ(open_object(storage_, "a", kReadWrite, &object), TEE_SUCCESS);
        EXPECT_EQ(TEE_SeekObjectData(object, 3, TEE_DATA_SEEK_SET), TEE_SUCCESS);
        EXPECT_EQ(TEE_SeekObjectData(object, 2, TEE_DATA_SEEK_CUR), TEE_SUCCESS);
        EXPECT_EQ(read_all(object), "56789");
        EXPECT_EQ(read_all(object), "") << "at the end";
        EXPECT_EQ(TEE_SeekObjectData(object, -2, TEE_DATA_SEEK_END), TEE_SUCCESS);
        EXPECT_EQ(TEE_WriteObjectData(object, "XYZ", 3), TEE_SUCCESS);
        EXPECT_EQ(TEE_SeekObjectData(object, -1000, TEE_DATA_SEEK_CUR), TEE_SUCCESS) << "before the start is the start";
        EXPECT_EQ(read_all(object), "01234567XYZ");
        EXPECT_EQ(TEE_SeekObjectData(object, 0x100000000, TEE_DATA_SEEK_SET), TEE_ERROR_OVERFLOW);
        EXPECT_EQ(TEE_SeekObjectData(object, INTMAX_MAX, TEE_DATA_SEEK_CUR), TEE_ERROR_OVERFLOW);
        EXPECT_EQ(TEE_SeekObjectData(object, 2, TEE_DATA_SEEK_END), TEE_SUCCESS);
        EXPECT_EQ(read_all(object), "") << "beyond the end";
        EXPECT_EQ(TEE_WriteObjectData(object, nullptr, 0), TEE_SUCCESS);
        EXPECT_EQ(TEE_WriteObjectData(object, "!", 1), TEE_SUCCESS);
        EXPECT_EQ(TEE_SeekObjectData(object, 8, TEE_DATA_SEEK_SET), TEE_SUCCESS);
        EXPECT_EQ(read_all(object), std::string("XYZ\0\0!", 6)) << "the gap is zeroes";
        EXPECT_EQ(TEE_TruncateObjectData(object, 2), TEE_SUCCESS);
        EXPECT_EQ(TEE_TruncateObjectData(object, 4), TEE_SUCCESS);
        TEE_CloseObject(object);
        EXPECT_EQ(content_of(storage_, "a"), std::string("01\0\0", 4));
    }), TEE_SUCCESS);
}

TEST_P(Objects, TheirInfoSaysSizePositionAndFlags) {
    EXPECT_EQ(in_ta([&] {
        ASSERT_EQ(create(storage_, "a", "0123456789"), TEE_SUCCESS);
        const uint32_t flags = TEE_DATA_FLAG_ACCESS_READ | TEE_DATA_FLAG_SHARE_READ;
        TEE_ObjectHandle object = TEE_HANDLE_NULL;
        ASSERT_EQ(open_object(storage_, "a", flags, &object), TEE_SUCCESS);
        EXPECT_EQ(TEE_SeekObjectData(object, 4, TEE_DATA_SEEK_SET), TEE_SUCCESS);
        TEE_ObjectInfo info{};
        ASSERT_EQ(TEE_GetObjectInfo1(object, &info), TEE_SUCCESS);
        EXPECT_EQ(info.objectType, TEE_TYPE_DATA);
        EXPECT_EQ(info.objectSize, 0U);
        EXPECT_EQ(info.objectUsage, 0xFFFFFFFFU);
        EXPECT_EQ(info.dataSize, 10U);
        EXPECT_EQ(info.dataPosition, 4U);
        EXPECT_EQ(info.handleFlags, TEE_HANDLE_FLAG_PERSISTENT | TEE_HANDLE_FLAG_INITIALIZED | flags);
        TEE_CloseObject(object);
    }), TEE_SUCCESS);
}

TEST_P(Objects, AnotherTaHasNone) {
    EXPECT_EQ(in_ta([&] { ASSERT_EQ(create(storage_, "a", "mine"), TEE_SUCCESS); }), TEE_SUCCESS);
    EXPECT_EQ(in_ta([&] {
        EXPECT_EQ(content_of(storage_, "a"), error(TEE_ERROR_ITEM_NOT_FOUND));
        EXPECT_EQ(create(storage_, "a", "theirs"), TEE_SUCCESS);
        EXPECT_EQ(remove_object(storage_, "a"), TEE_SUCCESS);
    }, kOtherTa), TEE_SUCCESS);
    EXPECT_EQ(in_ta([&] { EXPECT_EQ(content_of(storage_, "a"), "mine"); }), TEE_SUCCESS);
}

TEST_P(Objects, MisusePanics) {
    ASSERT_EQ(in_ta([&] { ASSERT_EQ(create(storage_, "a", "content"), TEE_SUCCESS); }), TEE_SUCCESS);
    const auto with = [&](uint32_t flags, const std::function<void(TEE_ObjectHandle)>& then) {
        return panics([&] {
            TEE_ObjectHandle object = TEE_HANDLE_NULL;
            ASSERT_EQ(open_object(storage_, "a", flags, &object), TEE_SUCCESS);
            then(object);
        });
    };
    char byte = 0;
    size_t count = 0;
    TEE_ObjectHandle none = TEE_HANDLE_NULL;
    EXPECT_TRUE(panics([&] { open_object(storage_, std::string(65, 'x'), 0, &none); })) << "a long id";
    EXPECT_TRUE(panics([&] { open_object(storage_, "a", TEE_DATA_FLAG_OVERWRITE, &none); })) << "a flag for creating";
    EXPECT_TRUE(panics([&] { create(storage_, "b", "", 0x80000000); })) << "an unknown flag";
    EXPECT_TRUE(panics([&] { open_object(storage_, "a", 0, nullptr); })) << "nowhere to put the handle";
    EXPECT_TRUE(panics([&] { TEE_OpenPersistentObject(storage_, nullptr, 1, 0, &none); })) << "an id at null";
    EXPECT_TRUE(panics([&] { TEE_CreatePersistentObject(storage_, "b", 1, 0, nullptr, nullptr, 1, &none); }));
    EXPECT_TRUE(panics([&] { TEE_ReadObjectData(TEE_HANDLE_NULL, &byte, 1, &count); }));
    EXPECT_TRUE(panics([&] { TEE_CloseObject(reinterpret_cast<TEE_ObjectHandle>(&byte)); })) << "not a handle";
    EXPECT_TRUE(with(kAllAccess, [&](TEE_ObjectHandle o) { TEE_CloseObject(o); TEE_CloseObject(o); })) << "closed twice";
    EXPECT_TRUE(with(TEE_DATA_FLAG_ACCESS_WRITE, [&](TEE_ObjectHandle o) { TEE_ReadObjectData(o, &byte, 1, &count); }));
    EXPECT_TRUE(with(TEE_DATA_FLAG_ACCESS_READ, [&](TEE_ObjectHandle o) { TEE_WriteObjectData(o, &byte, 1); }));
    EXPECT_TRUE(with(TEE_DATA_FLAG_ACCESS_READ, [&](TEE_ObjectHandle o) { TEE_TruncateObjectData(o, 1); }));
    EXPECT_TRUE(with(kReadWrite, [](TEE_ObjectHandle o) { TEE_CloseAndDeletePersistentObject1(o); }));
    EXPECT_TRUE(with(kReadWrite, [](TEE_ObjectHandle o) { TEE_RenamePersistentObject(o, "b", 1); }));
    EXPECT_TRUE(with(kAllAccess, [](TEE_ObjectHandle o) { TEE_SeekObjectData(o, 0, 7); })) << "whence";
    EXPECT_TRUE(with(kAllAccess, [](TEE_ObjectHandle o) { TEE_GetObjectInfo1(o, nullptr); }));
    EXPECT_FALSE(with(kAllAccess, [](TEE_ObjectHandle o) { TEE_CloseObject(o); })) << "but this does not panic";
    EXPECT_EQ(in_ta([&] { EXPECT_EQ(content_of(storage_, "a"), "content"); }), TEE_SUCCESS);
}

// The TEE takes ids and object data only in the TA's own memory.
TEST_P(Objects, SharedMemoryPanics) {
    uint32_t session = 0;
    const auto with_shared = [&](const std::function<void(char*)>& work) {
        tee_->close_session(session);
        EXPECT_EQ(open(kTa, &session), TEE_SUCCESS);
        std::array<char, 64> shared{'a'};
        Params params;
        params.types = TEE_PARAM_TYPES(TEE_PARAM_TYPE_MEMREF_INOUT, 0U, 0U, 0U);
        params.values[0] = {shared.data(), shared.size(), 0, 0};
        return invoke(session, params, [&](uint32_t, TEE_Param* p) {
            create(storage_, "a", "content", TEE_DATA_FLAG_OVERWRITE);
            work(static_cast<char*>(p[0].memref.buffer));
            return TEE_SUCCESS;
        });
    };
    const auto with_object = [&](const std::function<void(TEE_ObjectHandle, char*)>& work) {
        return with_shared([&](char* shared) {
            TEE_ObjectHandle object = TEE_HANDLE_NULL;
            ASSERT_EQ(open_object(storage_, "a", kAllAccess, &object), TEE_SUCCESS);
            work(object, shared);
            TEE_CloseObject(object);
        });
    };
    TEE_ObjectHandle none = TEE_HANDLE_NULL;
    size_t count = 0;
    EXPECT_EQ(with_shared([&](char* s) { TEE_OpenPersistentObject(storage_, s, 1, 0, &none); }), TEE_ERROR_TARGET_DEAD);
    EXPECT_EQ(with_shared([&](char* s) { create(storage_, {s, 1}, ""); }), TEE_ERROR_TARGET_DEAD);
    EXPECT_EQ(with_object([&](auto o, char* s) { TEE_RenamePersistentObject(o, s, 1); }), TEE_ERROR_TARGET_DEAD);
    EXPECT_EQ(with_object([&](auto o, char* s) { TEE_ReadObjectData(o, s, 7, &count); }), TEE_ERROR_TARGET_DEAD);
    EXPECT_EQ(with_object([&](auto o, char* s) { TEE_WriteObjectData(o, s, 7); }), TEE_ERROR_TARGET_DEAD);
    EXPECT_EQ(with_object([&](auto o, char*) { EXPECT_EQ(read_all(o), "content"); }), TEE_SUCCESS);
    EXPECT_EQ(with_shared([&](char* s) { EXPECT_EQ(create(storage_, "b", {s, 1}), TEE_SUCCESS); }), TEE_SUCCESS)
        << "initial data may be shared memory";
    tee_->close_session(session);
}

INSTANTIATE_TEST_SUITE_P(Storage, Objects,
                         testing::Values(Place{TEE_STORAGE_PRIVATE_REE, false}, Place{TEE_STORAGE_PRIVATE_RPMB, false},
                                         Place{TEE_STORAGE_PRIVATE_REE, true}, Place{TEE_STORAGE_PRIVATE_RPMB, true}),
                         [](const auto& p) {
                             return std::string(p.param.storage == TEE_STORAGE_PRIVATE_REE ? "ree" : "rpmb") +
                                    (p.param.on_disk ? "_on_disk" : "_in_memory");
                         });

class Storages : public SimTest {};

TEST_F(Storages, PrivateMeansTheReeFileSystem) {
    EXPECT_EQ(in_ta([] {
        EXPECT_EQ(create(TEE_STORAGE_PRIVATE, "a", "content"), TEE_SUCCESS);
        EXPECT_EQ(content_of(TEE_STORAGE_PRIVATE_REE, "a"), "content");
        EXPECT_EQ(content_of(TEE_STORAGE_PRIVATE_RPMB, "a"), error(TEE_ERROR_ITEM_NOT_FOUND));
        EXPECT_EQ(create(0x1234, "a", ""), TEE_ERROR_ITEM_NOT_FOUND);
    }), TEE_SUCCESS);
}

TEST_F(Storages, WithoutRpmbThereIsNone) {
    Config config;
    config.has_rpmb = false;
    restart(config);
    EXPECT_EQ(in_ta([] {
        EXPECT_EQ(create(TEE_STORAGE_PRIVATE_RPMB, "a", ""), TEE_ERROR_ITEM_NOT_FOUND);
        EXPECT_EQ(content_of(TEE_STORAGE_PRIVATE_RPMB, "a"), error(TEE_ERROR_ITEM_NOT_FOUND));
    }), TEE_SUCCESS);
}

TEST_F(Storages, WhatIsNotModelledIsRefused) {
    ASSERT_EQ(in_ta([] { create(TEE_STORAGE_PRIVATE, "a", ""); }), TEE_SUCCESS);
    EXPECT_TRUE(panics([] {
        TEE_ObjectHandle key = TEE_HANDLE_NULL;
        TEE_AllocateTransientObject(TEE_TYPE_AES, 128, &key);
        TEE_CreatePersistentObject(TEE_STORAGE_PRIVATE, "b", 1, 0, key, nullptr, 0, nullptr);
    })) << "attributes";
    EXPECT_TRUE(panics([] {
        TEE_ObjectHandle object = TEE_HANDLE_NULL;
        open_object(TEE_STORAGE_PRIVATE, "a", 0, &object);
        create(TEE_STORAGE_PRIVATE, "a", "", TEE_DATA_FLAG_OVERWRITE);
    })) << "replacing an open object whose handle excludes nobody";
}

}  // namespace
}  // namespace festore::sim
