// SPDX-License-Identifier: BSD-2-Clause
// The trusted storages on disk: they persist, they detect damage, and one process uses them at a time. The format of ree is
// OP-TEE's and has its own tests (tests/ree_fs); the format of rpmb is the simulator's.
#include "tests/sim/harness.h"

#include <fstream>
#include <map>

namespace festore::sim {
namespace {

namespace fs = std::filesystem;

// The block is read and written, its node and the head are written; in the list, the entry is read, then the same happens.
constexpr uint64_t kTripsOfAWrite = 9;

class Disk : protected TemporaryDirectory, public SimTest {
protected:
    Disk() : SimTest(on(path())) {}
    static Config on(const fs::path& directory) {
        Config config;
        config.directory = directory;
        return config;
    }
    fs::path file(std::string_view id, uint32_t storage = TEE_STORAGE_PRIVATE_REE, const Uuid& ta = kTa) {
        return object_file(on(path()), storage, ta, bytes_of(id));
    }
    static std::string slurp(const fs::path& p) {
        std::ifstream in(p, std::ios::binary);
        return {std::istreambuf_iterator<char>(in), {}};
    }
    static void spill(const fs::path& p, const std::string& bytes) { std::ofstream(p, std::ios::binary) << bytes; }
    // Reads everything in ree/; restore() puts it back.
    std::map<fs::path, std::string> ree_files() {
        std::map<fs::path, std::string> files;
        for (const auto& entry : fs::directory_iterator(path() / "ree")) files[entry.path()] = slurp(entry.path());
        return files;
    }
    void restore(const std::map<fs::path, std::string>& files) {
        for (const auto& [name, bytes] : ree_files())
            if (!files.contains(name)) fs::remove(name);
        for (const auto& [name, bytes] : files) spill(name, bytes);
    }
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
    EXPECT_EQ(in_ta([] {
        for (const uint32_t storage : {TEE_STORAGE_PRIVATE_REE, TEE_STORAGE_PRIVATE_RPMB}) create(storage, "a", "recognisable");
    }), TEE_SUCCESS);
    EXPECT_EQ(slurp(file("a", TEE_STORAGE_PRIVATE_RPMB)).size(), 12U + 12U + 16U);
    for (const uint32_t storage : {TEE_STORAGE_PRIVATE_REE, TEE_STORAGE_PRIVATE_RPMB}) {
        const std::string sealed = slurp(file("a", storage));
        EXPECT_GE(sealed.size(), 12U);
        EXPECT_EQ(sealed.find("recognisable"), std::string::npos);
    }
}

// Bytes that only a version not in force has are not read. tests/ree_fs flips each byte; this test shows what a flip costs.
TEST_F(Disk, FlippedBytesAreNoticedAndCostTheObjectOrAreNotInUse) {
    ASSERT_EQ(in_ta([] { create(TEE_STORAGE_PRIVATE, "a", "content"); }), TEE_SUCCESS);
    const auto before = ree_files();
    const fs::path name = file("a");
    const std::string sealed = before.at(name);
    size_t noticed = 0;
    for (size_t i = 0; i < sealed.size(); i += 61) {
        std::string damaged = sealed;
        damaged[i] = static_cast<char>(damaged[i] ^ 1);
        spill(name, damaged);
        std::string got;
        ASSERT_EQ(in_ta([&] { got = content_of(TEE_STORAGE_PRIVATE, "a"); }), TEE_SUCCESS) << "byte " << i;
        if (got == "content") continue;
        ++noticed;
        ASSERT_EQ(got, error(TEE_ERROR_CORRUPT_OBJECT)) << "byte " << i;
        ASSERT_EQ(in_ta([&] { got = content_of(TEE_STORAGE_PRIVATE, "a"); }), TEE_SUCCESS);
        ASSERT_EQ(got, error(TEE_ERROR_ITEM_NOT_FOUND)) << "OP-TEE deletes it";
        ASSERT_FALSE(fs::exists(name));
        restore(before);
    }
    EXPECT_GE(noticed, 4096U / 61) << "at least a block";
    for (const size_t size : {size_t{0}, size_t{100}, size_t{4096}}) {
        spill(name, sealed.substr(0, size));
        EXPECT_EQ(in_ta([] { EXPECT_EQ(content_of(TEE_STORAGE_PRIVATE, "a"), error(TEE_ERROR_CORRUPT_OBJECT)); }), TEE_SUCCESS)
            << "cut to " << size;
        restore(before);
    }
    EXPECT_EQ(in_ta([] { EXPECT_EQ(content_of(TEE_STORAGE_PRIVATE, "a"), "content"); }), TEE_SUCCESS);
}

TEST_F(Disk, EachFlippedByteOfAnRpmbFileIsNoticedAndCostsTheObject) {
    constexpr uint32_t kStorage = TEE_STORAGE_PRIVATE_RPMB;
    ASSERT_EQ(in_ta([] { create(kStorage, "a", "content"); }), TEE_SUCCESS);
    const fs::path name = file("a", kStorage);
    const std::string sealed = slurp(name);
    ASSERT_EQ(sealed.size(), 35U);
    for (size_t i = 0; i < sealed.size(); ++i) {
        std::string damaged = sealed;
        damaged[i] = static_cast<char>(damaged[i] ^ 1);
        spill(name, damaged);
        EXPECT_EQ(in_ta([] {
            EXPECT_EQ(content_of(kStorage, "a"), error(TEE_ERROR_CORRUPT_OBJECT));
            EXPECT_EQ(content_of(kStorage, "a"), error(TEE_ERROR_ITEM_NOT_FOUND)) << "OP-TEE deletes it";
        }), TEE_SUCCESS) << "byte " << i;
        EXPECT_FALSE(fs::exists(name));
    }
    for (const size_t size : {size_t{0}, size_t{27}, sealed.size() - 1}) {
        spill(name, sealed.substr(0, size));
        EXPECT_EQ(in_ta([] { EXPECT_EQ(content_of(kStorage, "a"), error(TEE_ERROR_CORRUPT_OBJECT)); }), TEE_SUCCESS)
            << "cut to " << size;
    }
    spill(name, sealed);
    EXPECT_EQ(in_ta([] { EXPECT_EQ(content_of(kStorage, "a"), "content"); }), TEE_SUCCESS);
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
        create(TEE_STORAGE_PRIVATE, "b", "another");
        create(TEE_STORAGE_PRIVATE_RPMB, "a", "content");
    }), TEE_SUCCESS);
    ASSERT_EQ(in_ta([] {
        create(TEE_STORAGE_PRIVATE, "a", "content");
        create(TEE_STORAGE_PRIVATE_RPMB, "other", "");
    }, kOtherTa), TEE_SUCCESS);
    const auto before = ree_files();
    for (const fs::path& other : {file("b"), file("a", TEE_STORAGE_PRIVATE_REE, kOtherTa)}) {
        spill(file("a"), before.at(other));
        EXPECT_EQ(in_ta([] { EXPECT_EQ(content_of(TEE_STORAGE_PRIVATE, "a"), error(TEE_ERROR_CORRUPT_OBJECT)); }), TEE_SUCCESS);
        restore(before);
    }
    fs::copy_file(file("a", TEE_STORAGE_PRIVATE_RPMB), file("b", TEE_STORAGE_PRIVATE_RPMB));
    fs::copy_file(file("a", TEE_STORAGE_PRIVATE_RPMB), file("a", TEE_STORAGE_PRIVATE_RPMB, kOtherTa));
    EXPECT_EQ(in_ta([] {
        EXPECT_EQ(content_of(TEE_STORAGE_PRIVATE_RPMB, "b"), error(TEE_ERROR_CORRUPT_OBJECT)) << "another id";
        EXPECT_EQ(content_of(TEE_STORAGE_PRIVATE_RPMB, "a"), "content");
    }), TEE_SUCCESS);
    EXPECT_EQ(in_ta([] { EXPECT_EQ(content_of(TEE_STORAGE_PRIVATE_RPMB, "a"), error(TEE_ERROR_CORRUPT_OBJECT)); }, kOtherTa),
              TEE_SUCCESS)
        << "another TA";
}

