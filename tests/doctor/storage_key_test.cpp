// SPDX-License-Identifier: BSD-2-Clause
// zero-ssk: tries known keys on the TEE's list of objects. Real lists, made-up lists under every kind of key, and other files
// in place of the list.
#include "tests/doctor/machine.h"
#include "tests/ree_fs/synthetic.h"

#include <random>
#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <sys/un.h>

namespace festore::doctor::test {
namespace {

using ree_fs::Derivation;
using ree_fs::HeadLayout;
using ree_fs::HeadRule;
using ree_fs::Huk;
using ree_fs::Ssk;
using ree_fs::test::Buffer;
using ree_fs::test::SyntheticFile;

class StorageKey : public Machine {
protected:
    static constexpr const char* kListPath = "/var/lib/tee/dirf.db";
    CheckResult result() { return check("zero-ssk"); }
    [[nodiscard]] std::string list_path() const { return root_ + kListPath; }
    void put(Bytes content) { ree_fs::test::save(list_path(), content); }
    // Two commits of a list with some objects.
    static Buffer made(const Ssk& ssk, HeadLayout layout = HeadLayout::padded, HeadRule rule = HeadRule::first_half) {
        SyntheticFile file(ssk, std::nullopt, layout, rule);
        Buffer content;
        for (uint32_t i = 0; i < 50; ++i) {
            const Buffer entry = ree_fs::test::entry_content(ree_fs::test::kSampleTa, "object", ree_fs::Hash{}, i);
            content.insert(content.end(), entry.begin(), entry.end());
        }
        file.commit(content);
        file.commit(content);
        return file.image();
    }
    static Huk random_huk(unsigned seed, size_t size = 16) {
        std::mt19937 random(seed);
        Buffer bytes;
        for (size_t i = 0; i < size; ++i) bytes.push_back(static_cast<std::byte>(random()));
        return *Huk::from_bytes(bytes);
    }
};

TEST_F(StorageKey, IsSeriousForTheListsOfRealOptees) {
    for (const char* sample : {"optee-4.5.0-arm64", "optee-4.10.0-armv7", "festore-optee-4.5.0-arm64"}) {
        put(ree_fs::test::load(fs::path(FESTORE_REE_FS_SAMPLES) / sample / "store/dirf.db"));
        const CheckResult finding = result();
        EXPECT_EQ(finding.severity, Grade::serious) << sample;
        EXPECT_NE(finding.what.find("zero bytes"), std::string::npos) << finding.what;
        EXPECT_FALSE(finding.fix.empty());
    }
}

TEST_F(StorageKey, EveryKnownKeyIsFoundUnderEveryDerivation) {
    for (const KnownHuk& known : known_huks())
        for (const Derivation derivation : {Derivation::compatible, Derivation::subkey})
            for (const HeadLayout layout : {HeadLayout::padded, HeadLayout::packed})
                for (const HeadRule rule : {HeadRule::first_half, HeadRule::whole}) {
                    put(made(derive_ssk(*Huk::from_bytes(known.bytes()), derivation), layout, rule));
                    EXPECT_EQ(result().severity, Grade::serious) << known.name;
                    EXPECT_NE(result().what.find(known.name), std::string::npos) << result().what;
                }
}

TEST_F(StorageKey, AStorageKeyThatIsItselfZeroIsFound) {
    put(made(Ssk()));
    EXPECT_EQ(result().severity, Grade::serious);
    EXPECT_NE(result().what.find("itself all zeroes"), std::string::npos) << result().what;
}

TEST_F(StorageKey, RandomKeysAreNotAccused) {
    for (unsigned seed = 0; seed < 8; ++seed)
        for (const Derivation derivation : {Derivation::compatible, Derivation::subkey}) {
            put(made(derive_ssk(random_huk(seed, seed % 2 == 0 ? 16 : 32), derivation)));
            EXPECT_EQ(result().severity, Grade::ok) << seed << ": " << result().what;
        }
    Buffer almost_zero(16);
    almost_zero[15] = std::byte{1};
    put(made(derive_ssk(*Huk::from_bytes(almost_zero), Derivation::compatible)));
    EXPECT_EQ(result().severity, Grade::ok);
}

// Damage does not hide a weak key: one of the two heads is enough.
TEST_F(StorageKey, DamageHidesNoKnownKey) {
    const Buffer whole = made(derive_ssk(ree_fs::test::zero_huk(), Derivation::compatible));
    for (size_t at = 0; at < whole.size(); at += 61) {
        Buffer damaged = whole;
        damaged[at] ^= std::byte{0x40};
        put(damaged);
        EXPECT_EQ(result().severity, Grade::serious) << at;
    }
}

// A file that cannot be a list proves nothing about the key, so the result is not ok.
TEST_F(StorageKey, WhatNoKeyCouldOpenIsUnknown) {
    Buffer damaged = made(derive_ssk(random_huk(1), Derivation::compatible));
    for (const uint8_t version : {uint8_t{0}, uint8_t{1}}) damaged[static_cast<size_t>(ree_fs::node_offset(1, version))] ^= std::byte{1};
    for (const Buffer& content : {Buffer{}, Buffer(10), Buffer(4096), Buffer(20000), Buffer(20000, std::byte{0xFF}),
                                  ree_fs::test::pattern(50000), damaged}) {
        put(content);
        EXPECT_EQ(result().severity, Grade::unknown) << content.size() << ": " << result().what;
    }
}

TEST_F(StorageKey, NoListAndNoFolder) {
    EXPECT_EQ(result().severity, Grade::unknown);
    EXPECT_NE(result().what.find("is not there"), std::string::npos);
    fs::remove_all(root_ + "/var/lib/tee");
    EXPECT_EQ(result().severity, Grade::unknown);
}

TEST_F(StorageKey, TheFolderOfQteeIsNamed) {
    fs::create_directories(root_ + "/var/lib/tee/qtee_supplicant");
    EXPECT_EQ(result().severity, Grade::unknown);
    EXPECT_NE(result().what.find("QTEE is not OP-TEE"), std::string::npos) << result().what;
}

TEST_F(StorageKey, AListThatIsNoRegularFileIsNeitherFollowedNorWaitedFor) {
    put(made(Ssk()));
    fs::rename(list_path(), root_ + "/elsewhere");
    const auto expect_refused = [&](const char* what) {
        const CheckResult finding = result();
        EXPECT_EQ(finding.severity, Grade::unknown) << what;
        EXPECT_NE(finding.what.find("not a regular file"), std::string::npos) << what << ": " << finding.what;
        fs::remove_all(list_path());
    };
    fs::create_symlink(root_ + "/elsewhere", list_path());
    expect_refused("a link to a list with a known key");
    fs::create_symlink("/nowhere", list_path());
    expect_refused("a link to nothing");
    ASSERT_EQ(::mkfifo(list_path().c_str(), 0666), 0);
    expect_refused("a pipe that nobody writes to");
    fs::create_directory(list_path());
    expect_refused("a folder");
    if (::mknod(list_path().c_str(), S_IFCHR | 0600, makedev(1, 5)) == 0) expect_refused("a device without end");
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    ASSERT_LT(list_path().size(), sizeof(address.sun_path));
    list_path().copy(address.sun_path, sizeof(address.sun_path) - 1);
    const int socket = ::socket(AF_UNIX, SOCK_STREAM, 0);
    ASSERT_EQ(::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
    expect_refused("a socket");
    ::close(socket);
}

TEST_F(StorageKey, AHugeFileTakesNoTime) {
    put(made(derive_ssk(random_huk(2), Derivation::compatible)));
    std::filesystem::resize_file(list_path(), uint64_t{1} << 40);  // sparse
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_EQ(result().severity, Grade::unknown);
    EXPECT_NE(result().what.find("too many for a list"), std::string::npos) << result().what;
    std::filesystem::resize_file(list_path(), uint64_t{64} << 20);
    EXPECT_EQ(result().severity, Grade::ok) << "it is the same list, with unused space";
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20));
}

TEST_F(StorageKey, WhatMayNotBeReadIsUnknown) {
    // Root may read everything, so it becomes another user for this.
    const auto as_another = [&] {
        const bool root = ::geteuid() == 0;
        EXPECT_EQ(::seteuid(root ? 4321 : ::geteuid()), 0);
        const CheckResult finding = result();
        EXPECT_EQ(::seteuid(root ? 0 : ::geteuid()), 0);
        return finding;
    };
    put(made(Ssk()));
    ASSERT_EQ(::chmod(root_.c_str(), 0755), 0);
    ASSERT_EQ(::chmod(list_path().c_str(), 0), 0);
    EXPECT_EQ(as_another().severity, Grade::unknown);
    EXPECT_EQ(as_another().fix, kAsRoot);
    ASSERT_EQ(::chmod(list_path().c_str(), 0644), 0);
    EXPECT_EQ(as_another().severity, Grade::serious);
    ASSERT_EQ(::chmod((root_ + "/var/lib/tee").c_str(), 0), 0);
    EXPECT_EQ(as_another().severity, Grade::unknown);
    EXPECT_EQ(as_another().fix, kAsRoot);
    ASSERT_EQ(::chmod((root_ + "/var/lib/tee").c_str(), 0700), 0);
}

}  // namespace
}  // namespace festore::doctor::test
