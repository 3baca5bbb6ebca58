// SPDX-License-Identifier: BSD-2-Clause
// The engine alone, on the build machine: index and sealing without a TEE, a disk or a call between worlds. The store is the
// tests' own, with as many pages in memory as the TA has, and OpenSSL's cryptography.
#include "engine/segments.h"
#include "tests/engine/store.h"

#include <benchmark/benchmark.h>
#include <cstdlib>

namespace festore::engine {
namespace {

constexpr Cipher kCiphers[] = {Cipher::aes_256_gcm, Cipher::chacha20_poly1305};

template <class T>
T must(Outcome<T> result) {
    if (!result) std::abort();
    return std::move(*result);
}
void must(const Status& status) {
    if (!status) std::abort();
}

std::string name_of(size_t i) { return "object-" + std::to_string(1'000'000 + i); }

// A store of that many objects of 100 bytes; made once.
TestStore& store_of(size_t objects) {
    static std::map<size_t, std::unique_ptr<TestStore>> stores;
    std::unique_ptr<TestStore>& store = stores[objects];
    if (store) return *store;
    store = std::make_unique<TestStore>(limits::kStoreFrames);
    const std::string content(100, 'x');
    for (size_t i = 0; i < objects;) {
        store->begin();
        for (const size_t end = std::min(objects, i + 5000); i < end; ++i) must(store->put(name_of(i), content));
        must(store->commit());
    }
    return *store;
}

size_t next(size_t& i, size_t objects) { return i = (i + 7919) % objects; }

void put_and_commit(benchmark::State& state) {
    const auto objects = static_cast<size_t>(state.range(0));
    TestStore& store = store_of(objects);
    const std::string content(100, 'y');
    size_t i = 0;
    size_t written = 0;
    for (auto _ : state) {
        store.begin();
        must(store.put(name_of(next(i, objects)), content));
        must(store.commit());
        written += store.counts.written;
    }
    state.counters["pages_written"] = benchmark::Counter(static_cast<double>(written), benchmark::Counter::kAvgIterations);
}
BENCHMARK(put_and_commit)->Arg(10)->Arg(1000)->Arg(100000);

void put_in_a_transaction(benchmark::State& state) {
    const auto changes = static_cast<size_t>(state.range(0));
    constexpr size_t kObjects = 1000;
    TestStore& store = store_of(kObjects);
    const std::string content(100, 'z');
    for (auto _ : state) {
        store.begin();
        for (size_t i = 0; i < changes; ++i) must(store.put(name_of(i % kObjects), content));
        must(store.commit());
    }
    state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(put_in_a_transaction)->Arg(1)->Arg(10)->Arg(100)->Arg(1000);

void lookup(benchmark::State& state) {
    const auto objects = static_cast<size_t>(state.range(0));
    TestStore& store = store_of(objects);
    size_t i = 0;
    size_t calls = 0;
    for (auto _ : state) {
        benchmark::DoNotOptimize(must(store.get(name_of(next(i, objects)))));
        calls += store.counts.rounds;
    }
    state.counters["calls"] = benchmark::Counter(static_cast<double>(calls), benchmark::Counter::kAvgIterations);
}
BENCHMARK(lookup)->Arg(10)->Arg(1000)->Arg(100000);

void seal_page_of_index(benchmark::State& state) {
    TestStore store(Pages::kFramesMin, kCiphers[state.range(0)]);
    const PageContext context{store.root.store_id, store.root.epoch, store.root.cipher};
    PageBytes plain{};
    PageBytes sealed{};
    uint64_t generation = 1;
    for (auto _ : state)
        must(seal_page(store.crypto, store.keys, context, PageKind::leaf, kFirstPage, ++generation, plain, sealed));
    state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(kPageBytes));
}
BENCHMARK(seal_page_of_index)->ArgName("chacha")->Arg(0)->Arg(1);

void seal_segment(benchmark::State& state) {
    TestStore store(Pages::kFramesMin, kCiphers[state.range(0)]);
    const auto bytes = static_cast<uint32_t>(state.range(1));
    const std::vector<std::byte> plain(bytes);
    std::vector<std::byte> sealed(size_t{bytes} + kTagBytes);
    Upload upload = must(Upload::begin(store.root.cipher, store.root.store_id, NewPayload{}, bytes));
    uint32_t number = 0;
    for (auto _ : state) must(upload.seal(store.crypto, number++, false, plain, sealed));
    state.SetBytesProcessed(state.iterations() * state.range(1));
}
BENCHMARK(seal_segment)->ArgNames({"chacha", "bytes"})->ArgsProduct({{0, 1}, {4096, 32768, 262144}});

}  // namespace
}  // namespace festore::engine

BENCHMARK_MAIN();