// A damaged list is not an empty storage.
TEST_F(Disk, ADamagedListIsDamage) {
    ASSERT_EQ(in_ta([] { create(TEE_STORAGE_PRIVATE, "a", "content"); }), TEE_SUCCESS);
    const auto before = ree_files();
    const fs::path list = path() / "ree" / "dirf.db";
    spill(list, before.at(list).substr(0, 5000));
    EXPECT_EQ(in_ta([] {
        EXPECT_EQ(content_of(TEE_STORAGE_PRIVATE, "a"), error(TEE_ERROR_CORRUPT_OBJECT));
        TEE_ObjectEnumHandle e = TEE_HANDLE_NULL;
        ASSERT_EQ(TEE_AllocatePersistentObjectEnumerator(&e), TEE_SUCCESS);
        EXPECT_EQ(TEE_StartPersistentObjectEnumerator(e, TEE_STORAGE_PRIVATE), TEE_ERROR_CORRUPT_OBJECT);
        TEE_FreePersistentObjectEnumerator(e);
        EXPECT_EQ(create(TEE_STORAGE_PRIVATE, "b", "content"), TEE_ERROR_CORRUPT_OBJECT);
    }), TEE_SUCCESS);
    restore(before);
    EXPECT_EQ(in_ta([] { EXPECT_EQ(content_of(TEE_STORAGE_PRIVATE, "a"), "content"); }), TEE_SUCCESS);
}

