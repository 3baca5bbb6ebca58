// SPDX-License-Identifier: BSD-2-Clause
#include "tests/conformance/backend.h"

#include "client/tee/tee_choice.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <grp.h>
#include <memory>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef FESTORE_IN_PROCESS
#include "client/files/access.h"
#include "sim/teec/teec_in_process.h"
#include "ta/host/image.h"
#endif

namespace festore::conformance {
namespace {

std::string environment(const char* name, const char* otherwise) {
    const char* value = std::getenv(name);
    return value != nullptr && *value != '\0' ? value : otherwise;
}

// A TEE used through libteec: a real one, or the simulator's server.
class Library : public Backend {
public:
    explicit Library(TeeKind kind) : kind_(kind) {}
    Result<Client> connect(const ClientOptions& options) override {
        ClientOptions with_tee = options;
        with_tee.tee = kind_;
        with_tee.call_timeout = std::chrono::seconds(std::stoul(environment("CONFORMANCE_TIMEOUT", "60")));
        return Client::connect(with_tee);
    }
    void as_user(const User& user, const std::function<void()>& body) override {
        const pid_t child = fork();
        ASSERT_GE(child, 0);
        if (child == 0) {
            const std::vector<gid_t> groups = groups_of(user);
            const bool changed = setgroups(groups.size(), groups.data()) == 0 &&
                                 setresgid(user.gid, user.gid, user.gid) == 0 &&
                                 setresuid(user.uid, user.uid, user.uid) == 0;
            if (!changed) _exit(2);
            body();
            _exit(testing::Test::HasFailure() ? 1 : 0);
        }
        int status = 0;
        ASSERT_EQ(waitpid(child, &status, 0), child);
        EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << "as uid " << user.uid << ": status " << status;
    }
    const TeecFunctions& functions() override {
        if (!loaded_) loaded_ = load_tee(kind_, {});
        if (!*loaded_) ADD_FAILURE() << loaded_->error().message;
        return (*loaded_)->functions;
    }
    std::string why_no_other_users() const override { return geteuid() == 0 ? "" : "needs root to become other users"; }
    uint32_t uid() const override { return geteuid(); }

private:
    // Adds the group that may open a real TEE's device.
    std::vector<gid_t> groups_of(const User& user) const {
        std::vector<gid_t> groups = user.groups;
        struct stat node = {};
        if (kind_ == TeeKind::optee && stat("/dev/tee0", &node) == 0) groups.push_back(node.st_gid);
        return groups;
    }
    TeeKind kind_;
    std::optional<Result<LoadedTee>> loaded_;
};

#ifdef FESTORE_IN_PROCESS
class InProcess : public Backend {
public:
    InProcess() : tee_(sim::Config{}) {
        tee_.install(ta::host_image());
        sim::use_tee(&tee_);
    }
    Result<Client> connect(const ClientOptions& options) override {
        return ClientAccess::connect(sim::teec_in_process(), options, claimed_id(options.owner));
    }
    void as_user(const User& user, const std::function<void()>& body) override {
        sim::set_caller({user.uid, user.gid, user.groups});
        uid_ = user.uid;
        body();
        uid_.reset();
        sim::reset_caller();
    }
    const TeecFunctions& functions() override { return sim::teec_in_process(); }
    std::string why_no_other_users() const override { return ""; }
    uint32_t uid() const override { return uid_.value_or(geteuid()); }

private:
    std::optional<uint32_t> claimed_id(const Owner& owner) const {
        return owner.kind == Owner::Kind::user ? uid_ : std::nullopt;
    }
    sim::Tee tee_;
    std::optional<uint32_t> uid_;
};
#endif

std::unique_ptr<Backend> choose() {
#ifdef FESTORE_IN_PROCESS
    const std::string tee = environment("CONFORMANCE_TEE", "in-process");
    if (tee == "in-process") return std::make_unique<InProcess>();
#else
    const std::string tee = environment("CONFORMANCE_TEE", "optee");
#endif
    if (tee == "sim") return std::make_unique<Library>(TeeKind::sim);
    if (tee == "optee") return std::make_unique<Library>(TeeKind::optee);
    std::fprintf(stderr, "conformance: this build knows no CONFORMANCE_TEE=%s\n", tee.c_str());
    std::exit(2);
}

}  // namespace

namespace {

// Opened once, before children become other users, who could not open it. -1: not requested.
int answers_file() {
    static const int file = [] {
        const std::string name = environment("CONFORMANCE_ANSWERS", "");
        if (name.empty()) return -1;
        const int opened = open(name.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
        if (opened < 0) {
            std::perror(name.c_str());
            std::exit(2);
        }
        return opened;
    }();
    return file;
}

}  // namespace

namespace {

std::optional<Storage> storage_of(std::string_view name) {
    if (name == "ree") return Storage::ree;
    if (name == "rpmb") return Storage::rpmb;
    if (name == "store") return Storage::store;
    return std::nullopt;
}

// Created once, before children become other users; every user may create a store in it.
const std::string& stores_folder() {
    static const std::string folder = [] {
        const bool real = environment("CONFORMANCE_TEE", "") == "optee";
        std::string path = environment("CONFORMANCE_STORES", real ? "/var/lib/festore-conformance" : "");
        if (path.empty()) {
            path = testing::TempDir() + "/festore-conformance.XXXXXX";
            if (mkdtemp(path.data()) == nullptr) path.clear();
        } else if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
            path.clear();
        }
        if (path.empty() || chmod(path.c_str(), 01777) != 0) {
            std::perror("conformance: a folder for stores");
            std::exit(2);
        }
        return path;
    }();
    return folder;
}

}  // namespace

Backend& backend() {
    (void)answers_file();
    (void)stores_folder();
    static const std::unique_ptr<Backend> chosen = choose();
    return *chosen;
}

std::vector<Storage> storages() {
    std::vector<Storage> result;
    std::string rest = environment("CONFORMANCE_STORAGES", "ree");
    while (!rest.empty()) {
        const size_t comma = std::min(rest.find(','), rest.size());
        const std::string one = rest.substr(0, comma);
        const std::optional<Storage> storage = storage_of(one);
        if (!storage) {
            std::fprintf(stderr, "conformance: CONFORMANCE_STORAGES knows ree, rpmb and store, not '%s'\n", one.c_str());
            std::exit(2);
        }
        result.push_back(*storage);
        rest.erase(0, comma + 1);
    }
    return result;
}

std::string name_of(Storage storage) {
    return storage == Storage::ree ? "ree" : storage == Storage::rpmb ? "rpmb" : "store";
}

std::string store_directory(const Owner& owner) {
    const std::string& folder = stores_folder();
    switch (owner.kind) {
    case Owner::Kind::user: return folder + "/uid-" + std::to_string(backend().uid());
    case Owner::Kind::group: return folder + "/gid-" + std::to_string(*owner.id);
    default: return "";
    }
}

void note_answer(const std::string& where, const Error* error) {
    if (answers_file() < 0) return;
    const Error none{};
    const Error& e = error != nullptr ? *error : none;
    const int code = error != nullptr ? static_cast<int>(e.code) : 0;
    std::array<char, 160> line{};
    std::snprintf(line.data(), line.size(), "%s: code %d, TEE result 0x%08x, origin %u\n", where.c_str(), code,
                  e.tee_result, e.tee_origin);
    const auto size = static_cast<ssize_t>(std::strlen(line.data()));
    if (write(answers_file(), line.data(), static_cast<size_t>(size)) != size) {
        std::perror("conformance: CONFORMANCE_ANSWERS");
        std::exit(2);
    }
}

}  // namespace festore::conformance
