// SPDX-License-Identifier: BSD-2-Clause
// The harnesses: each takes any bytes, does something with them that must not fail, and ends the process by abort() if it
// does. What a harness does depends on its input alone: its initial state is made before, and the random source and the clocks
// of the simulated TEE and of the library are repeatable. One thread at a time.
#pragma once
#include "base/bytes.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <vector>

namespace festore::fuzz {

inline constexpr size_t kInputBytesMax = 8192;  // more is cut off

using Content = std::vector<std::byte>;

struct Target {
    std::string_view name;
    void (*run)(Bytes input);
    void (*prepare)() = nullptr;  // makes the initial state of all runs, at its first call; null: there is none
};
std::span<const Target> targets();
const Target* find_target(std::string_view name);  // null: there is none
// Runs it on at most kInputBytesMax bytes. The random source gives the same bytes in each run, including the first.
void run(const Target& target, Bytes input);

// Unless `holds`, prints `what` and aborts.
void require(bool holds, const char* what);

// Reads an input from the front. Beyond its end it reads as zero.
class Input {
public:
    explicit Input(Bytes bytes) : rest_(bytes) {}
    [[nodiscard]] bool empty() const { return rest_.empty(); }
    uint8_t u8() {
        if (rest_.empty()) return 0;
        const auto value = static_cast<uint8_t>(rest_[0]);
        rest_ = rest_.subspan(1);
        return value;
    }
    // Little-endian. The bytes are read in this order, whatever order the compiler chooses for operands.
    uint16_t u16() { return static_cast<uint16_t>(number(2)); }
    uint32_t u32() { return static_cast<uint32_t>(number(4)); }
    uint64_t u64() { return number(8); }
    // 0 to n - 1.
    size_t below(size_t n) { return (n > 256 ? u16() : u8()) % n; }
    bool one_in(size_t n) { return u8() % n == n - 1; }
    Bytes bytes(size_t size) {
        const Bytes taken = rest_.first(std::min(size, rest_.size()));
        rest_ = rest_.subspan(taken.size());
        return taken;
    }
    // A size, then as many bytes.
    Bytes sized(size_t max) { return bytes(below(max + 1)); }
    [[nodiscard]] Bytes rest() const { return rest_; }

private:
    uint64_t number(size_t size) {
        uint64_t value = 0;
        for (size_t i = 0; i < size; ++i) value |= uint64_t{u8()} << (8 * i);
        return value;
    }
    Bytes rest_;
};

// Changes some bytes as the input says; often none.
void meddle(Input& input, MutableBytes bytes);

// The bytes of a file that a harness needs; aborts if it cannot be read.
Content load(std::string_view path);

// The commands that the TA has completed for run_ta_commands() so far.
const std::set<uint32_t>& ta_commands_succeeded();

void prepare_world();
void prepare_client();
void prepare_live_directory();
void prepare_ree_fs();
// One file each.
void run_wire(Bytes input);          // the messages between client and TA
void run_ta_commands(Bytes input);   // the TA, by several sessions
void run_page_service(Bytes input);  // a store of the TA, by a client that brings wrong pages
void run_sealed(Bytes input);        // the engine, with data that are authentic but may hold anything
void run_client(Bytes input);        // the library, with a TEE that lies and a directory that was changed
void run_live_directory(Bytes input);  // the library, with a directory that somebody rearranges between two calls
void run_ree_fs(Bytes input);        // OP-TEE's storage directory
void run_command_line(Bytes input);  // arguments and batches

}  // namespace festore::fuzz