// Opening reads no data: damage in the data is found by reading, and only in what is read.
TEST_F(Disk, DamagedDataIsFoundByReadingIt) {
    ASSERT_EQ(in_ta([] { create(TEE_STORAGE_PRIVATE, "a", std::string(3 * 4096, 'a')); }), TEE_SUCCESS);
    const auto before = ree_files();
    const fs::path name = file("a");
    std::string damaged = before.at(name);
    damaged[damaged.size() - 100] = static_cast<char>(damaged[damaged.size() - 100] ^ 1);  // in one of the last block's versions
    std::string other = before.at(name);
    other[other.size() - 4096 - 100] = static_cast<char>(other[other.size() - 4096 - 100] ^ 1);
    int found = 0;
    for (const std::string& content : {damaged, other}) {
        spill(name, content);
        std::array<char, 4096> buffer{};
        uint32_t last = TEE_SUCCESS;
        EXPECT_EQ(in_ta([&] {
            TEE_ObjectHandle a = TEE_HANDLE_NULL;
            ASSERT_EQ(open_object(TEE_STORAGE_PRIVATE, "a", TEE_DATA_FLAG_ACCESS_READ, &a), TEE_SUCCESS);
            size_t count = 0;
            ASSERT_EQ(TEE_ReadObjectData(a, buffer.data(), buffer.size(), &count), TEE_SUCCESS) << "the first block";
            while (last == TEE_SUCCESS && count > 0) last = TEE_ReadObjectData(a, buffer.data(), buffer.size(), &count);
            if (last == TEE_SUCCESS) TEE_CloseObject(a);
        }), TEE_SUCCESS);
        found += last == TEE_ERROR_CORRUPT_OBJECT;
        restore(before);
    }
    EXPECT_GE(found, 1);
}

TEST_F(Disk, AnOlderFileIsNotTakenForTheOneThatTheListNames) {
    ASSERT_EQ(in_ta([] { create(TEE_STORAGE_PRIVATE, "a", "content"); }), TEE_SUCCESS);
    const fs::path name = file("a");
    const std::string older = slurp(name);
    ASSERT_EQ(in_ta([] {
        TEE_ObjectHandle a = TEE_HANDLE_NULL;
        ASSERT_EQ(open_object(TEE_STORAGE_PRIVATE, "a", kReadWrite, &a), TEE_SUCCESS);
        EXPECT_EQ(TEE_WriteObjectData(a, "CONTENT", 7), TEE_SUCCESS);
        EXPECT_EQ(TEE_SeekObjectData(a, 0, TEE_DATA_SEEK_SET), TEE_SUCCESS);
        EXPECT_EQ(TEE_WriteObjectData(a, "Content", 7), TEE_SUCCESS);
        TEE_CloseObject(a);
    }), TEE_SUCCESS);
    ASSERT_EQ(file("a"), name) << "writes go to the same file";
    spill(name, older);
    EXPECT_EQ(in_ta([] { EXPECT_EQ(content_of(TEE_STORAGE_PRIVATE, "a"), error(TEE_ERROR_CORRUPT_OBJECT)); }), TEE_SUCCESS);
}

