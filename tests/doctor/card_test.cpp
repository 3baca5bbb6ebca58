// SPDX-License-Identifier: BSD-2-Clause
// A mounted card, which may be hostile: findings from its files, and links that must not lead out of it.
#include "tests/doctor/machine.h"
#include "tests/ree_fs/store.h"

#include <atomic>
#include <thread>

namespace festore::doctor::test {
namespace {

class Card : public Machine {
protected:
    Card() { system_.card = true; }
    CheckResult found(const std::string& id) {
        const std::vector<CheckResult> findings = check_card(system_);
        const CheckResult* const one = find(findings, id);
        EXPECT_NE(one, nullptr) << id;
        return one != nullptr ? *one : CheckResult{};
    }
    static fs::path weak_list() { return fs::path(FESTORE_REE_FS_SAMPLES) / "optee-4.5.0-arm64/store/dirf.db"; }
};

TEST_F(Card, ItsFilesAreLookedAtAndNoTee) {
    for (const char* folder : {"/var/lib/tee", "/var/lib/optee-client/data/tee", "/data/tee", "/var/tee"}) {
        fs::create_directories(root_ + folder);
        fs::copy_file(weak_list(), root_ + folder + "/dirf.db");
        EXPECT_EQ(found("zero-ssk").severity, Grade::serious) << folder;
        fs::remove_all(root_ + folder);
    }
    fs::create_directories(root_ + "/lib/optee_armtz");
    fs::copy_file(FESTORE_DOCTOR_SAMPLE, root_ + "/lib/optee_armtz/" + kTa);
    EXPECT_EQ(found("ta-signing-key").severity, Grade::serious);
    EXPECT_EQ(found("supplicant-restart").severity, Grade::ok);
    EXPECT_EQ(check_card(system_).size(), 4U) << "no checks of processes, devices and the kernel, which are this machine's";
}

TEST_F(Card, TheFolderOfTheTeesFilesAlone) {
    fs::copy_file(weak_list(), root_ + "/dirf.db");
    const std::vector<CheckResult> findings = check_card(system_);
    ASSERT_EQ(findings.size(), 1U);
    EXPECT_EQ(findings[0].id, "zero-ssk");
    EXPECT_EQ(findings[0].severity, Grade::serious);
}

TEST_F(Card, LinksWithinItAreFollowed) {
    fs::remove_all(root_ + "/var/lib/tee");
    fs::create_directories(root_ + "/data/secure");
    fs::copy_file(weak_list(), root_ + "/data/secure/dirf.db");
    for (const char* target : {"/data/secure", "../../data/secure", "../../../../../data/secure"}) {
        fs::create_symlink(target, root_ + "/var/lib/tee");
        EXPECT_EQ(found("zero-ssk").severity, Grade::serious) << target;
        fs::remove(root_ + "/var/lib/tee");
    }
}

// The kernel refuses a ".." if any file was renamed meanwhile (EAGAIN): doctor must try again.
TEST_F(Card, LinksAreFollowedWhileOthersRename) {
    fs::remove_all(root_ + "/var/lib/tee");
    fs::create_directories(root_ + "/data/secure");
    fs::create_symlink("../../data/../data/../data/../data/secure", root_ + "/var/lib/tee");
    const ree_fs::test::Scratch elsewhere;
    std::ofstream(elsewhere.path / "a") << "x";
    std::atomic<bool> over = false;
    std::thread renaming([&] {
        const fs::path a = elsewhere.path / "a";
        const fs::path b = elsewhere.path / "b";
        for (bool there = false; !over; there = !there) fs::rename(there ? b : a, there ? a : b);
    });
    int missed = 0;
    for (int i = 0; i < 5000; ++i) missed += system_.path("/var/lib/tee").empty() ? 1 : 0;
    over = true;
    renaming.join();
    EXPECT_EQ(missed, 0);
}

TEST_F(Card, LinksOutOfItLeadNowhere) {
    ree_fs::test::Scratch outside;
    fs::copy_file(weak_list(), outside.path / "dirf.db");
    fs::copy_file(FESTORE_DOCTOR_SAMPLE, outside.path / kTa);
    std::ofstream(outside.path / "tee-supplicant.service") << "[Service]\nRestart=always\n";
    fs::remove_all(root_ + "/var/lib/tee");
    fs::remove_all(root_ + "/usr/lib/systemd");
    fs::create_directories(root_ + "/usr/lib");
    fs::create_directories(root_ + "/lib");
    fs::create_symlink(outside.path, root_ + "/var/lib/tee");
    fs::create_symlink(outside.path, root_ + "/lib/optee_armtz");
    fs::create_directories(root_ + "/etc/systemd");
    fs::create_symlink(outside.path, root_ + "/etc/systemd/system");
    for (const CheckResult& finding : check_card(system_))
        EXPECT_EQ(finding.severity, Grade::unknown) << finding.id << ": " << finding.what;
    // The running system's own links are followed.
    system_.card = false;
    EXPECT_EQ(check("zero-ssk").severity, Grade::serious);
    EXPECT_EQ(check("ta-signing-key").severity, Grade::serious);
    EXPECT_EQ(check("supplicant-restart").severity, Grade::ok);
}

TEST_F(Card, AFolderThatIsNotThereHasNothing) {
    system_.root = root_ + "/no/such/folder";
    for (const CheckResult& finding : check_card(system_)) EXPECT_EQ(finding.severity, Grade::unknown) << finding.id;
}

}  // namespace
}  // namespace festore::doctor::test
