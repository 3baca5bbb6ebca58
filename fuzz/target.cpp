// SPDX-License-Identifier: BSD-2-Clause
#define OPENSSL_SUPPRESS_DEPRECATED  // sets the random source through an interface from before version 3
#include "fuzz/target.h"

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iterator>
#include <openssl/rand.h>
#include <string>

// Replaces time() in all programs that link this library (CMakeLists.txt), since the client dates what it makes.
extern "C" time_t __wrap_time(time_t* out) {
    constexpr time_t kStartOf2020 = 1577836800;
    if (out != nullptr) *out = kStartOf2020;
    return kStartOf2020;
}

namespace festore::fuzz {
namespace {

constexpr Target kTargets[] = {
    {"wire", run_wire},
    {"ta_commands", run_ta_commands, prepare_world},
    {"page_service", run_page_service, prepare_world},
    {"sealed", run_sealed},
    {"client", run_client, prepare_client},
    {"live_directory", run_live_directory, prepare_live_directory},
    {"ree_fs", run_ree_fs, prepare_ree_fs},
    {"command_line", run_command_line},
};

uint64_t random_state = 0;

int give_random(unsigned char* out, int size) {
    for (int i = 0; i < size; ++i) {
        random_state = random_state * 6364136223846793005U + 1442695040888963407U;
        out[i] = static_cast<unsigned char>(random_state >> 56);
    }
    return 1;
}

void make_random_source_repeatable() {
    static const RAND_METHOD method = {nullptr, give_random, nullptr, nullptr, give_random, [] { return 1; }};
    random_state = 1;
    if (RAND_get_rand_method() != &method) RAND_set_rand_method(&method);
}

}  // namespace

std::span<const Target> targets() { return kTargets; }

const Target* find_target(std::string_view name) {
    for (const Target& target : kTargets)
        if (target.name == name) return &target;
    return nullptr;
}

void run(const Target& target, Bytes input) {
    make_random_source_repeatable();
    if (target.prepare != nullptr) target.prepare();
    make_random_source_repeatable();  // so that the first run begins like later ones
    // A copy of exactly that size, so that a sanitizer detects reads beyond it.
    const Bytes part = input.first(std::min(input.size(), kInputBytesMax));
    const Content copy(part.begin(), part.end());
    target.run(copy);
}

void require(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "festore fuzz: does not hold: %s\n", what);
    std::abort();
}

void meddle(Input& input, MutableBytes bytes) {
    const uint8_t how = input.u8();
    if (how < 160 || bytes.empty()) return;
    for (size_t changes = 1 + how % 4; changes > 0; --changes)
        bytes[input.u16() % bytes.size()] ^= static_cast<std::byte>(input.u8());
}

Content load(std::string_view path) {
    std::ifstream in{std::string(path), std::ios::binary};
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    require(in.good(), "a file that the harness needs can be read");
    const Bytes bytes = bytes_of(text);
    return {bytes.begin(), bytes.end()};
}

}  // namespace festore::fuzz
