// SPDX-License-Identifier: BSD-2-Clause
// The bytes of each message, as they were recorded when protocol 1.7 was made: no change of the code may change them.
#include "base/host/hex.h"
#include "tests/encoded.h"
#include "tests/unit/message_samples.h"

#include <fstream>
#include <gtest/gtest.h>
#include <map>
#include <string>

namespace festore::protocol {
namespace {

TEST(MessageBytes, AreThoseThatWereRecorded) {
    std::ifstream file(FESTORE_MESSAGE_BYTES);
    std::map<std::string, std::string> recorded;
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with('#')) continue;
        const size_t colon = line.find(": ");
        recorded[line.substr(0, colon)] = line.substr(colon + 2);
    }
    size_t compared = 0;
    const auto compare = [&](const char* name, const auto& message) {
        const std::string now = hex(encoded(message));
        EXPECT_EQ(now.empty() ? "none" : now, recorded[name]) << name;
        ++compared;
    };
    each_object_message(compare);
    each_store_message(compare);
    each_entry(compare);
    EXPECT_EQ(compared, recorded.size()) << "each line belongs to a message";
}

}  // namespace
}  // namespace festore::protocol
