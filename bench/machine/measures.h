// SPDX-License-Identifier: BSD-2-Clause
// Measures times and runs several sides in turn: in each round each side runs a few times, and the next round begins with
// another side, so that a machine that becomes slower or faster does so for all of them.
#pragma once
#include "bench/machine/system_calls.h"

#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

namespace festore::bench {

struct Failed : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// One thing that is measured.
class Side {
public:
    Side(std::string its_name, size_t how_many, size_t content_bytes, size_t runs)
        : name(std::move(its_name)), objects(how_many), bytes(content_bytes), times(runs) {}
    virtual ~Side() = default;
    Side(const Side&) = delete;
    Side& operator=(const Side&) = delete;

    // Before and after a round's runs, not measured: opens sessions and fills caches.
    virtual void begin() {}
    virtual void end() {}
    // Measured.
    virtual void run(size_t i) = 0;
    // After each run, not measured: checks that the run did what it should. Throws Failed.
    virtual void check(size_t) {}

    const std::string name;
    const size_t objects;  // existing objects of its kind; 0: does not matter
    const size_t bytes;    // of content that one run moves
    const size_t times;    // runs in a round
};
using Sides = std::vector<std::unique_ptr<Side>>;

class Measures {
public:
    void run(const Sides& sides, size_t rounds);
    [[nodiscard]] nlohmann::ordered_json json() const;

private:
    struct Measure {
        size_t bytes = 0;
        std::vector<double> ms;
        SystemCalls calls;
        uint64_t supplicant = 0;
    };
    void run_side(Side& side);
    std::map<std::pair<std::string, size_t>, Measure> measures_;  // by name and objects
};

// Prints to standard error.
void say(const std::string& text);

}  // namespace festore::bench
