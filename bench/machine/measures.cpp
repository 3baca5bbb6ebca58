// SPDX-License-Identifier: BSD-2-Clause
#include "bench/machine/measures.h"

#include <chrono>
#include <cstdio>

namespace festore::bench {
namespace {

using Clock = std::chrono::steady_clock;

double ms_of(Clock::duration d) { return std::chrono::duration<double, std::milli>(d).count(); }

nlohmann::ordered_json json_of(const Spent& spent, size_t runs) {
    const auto n = static_cast<double>(runs);
    return {{"count", static_cast<double>(spent.count) / n}, {"ms", static_cast<double>(spent.ns) / n / 1e6}};
}

}  // namespace

void say(const std::string& text) {
    static const Clock::time_point begin = Clock::now();
    std::fprintf(stderr, "[%6.1f s] %s\n", ms_of(Clock::now() - begin) / 1000, text.c_str());
}

void Measures::run_side(Side& side) {
    Measure& measure = measures_[{side.name, side.objects}];
    measure.bytes = side.bytes;
    side.begin();
    for (size_t i = 0; i < side.times; ++i) {
        const uint64_t supplicant = supplicant_accesses();
        const SystemCalls calls = system_calls();
        const Clock::time_point begin = Clock::now();
        side.run(i);
        const Clock::duration took = Clock::now() - begin;
        measure.calls += system_calls() - calls;
        measure.supplicant += supplicant_accesses() - supplicant;
        measure.ms.push_back(ms_of(took));
        side.check(i);
    }
    side.end();
}

void Measures::run(const Sides& sides, size_t rounds) {
    for (size_t round = 0; round < rounds; ++round) {
        say("round " + std::to_string(round + 1) + " of " + std::to_string(rounds));
        for (size_t i = 0; i < sides.size(); ++i) run_side(*sides[(i + round) % sides.size()]);
    }
}

nlohmann::ordered_json Measures::json() const {
    auto list = nlohmann::ordered_json::array();
    for (const auto& [key, m] : measures_) {
        const size_t runs = m.ms.size();
        list.push_back({{"name", key.first},
                        {"objects", key.second},
                        {"bytes", m.bytes},
                        {"ms", m.ms},
                        {"per_run",
                         {{"tee_calls", json_of(m.calls.tee, runs)},
                          {"sharing", json_of(m.calls.share, runs)},
                          {"syncs", json_of(m.calls.sync, runs)},
                          {"writes", json_of(m.calls.write, runs)},
                          {"reads", json_of(m.calls.read, runs)},
                          {"supplicant_accesses", static_cast<double>(m.supplicant) / static_cast<double>(runs)}}}});
    }
    return list;
}

}  // namespace festore::bench
