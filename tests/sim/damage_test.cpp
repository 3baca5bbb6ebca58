// SPDX-License-Identifier: BSD-2-Clause
// The trusted storage on disk: it lasts, it notices damage, it is one process's, it can be full.
#include "tests/sim/harness.h"

#include <fstream>

namespace festore::sim {
namespace {

namespace fs = std::filesystem;

class Disk : protected TemporaryDirectory, public SimTest {
protected:
    Disk() : SimTest(on(path())) {}
    static Config on(const fs::path& directory) {
        Config config;
        config.directory = directory;
        return config;
    }
    fs::path file(std::string_view id, uint32_t storage = TEE_STORAGE_PRIVATE_REE, const Uuid& ta = kTa) {
        return object_file(path(), storage, ta, bytes_of(id));
    }
    static std::string slurp(const fs::path& p) {
        std::ifstream in(p, std::ios::binary);
        return {std::istreambuf_iterator<char>(in), {}};
    }
    static void spill(const fs::path& p, const std::string& bytes) { std::ofstream(p, std::ios::binary) << bytes; }
    size_t files_in_all() {
        size_t count = 0;
        for (const auto& entry : fs::recursive_directory_iterator(path())) count += entry.is_regular_file();
        return count - 1;  // the lock
    }
};

TEST_F(Disk, ObjectsOutliveTheTee) {
    EXPECT_EQ(in_ta([] { create(TEE_STORAGE_PRIVATE, "a", "content"); }), TEE_SUCCESS);
    restart(on(path()));
    EXPECT_EQ(in_ta([] { EXPECT_EQ(content_of(TEE_STORAGE_PRIVATE, "a"), "content"); }), TEE_SUCCESS);
}

TEST_F(Disk, ContentIsNotThereInClear) {
    EXPECT_EQ(in_ta([] { create(TEE_STORAGE_PRIVATE, "a", "recognisable"); }), TEE_SUCCESS);
    const std::string sealed = slurp(file("a"));
    EXPECT_EQ(sealed.size(), 12U + 12U + 16U);
    EXPECT_EQ(sealed.find("recognisable"), std::string::npos);
}

TEST_F(Disk, EachFlippedByteIsNoticedAndCostsTheObject) {
    ASSERT_EQ(in_ta([] { create(TEE_STORAGE_PRIVATE, "a", "content"); }), TEE_SUCCESS);
    const std::string sealed = slurp(file("a"));
    ASSERT_EQ(sealed.size(), 35U);
    for (size_t i = 0; i < sealed.size(); ++i) {
        std::string damaged = sealed;
        damaged[i] = static_cast<char>(damaged[i] ^ 1);
        spill(file("a"), damaged);
        EXPECT_EQ(in_ta([] {
            EXPECT_EQ(content_of(TEE_STORAGE_PRIVATE, "a"), error(TEE_ERROR_CORRUPT_OBJECT));
            EXPECT_EQ(content_of(TEE_STORAGE_PRIVATE, "a"), error(TEE_ERROR_ITEM_NOT_FOUND)) << "as OP-TEE deletes it";
        }), TEE_SUCCESS) << "byte " << i;
        EXPECT_FALSE(fs::exists(file("a")));
    }
    for (const size_t size : {size_t{0}, size_t{27}, sealed.size() - 1}) {
        spill(file("a"), sealed.substr(0, size));
        EXPECT_EQ(in_ta([] { EXPECT_EQ(content_of(TEE_STORAGE_PRIVATE, "a"), error(TEE_ERROR_CORRUPT_OBJECT)); }),
                  TEE_SUCCESS)
            << "cut to " << size;
    }
    spill(file("a"), sealed);
    EXPECT_EQ(in_ta([] { EXPECT_EQ(content_of(TEE_STORAGE_PRIVATE, "a"), "content"); }), TEE_SUCCESS);
}

TEST_F(Disk, DamageOnDemandIsDamage) {
    ASSERT_EQ(in_ta([] { create(TEE_STORAGE_PRIVATE, "a", ""); }), TEE_SUCCESS);
    tee_->damage_object(TEE_STORAGE_PRIVATE_REE, kTa, bytes_of("a"));
    EXPECT_EQ(in_ta([] { EXPECT_EQ(content_of(TEE_STORAGE_PRIVATE, "a"), error(TEE_ERROR_CORRUPT_OBJECT)); }),
              TEE_SUCCESS);
    EXPECT_TRUE(tee_->store_object(TEE_STORAGE_PRIVATE_REE, kTa, bytes_of("a"), bytes_of("forged")));
    EXPECT_EQ(in_ta([] { EXPECT_EQ(content_of(TEE_STORAGE_PRIVATE, "a"), "forged"); }), TEE_SUCCESS);
}

TEST_F(Disk, FilesCannotBeSwapped) {
    ASSERT_EQ(in_ta([] {
        create(TEE_STORAGE_PRIVATE, "a", "content");
        create(TEE_STORAGE_PRIVATE_RPMB, "other", "");
    }), TEE_SUCCESS);
    ASSERT_EQ(in_ta([] { create(TEE_STORAGE_PRIVATE, "other", ""); }, kOtherTa), TEE_SUCCESS);
    fs::copy_file(file("a"), file("b"));
    fs::copy_file(file("a"), file("a", TEE_STORAGE_PRIVATE_RPMB));
    fs::copy_file(file("a"), file("a", TEE_STORAGE_PRIVATE_REE, kOtherTa));
    EXPECT_EQ(in_ta([] {
        EXPECT_EQ(content_of(TEE_STORAGE_PRIVATE, "b"), error(TEE_ERROR_CORRUPT_OBJECT)) << "another id";
        EXPECT_EQ(content_of(TEE_STORAGE_PRIVATE_RPMB, "a"), error(TEE_ERROR_CORRUPT_OBJECT)) << "another storage";
        EXPECT_EQ(content_of(TEE_STORAGE_PRIVATE, "a"), "content");
    }), TEE_SUCCESS);
    EXPECT_EQ(in_ta([] { EXPECT_EQ(content_of(TEE_STORAGE_PRIVATE, "a"), error(TEE_ERROR_CORRUPT_OBJECT)); }, kOtherTa),
              TEE_SUCCESS)
        << "another TA";
}

TEST_F(Disk, AnotherHardwareKeyReadsNothing) {
    ASSERT_EQ(in_ta([] { create(TEE_STORAGE_PRIVATE, "a", "content"); }), TEE_SUCCESS);
    Config other = on(path());
    other.huk[5] = std::byte{1};
    restart(other);
    EXPECT_EQ(in_ta([] { EXPECT_EQ(content_of(TEE_STORAGE_PRIVATE, "a"), error(TEE_ERROR_CORRUPT_OBJECT)); }), TEE_SUCCESS);
}

TEST_F(Disk, AnEnumeratorReportsTheDamagedOneAndGoesOn) {
    ASSERT_EQ(in_ta([] {
        for (const char* id : {"a", "b", "c"}) create(TEE_STORAGE_PRIVATE, id, "content");
    }), TEE_SUCCESS);
    spill(file("b"), "damaged");
    EXPECT_EQ(in_ta([] {
        TEE_ObjectEnumHandle e = TEE_HANDLE_NULL;
        ASSERT_EQ(TEE_AllocatePersistentObjectEnumerator(&e), TEE_SUCCESS);
        ASSERT_EQ(TEE_StartPersistentObjectEnumerator(e, TEE_STORAGE_PRIVATE), TEE_SUCCESS);
        int found = 0;
        int corrupt = 0;
        for (int i = 0; i < 3; ++i) {
            std::array<char, 64> id{};
            size_t size = id.size();
            const uint32_t result = TEE_GetNextPersistentObject(e, nullptr, id.data(), &size);
            found += result == TEE_SUCCESS;
            corrupt += result == TEE_ERROR_CORRUPT_OBJECT;
        }
        EXPECT_EQ(found, 2);
        EXPECT_EQ(corrupt, 1);
        TEE_FreePersistentObjectEnumerator(e);
    }), TEE_SUCCESS);
    EXPECT_TRUE(fs::exists(file("b"))) << "only opening deletes it";
}

TEST_F(Disk, ADamagedObjectCanBeReplacedAndIsInTheWayOfRenaming) {
    ASSERT_EQ(in_ta([] {
        create(TEE_STORAGE_PRIVATE, "a", "content");
        create(TEE_STORAGE_PRIVATE, "b", "content");
    }), TEE_SUCCESS);
    spill(file("b"), "damaged");
    EXPECT_EQ(in_ta([] {
        TEE_ObjectHandle a = TEE_HANDLE_NULL;
        ASSERT_EQ(open_object(TEE_STORAGE_PRIVATE, "a", kAllAccess, &a), TEE_SUCCESS);
        EXPECT_EQ(TEE_RenamePersistentObject(a, "b", 1), TEE_ERROR_ACCESS_CONFLICT);
        TEE_CloseObject(a);
        EXPECT_EQ(create(TEE_STORAGE_PRIVATE, "b", "new"), TEE_ERROR_ACCESS_CONFLICT);
        EXPECT_EQ(create(TEE_STORAGE_PRIVATE, "b", "new", TEE_DATA_FLAG_OVERWRITE), TEE_SUCCESS);
        EXPECT_EQ(content_of(TEE_STORAGE_PRIVATE, "b"), "new");
    }), TEE_SUCCESS);
}

TEST_F(Disk, IsOneProcesss) {
    EXPECT_EXIT(Tee(on(path())), testing::ExitedWithCode(1), "in use by another process");
    EXPECT_EXIT(Tee(on("/proc/no/such/place")), testing::ExitedWithCode(1), "not writable");
}

TEST_F(Disk, WhatACrashLeftBehindIsRemoved) {
    ASSERT_EQ(in_ta([] { create(TEE_STORAGE_PRIVATE, "a", "content"); }), TEE_SUCCESS);
    spill(file("a").string() + ".new", "half of it");
    restart(on(path()));
    EXPECT_EQ(files_in_all(), 1U);
    EXPECT_EQ(in_ta([] { EXPECT_EQ(content_of(TEE_STORAGE_PRIVATE, "a"), "content"); }), TEE_SUCCESS);
}

TEST_F(Disk, NothingIsLeftOfADeletedObject) {
    EXPECT_EQ(in_ta([] {
        create(TEE_STORAGE_PRIVATE, "a", "content");
        create(TEE_STORAGE_PRIVATE, "a", "more content", TEE_DATA_FLAG_OVERWRITE);
        EXPECT_EQ(remove_object(TEE_STORAGE_PRIVATE, "a"), TEE_SUCCESS);
    }), TEE_SUCCESS);
    EXPECT_EQ(files_in_all(), 0U);
}

class Full : public testing::WithParamInterface<bool>, protected TemporaryDirectory, public SimTest {
protected:
    Full() : SimTest(small()) {}
    Config small() const {
        Config config;
        if (GetParam()) config.directory = path();
        config.storage_bytes_max = 300;
        return config;
    }
};

TEST_P(Full, CreatingAndWritingSayNoSpaceAndChangeNothing) {
    EXPECT_EQ(in_ta([] {
        EXPECT_EQ(create(TEE_STORAGE_PRIVATE, "a", std::string(200, 'a')), TEE_SUCCESS);
        EXPECT_EQ(create(TEE_STORAGE_PRIVATE, "b", std::string(150, 'b')), TEE_ERROR_STORAGE_NO_SPACE);
        EXPECT_EQ(content_of(TEE_STORAGE_PRIVATE, "b"), error(TEE_ERROR_ITEM_NOT_FOUND));
        EXPECT_EQ(create(TEE_STORAGE_PRIVATE, "a", std::string(301, 'c'), TEE_DATA_FLAG_OVERWRITE),
                  TEE_ERROR_STORAGE_NO_SPACE);
        EXPECT_EQ(create(TEE_STORAGE_PRIVATE_RPMB, "b", std::string(200, 'b')), TEE_SUCCESS) << "each has its own";
        TEE_ObjectHandle a = TEE_HANDLE_NULL;
        ASSERT_EQ(open_object(TEE_STORAGE_PRIVATE, "a", kReadWrite, &a), TEE_SUCCESS);
        EXPECT_EQ(TEE_SeekObjectData(a, 200, TEE_DATA_SEEK_SET), TEE_SUCCESS);
        EXPECT_EQ(TEE_WriteObjectData(a, std::string(101, 'd').data(), 101), TEE_ERROR_STORAGE_NO_SPACE);
        TEE_CloseObject(a);
        EXPECT_EQ(content_of(TEE_STORAGE_PRIVATE, "a"), std::string(200, 'a'));
        EXPECT_EQ(create(TEE_STORAGE_PRIVATE, "a", std::string(250, 'e'), TEE_DATA_FLAG_OVERWRITE), TEE_SUCCESS)
            << "what is replaced does not count";
    }), TEE_SUCCESS);
}

TEST_P(Full, TruncatingPanicsAsInMostVersionsOfOpTee) {
    EXPECT_TRUE(panics([] {
        create(TEE_STORAGE_PRIVATE, "a", "content");
        TEE_ObjectHandle a = TEE_HANDLE_NULL;
        ASSERT_EQ(open_object(TEE_STORAGE_PRIVATE, "a", kReadWrite, &a), TEE_SUCCESS);
        TEE_TruncateObjectData(a, 301);
    }));
}

TEST_P(Full, RenamingNeedsNoSpace) {
    EXPECT_EQ(in_ta([] {
        create(TEE_STORAGE_PRIVATE, "a", std::string(250, 'a'));
        TEE_ObjectHandle a = TEE_HANDLE_NULL;
        ASSERT_EQ(open_object(TEE_STORAGE_PRIVATE, "a", kAllAccess, &a), TEE_SUCCESS);
        EXPECT_EQ(TEE_RenamePersistentObject(a, "b", 1), TEE_SUCCESS);
        TEE_CloseObject(a);
        EXPECT_EQ(content_of(TEE_STORAGE_PRIVATE, "b"), std::string(250, 'a'));
    }), TEE_SUCCESS);
}

INSTANTIATE_TEST_SUITE_P(Storage, Full, testing::Bool(),
                         [](const auto& p) { return p.param ? "on_disk" : "in_memory"; });

}  // namespace
}  // namespace festore::sim
