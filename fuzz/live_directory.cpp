// SPDX-License-Identifier: BSD-2-Clause
// The library with a store in a real directory, which another member of the store's group rearranges between two calls: names are
// removed, exchanged, linked, moved away and put back (rules 24 and 29). Nothing outside the store changes, no call blocks, and each
// result of the library is right or an error.
#include "client/files/access.h"
#include "fuzz/client_model.h"
#include "fuzz/made_store.h"
#include "sim/teec/teec_in_process.h"
#include "tests/store/harness/planted.h"

#include <array>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

namespace festore::fuzz {
namespace {

using std::filesystem::path;
using store_test::Outside;

constexpr uint32_t kUser = 1000;

// A folder of this process, in memory if the system has one there, since each run makes a store.
const path& root() {
    static const struct Root {
        Root() {
            const bool has_memory = access("/dev/shm", W_OK) == 0;
            std::string name = (has_memory ? "/dev/shm" : std::filesystem::temp_directory_path().string()) + "/festore-live.XXXXXX";
            require(mkdtemp(name.data()) != nullptr, "a folder is made");
            folder = name;
        }
        ~Root() { std::filesystem::remove_all(folder); }
        path folder;
    } made;
    return made.folder;
}
path store() { return root() / "store"; }

Result<Client> connect() {
    ClientOptions options;
    options.storage = Storage::store;
    options.store_directory = store().string();
    options.wait = std::chrono::seconds(0);
    options.idle_timeout = std::chrono::milliseconds(0);
    return ClientAccess::connect(sim::teec_in_process(), options, kUser);
}

struct Made {
    MadeStore store = make_store(connect);
    std::map<std::string, std::string> files;  // by their path in the directory

    Made() {
        for (const auto& entry : std::filesystem::recursive_directory_iterator(fuzz::store()))
            if (entry.is_regular_file())
                files[entry.path().lexically_relative(fuzz::store()).string()] = store_test::read_file(entry.path());
    }
};

const Made& made() {
    static const Made once;
    return once;
}

// An attacker who may write to the directory and read everything.
class Rearranger {
public:
    Rearranger(Input& in, const Outside& outside) : in_(in), outside_(outside) {
        for (const auto& file : made().files) names_.push_back(file.first);
        for (const char* name : {"payloads", "pages.new", "pages.old", "pages.older", ".festore.store.new", "payloads/foreign"})
            names_.emplace_back(name);
    }

    void rearrange() {
        const path at = pick();
        const path other = pick();
        switch (in_.u8() % 12) {
        case 0: std::filesystem::remove_all(at, ignored_); break;
        case 1: std::filesystem::rename(at, other, ignored_); break;
        case 2: (void)renameat2(AT_FDCWD, at.c_str(), AT_FDCWD, other.c_str(), RENAME_EXCHANGE); break;
        case 3: replace(at, [&] { (void)!symlink(target(other).c_str(), at.c_str()); }); break;
        case 4: replace(at, [&] { (void)!link(in_.one_in(2) ? other.c_str() : outside_.file().c_str(), at.c_str()); }); break;
        case 5: replace(at, [&] { (void)mkfifo(at.c_str(), 0600); }); break;
        case 6: replace(at, [&] { (void)mkdir(at.c_str(), 0700); }); break;
        case 7: resize(at, in_.u16()); break;
        case 8:
        case 9: put_back(at); break;
        case 10: exchange_directory(); break;
        default: move_away_or_back(at); break;
        }
    }

private:
    // Never a path that this program itself would reach through a link.
    path pick() {
        const path at = store() / names_[in_.below(names_.size())];
        return std::filesystem::is_directory(std::filesystem::symlink_status(at.parent_path(), ignored_)) ? at : store() / "payloads";
    }
    path target(const path& other) {
        const path targets[] = {outside_.file(), outside_.folder(), outside_.folder() / "none", other};
        return targets[in_.below(std::size(targets))];
    }
    template <class F>
    void replace(const path& at, F&& make) {
        std::filesystem::remove_all(at, ignored_);
        make();
    }
    // Not for a file that has a name outside of the store, too: this program would change it there.
    void resize(const path& at, size_t bytes) {
        const bool is_file = std::filesystem::is_regular_file(std::filesystem::symlink_status(at, ignored_));
        if (is_file && std::filesystem::hard_link_count(at, ignored_) == 1) std::filesystem::resize_file(at, bytes, ignored_);
    }
    // Restores a file as it was before the first call (outdated, or still current), under a new inode, as a script would.
    void put_back(const path& at) {
        const auto file = made().files.find(at.lexically_relative(store()).string());
        if (file == made().files.end()) return;
        std::filesystem::remove_all(at, ignored_);
        store_test::write_file(at, file->second);
    }
    void move_away_or_back(const path& at) {
        const path away = root() / "away";
        if (std::filesystem::exists(std::filesystem::symlink_status(away, ignored_))) std::filesystem::rename(away, at, ignored_);
        else std::filesystem::rename(at, away, ignored_);
    }
    void exchange_directory() {
        const path old = root() / "old";
        std::filesystem::remove_all(old, ignored_);
        std::filesystem::rename(store(), old, ignored_);
        std::filesystem::copy(old, store(),
                              std::filesystem::copy_options::recursive | std::filesystem::copy_options::copy_symlinks, ignored_);
    }

    Input& in_;
    const Outside& outside_;
    std::vector<std::string> names_;
    std::error_code ignored_;
};

void clean() {
    for (const char* name : {"store", "old", "away"}) std::filesystem::remove_all(root() / name);
}

}  // namespace

void prepare_live_directory() {
    sim::set_caller({kUser, kUser, {}});
    clean();
    (void)made();
}

void run_live_directory(Bytes input) {
    sim::set_caller({kUser, kUser, {}});
    Input in(input);
    clean();
    for (const auto& [name, content] : made().files) {
        std::filesystem::create_directories((store() / name).parent_path());
        store_test::write_file(store() / name, content);
    }
    static const Outside outside(root() / "outside");
    const Outside::State before = outside.state();
    sim::Tee tee{repeatable_config()};
    install(tee, made().store.tee);
    sim::use_tee(&tee);
    {
        ClientModel model(in, made().store.objects, ClientModel::Trust::successes, false);
        Rearranger rearranger(in, outside);
        std::optional<Client> client;
        for (int step = 0; step < 16 && !in.empty(); ++step) {
            for (size_t changes = in.below(3); changes > 0; --changes) rearranger.rearrange();
            if (!client || in.one_in(4)) {
                client.reset();
                Result<Client> connected = connect();
                require(connected.has_value(), "the library connects");
                client.emplace(std::move(*connected));
            }
            const store_test::Timer timer("a call of the library");
            if (in.one_in(16)) (void)client->store()->init();  // there is a store already, or its record
            else model.one_step(*client);
        }
    }
    sim::use_tee(nullptr);
    require(outside.state() == before, "nothing outside of the store is changed");
}

}  // namespace festore::fuzz
