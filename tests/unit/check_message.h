// SPDX-License-Identifier: BSD-2-Clause
// Checks a message of protocol::decode(): a round trip; every truncation and trailing bytes are refused; garbage is either refused or
// decoded to something that encodes to the very same bytes.
#pragma once
#include "protocol/wire.h"
#include "tests/encoded.h"

#include <gtest/gtest.h>
#include <random>
#include <vector>

namespace festore::protocol {

template <class M>
void check_message(const M& message, size_t expected_size) {
    const std::vector<std::byte> bytes = encoded(message);
    EXPECT_EQ(bytes.size(), expected_size) << "the size is part of the contract";
    const Outcome<M> back = decode<M>(bytes);
    ASSERT_TRUE(back);
    EXPECT_EQ(encoded(*back), bytes);

    for (size_t size = 0; size < bytes.size(); ++size) EXPECT_FALSE(decode<M>(Bytes(bytes).first(size))) << size;
    std::vector<std::byte> longer = bytes;
    longer.push_back(std::byte{0});
    EXPECT_FALSE(decode<M>(longer));

    std::mt19937 random(1);
    for (size_t offset = 0; offset < bytes.size(); ++offset) {
        for (int round = 0; round < 128; ++round) {  // one byte, or that and all after it
            std::vector<std::byte> garbage = bytes;
            garbage[offset] = static_cast<std::byte>(random());
            for (size_t i = offset + 1; round % 2 == 0 && i < garbage.size(); ++i) garbage[i] = static_cast<std::byte>(random());
            const Outcome<M> decoded = decode<M>(garbage);
            if (decoded) {
                ASSERT_EQ(encoded(*decoded), garbage) << "at offset " << offset;
            } else {
                ASSERT_EQ(decoded.error().code, Code::bad_format);
            }
        }
    }
}

}  // namespace festore::protocol