// The requests of OP-TEE to its supplicant, and their round trips: docs/format-ree-fs.md.
TEST_F(Disk, RoundTripsAreCounted) {
    ASSERT_EQ(in_ta([] { create(TEE_STORAGE_PRIVATE, "a", "content"); }), TEE_SUCCESS);
    const uint64_t before = tee_->counters().round_trips;
    EXPECT_GT(before, 0U);
    ASSERT_EQ(in_ta([&] {
        TEE_ObjectHandle a = TEE_HANDLE_NULL;
        ASSERT_EQ(open_object(TEE_STORAGE_PRIVATE, "a", kReadWrite, &a), TEE_SUCCESS);
        const uint64_t opened = tee_->counters().round_trips;
        EXPECT_EQ(TEE_WriteObjectData(a, "CONTENT", 7), TEE_SUCCESS);
        const uint64_t written = tee_->counters().round_trips;
        EXPECT_EQ(written - opened, kTripsOfAWrite);
        EXPECT_EQ(TEE_WriteObjectData(a, "CONTENT", 7), TEE_SUCCESS);
        EXPECT_EQ(tee_->counters().round_trips - written, kTripsOfAWrite) << "each costs the same";
        TEE_CloseObject(a);
    }), TEE_SUCCESS);
    ASSERT_EQ(in_ta([] { create(TEE_STORAGE_PRIVATE_RPMB, "a", "content"); }), TEE_SUCCESS);
}

TEST_F(Disk, AStorageOfTheOlderFormatIsRefused) {
    const fs::path other = path() / "older";
    fs::create_directories(other / "ree" / "11111111111111111111111111111111");
    EXPECT_EXIT(Tee(on(other)), testing::ExitedWithCode(1), "written by an older festore");
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
    ASSERT_EQ(in_ta([] { create(TEE_STORAGE_PRIVATE_RPMB, "a", "content"); }), TEE_SUCCESS);
    spill(file("a", TEE_STORAGE_PRIVATE_RPMB).string() + ".new", "half of it");
    restart(on(path()));
    EXPECT_EQ(files_in_all(), 1U);
    EXPECT_EQ(in_ta([] { EXPECT_EQ(content_of(TEE_STORAGE_PRIVATE_RPMB, "a"), "content"); }), TEE_SUCCESS);
    // A file that no entry names is overwritten when its number is taken.
    fs::create_directories(path() / "ree");
    spill(path() / "ree" / "0", "half of one");
    ASSERT_EQ(in_ta([] {
        EXPECT_EQ(create(TEE_STORAGE_PRIVATE, "a", "content"), TEE_SUCCESS);
        EXPECT_EQ(content_of(TEE_STORAGE_PRIVATE, "a"), "content");
    }), TEE_SUCCESS);
}

TEST_F(Disk, NothingIsLeftOfADeletedObject) {
    EXPECT_EQ(in_ta([] {
        create(TEE_STORAGE_PRIVATE, "a", "content");
        create(TEE_STORAGE_PRIVATE, "a", "more content", TEE_DATA_FLAG_OVERWRITE);
        EXPECT_EQ(remove_object(TEE_STORAGE_PRIVATE, "a"), TEE_SUCCESS);
    }), TEE_SUCCESS);
    EXPECT_EQ(files_in_all(), 1U) << "the list, dirf.db";
}

}  // namespace
}  // namespace festore::sim
