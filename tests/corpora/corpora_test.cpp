// SPDX-License-Identifier: BSD-2-Clause
// Every harness of fuzz/ over its corpus, and over inputs of a repeatable random source. A harness that finds something
// ends this program, and the line before says which input it was.
#include "fuzz/store_requests.h"
#include "protocol/commands.h"
#include "ta/dispatch.h"
#include "tests/corpora/seeds.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <random>
#include <set>
#include <string>

namespace festore::fuzz {
namespace {

class Corpora : public testing::TestWithParam<std::string_view> {};

// FESTORE_FUZZ_RANDOM: how many inputs.
size_t random_inputs() {
    const char* const number = std::getenv("FESTORE_FUZZ_RANDOM");
    return number != nullptr ? std::strtoul(number, nullptr, 10) : 30;
}

void replay_corpus(const Target& target) {
    std::set<std::filesystem::path> files;
    for (const auto& file : std::filesystem::directory_iterator(std::filesystem::path(FESTORE_CORPORA) / target.name))
        files.insert(file.path());
    EXPECT_GE(files.size(), 10U);
    for (const auto& file : files) {
        SCOPED_TRACE(file.string());
        const Content input = load(file.string());
        std::fprintf(stderr, "%s\r", file.filename().c_str());
        run(target, input);
    }
}

void run_random_inputs(const Target& target) {
    for (size_t i = 0; i < random_inputs(); ++i) {
        std::mt19937 random(static_cast<unsigned>(i));
        Content input(random() % (i % 4 == 0 ? kInputBytesMax : 600));
        for (std::byte& b : input) b = static_cast<std::byte>(random());
        std::fprintf(stderr, "seed %zu\r", i);
        run(target, input);
    }
}

TEST_P(Corpora, AreReplayed) { replay_corpus(*find_target(GetParam())); }
TEST_P(Corpora, SoAreRandomInputs) { run_random_inputs(*find_target(GetParam())); }

TEST(Commands, OfTheStoreAreThoseOfTheTa) {
    for (uint32_t command = 0; command < 4096; ++command)
        EXPECT_EQ(find_store_command(command) != nullptr, ta::is_store_command(command)) << command;
}

// FESTORE_FUZZ_WRITE_SEEDS=1 writes them, where a change of the harness has changed them.
TEST(Commands, SeedsAreThoseOfTheirGenerator) {
    const std::map<std::string, std::map<std::string, Content>> all = {{"ta_commands", ta_seeds()}, {"client", client_seeds()}};
    for (const auto& [target, seeds] : all) {
        for (const auto& [name, bytes] : seeds) {
            const std::filesystem::path file = std::filesystem::path(FESTORE_CORPORA) / target / name;
            if (std::getenv("FESTORE_FUZZ_WRITE_SEEDS") != nullptr) std::ofstream(file, std::ios::binary) << text_of(bytes);
            EXPECT_EQ(load(file.string()), bytes) << name;
        }
    }
}

// Else a harness could miss a command, by requests that are never right, and nobody would see it.
TEST(Commands, AreAllDoneAtLeastOnce) {
    const Target& target = *find_target("ta_commands");
    replay_corpus(target);
    run_random_inputs(target);
    for (uint32_t command = 0; command < protocol::kBasicCommandCount; ++command)
        EXPECT_TRUE(ta_commands_succeeded().contains(command)) << command;
    for (const StoreCommandRow& row : store_commands()) {
        const auto command = static_cast<uint32_t>(row.command);
        EXPECT_TRUE(ta_commands_succeeded().contains(command)) << command;
    }
}

std::vector<std::string_view> names() {
    std::vector<std::string_view> all;
    for (const Target& target : targets()) all.push_back(target.name);
    return all;
}
INSTANTIATE_TEST_SUITE_P(All, Corpora, testing::ValuesIn(names()), [](const auto& test) { return std::string(test.param); });

}  // namespace
}  // namespace festore::fuzz
