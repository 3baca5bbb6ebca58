// SPDX-License-Identifier: BSD-2-Clause
// Measures festore, the stock way and the primitives side by side on this machine's TEE, and writes what it measured as JSON.
// tools/bench runs it in an emulated machine; on a board it needs root, and the probe's TA next to festore's.
//   festore_bench --out FILE [--quick] [--large-only] [--keep] [--festore FILE] [--dir DIR]
#include "bench/machine/sides.h"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <grp.h>
#include <sys/utsname.h>
#include <thread>
#include <unistd.h>

namespace festore::bench {
namespace {

struct Options {
    std::string out;
    std::string festore = "/usr/bin/festore";
    std::string directory = "/var/lib/festore-bench";
    bool quick = false;
    bool large_only = false;  // only large contents
    bool keep = false;        // leave stores and objects behind
};

struct Plan {
    std::array<size_t, 3> store_objects;
    std::array<size_t, 2> stock_objects;
    size_t rounds;
    size_t large_rounds;
    size_t large_bytes;
    size_t stock_large_bytes;
    Times times;
};

constexpr Plan kFull{{10, 100, 5000}, {10, 100}, 6, 5, 16 << 20, PROBE_CONTENT_BYTES_MAX, {40, 15, 2, 3}};
// Shows only that everything works; it says nothing about speed.
constexpr Plan kQuick{{10, 30, 200}, {3, 6}, 1, 1, 2 << 20, 128 * 1024, {5, 3, 1, 1}};

constexpr gid_t kFirstGroup = 64200;  // nobody is in it

// Three owners with one store each: the calling user, whose store the command uses too, and two groups.
std::array<TestStore, 3> make_stores(const Options& options, const Plan& plan) {
    const std::array<gid_t, 2> groups = {kFirstGroup, kFirstGroup + 1};
    if (setgroups(groups.size(), groups.data()) != 0) throw Failed("needs root");
    std::array<TestStore, 3> stores;
    for (size_t i = 0; i < stores.size(); ++i) {
        ClientOptions& client = stores[i].options;
        stores[i].objects = plan.store_objects[i];
        client.tee = TeeKind::optee;
        client.storage = Storage::store;
        client.owner = i == 1 ? Owner::user() : Owner::group(groups[i / 2]);
        client.store_directory = options.directory + "/store-" + std::to_string(plan.store_objects[i]);
        client.call_timeout = std::chrono::seconds(300);
    }
    return stores;
}

nlohmann::ordered_json about(const TestStore& store) {
    Client client = store.connect();
    const auto tee = client.status();
    const auto info = client.store()->status();
    if (!tee || !info) throw Failed(tee ? info.error().message : tee.error().message);
    utsname system{};
    uname(&system);
    return {{"optee", tee->tee_version},
            {"festore", std::string(version())},
            {"kernel", system.release},
            {"architecture", system.machine},
            {"processors", std::thread::hardware_concurrency()},
            {"cipher", info->cipher}};
}

nlohmann::ordered_json measure(const Options& options) {
    const Plan& plan = options.quick ? kQuick : kFull;
    const auto stores = make_stores(options, plan);
    const TestStore& users = stores[1];
    std::filesystem::create_directories(options.directory);
    for (const TestStore& store : stores) {
        if (options.large_only && &store != &users) continue;
        say("a store of " + std::to_string(store.objects) + " objects");
        store.fill();
    }
    nlohmann::ordered_json result = {{"format", 1}, {"quick", options.quick}, {"machine", about(users)}};
    Measures measures;
    size_t stock = 0;
    for (const size_t objects : plan.stock_objects) {
        say("the stock way: " + std::to_string(objects) + " objects");
        fill_stock(stock, objects);
        stock = objects;
        if (!options.large_only) {
            const Sides sides = small_sides(stores, users, objects, options.festore, plan.times);
            measures.run(sides, plan.rounds);
        }
        if (objects != plan.stock_objects[0]) continue;
        say("large contents");
        measures.run(bulk_sides(users, result["machine"]["cipher"], plan.large_bytes, plan.stock_large_bytes, objects,
                                options.festore),
                     plan.large_rounds);
        if (options.large_only) break;
    }
    result["measures"] = measures.json();
    if (options.keep) return result;
    say("cleaning up");
    for (const TestStore& store : stores)
        if (!options.large_only || &store == &users) store.destroy();
    remove_stock(stock);
    return result;
}

Options parse(int argc, char** argv) {
    Options options;
    for (int i = 1; i < argc; ++i) {
        const std::string argument = argv[i];
        const auto value = [&]() -> std::string {
            if (++i == argc) throw Failed(argument + " wants a value");
            return argv[i];
        };
        if (argument == "--out") options.out = value();
        else if (argument == "--festore") options.festore = value();
        else if (argument == "--dir") options.directory = value();
        else if (argument == "--quick") options.quick = true;
        else if (argument == "--large-only") options.large_only = true;
        else if (argument == "--keep") options.keep = true;
        else throw Failed("unknown argument " + argument);
    }
    if (options.out.empty()) throw Failed("--out FILE is missing");
    return options;
}

}  // namespace
}  // namespace festore::bench

int main(int argc, char** argv) {
    try {
        const auto options = festore::bench::parse(argc, argv);
        const auto result = festore::bench::measure(options);
        if (!(std::ofstream(options.out) << result.dump(1) << '\n')) throw std::runtime_error("cannot write " + options.out);
    } catch (const std::exception& e) {
        std::fprintf(stderr, "festore_bench: %s\n", e.what());
        return 1;
    }
}
