// SPDX-License-Identifier: BSD-2-Clause
// The test machines' RPMB device follows the eMMC standard; if its file is torn, a write is complete or undone.
#include "machines/lib/rpmb/device.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <filesystem>
#include <fstream>
#include <vector>

namespace rpmb {
namespace {

using Bytes = std::vector<uint8_t>;
constexpr long kSlots = 4096, kContent = 36864;  // in the device's file
constexpr uint16_t kProgramKey = 1, kReadCounter = 2, kWrite = 3, kRead = 4;
constexpr uint16_t kOk = 0, kFailure = 1, kBadMac = 2, kBadCounter = 3, kBadAddress = 4, kNoKey = 7;
const Bytes kKey(32, 0x5a);

void put16(Bytes& frame, size_t at, size_t value) {
    frame[at] = static_cast<uint8_t>(value >> 8);
    frame[at + 1] = static_cast<uint8_t>(value);
}
uint16_t get16(const Bytes& frame, size_t at) { return static_cast<uint16_t>(frame[at] << 8 | frame[at + 1]); }

Bytes code_of(const Bytes& frames, const Bytes& key) {
    Bytes covered, code(32);
    for (auto frame = frames.begin(); frame != frames.end(); frame += 512)
        covered.insert(covered.end(), frame + 228, frame + 512);
    HMAC(EVP_sha256(), key.data(), 32, covered.data(), covered.size(), code.data(), nullptr);
    return code;
}

class RpmbDevice : public testing::Test {
protected:
    RpmbDevice() {
        std::string name = testing::TempDir() + "rpmb.XXXXXX";
        if (mkdtemp(name.data()) == nullptr) ADD_FAILURE() << name;
        folder = name;
        file = folder / "device";
    }
    ~RpmbDevice() override { std::filesystem::remove_all(folder); }

    Device opened(Mode mode = Mode::normal) const {
        Device device;
        EXPECT_TRUE(device.open(file, mode, 1));
        return device;
    }
    static Bytes ask(Device& device, const Bytes& request, size_t frames = 1) {
        Bytes response(frames * kFrameBytes);
        EXPECT_TRUE(device.access(request, response));
        return response;
    }
    static Bytes of_type(uint16_t type) {
        Bytes frame(kFrameBytes);
        put16(frame, 510, type);
        return frame;
    }
    static uint16_t result(const Bytes& response) { return get16(response, 508); }
    static uint16_t program(Device& device) {
        Bytes frame = of_type(kProgramKey);
        std::copy(kKey.begin(), kKey.end(), frame.begin() + 196);
        return result(ask(device, frame));
    }
    static Bytes write_request(size_t address, size_t counter, uint8_t fill, size_t blocks = 1,
                               const Bytes& key = kKey) {
        Bytes frames;
        for (size_t i = 0; i < blocks; i++) {
            Bytes frame = of_type(kWrite);
            std::fill(frame.begin() + 228, frame.begin() + 484, fill);
            put16(frame, 502, counter);
            put16(frame, 504, address);
            put16(frame, 506, blocks);
            frames.insert(frames.end(), frame.begin(), frame.end());
        }
        const Bytes code = code_of(frames, key);
        std::copy(code.begin(), code.end(), frames.end() - 512 + 196);
        return frames;
    }
    static size_t counter(Device& device) { return get16(ask(device, of_type(kReadCounter)), 502); }
    static uint8_t block(Device& device, size_t address) {
        Bytes request = of_type(kRead);
        put16(request, 504, address);
        const Bytes response = ask(device, request);
        EXPECT_EQ(result(response), kOk);
        EXPECT_EQ(Bytes(response.begin() + 196, response.begin() + 228), code_of(response, kKey));
        return response[228];
    }

    std::filesystem::path folder, file;
};

TEST_F(RpmbDevice, TheKeyIsProgrammedOnce) {
    Device device = opened();
    EXPECT_EQ(result(ask(device, of_type(kReadCounter))), kNoKey);
    EXPECT_EQ(result(ask(device, write_request(0, 0, 1))), kNoKey);
    EXPECT_EQ(program(device), kOk);
    EXPECT_EQ(program(device), kFailure);
    EXPECT_EQ(result(ask(device, of_type(kReadCounter))), kOk);
}

TEST_F(RpmbDevice, AWriteNeedsKeyCounterAndPlace) {
    Device device = opened();
    program(device);
    EXPECT_EQ(result(ask(device, write_request(7, 0, 0x11))), kOk);
    EXPECT_EQ(result(ask(device, write_request(7, 0, 0x22))), kBadCounter) << "a replay";
    EXPECT_EQ(result(ask(device, write_request(7, 1, 0x22, 1, Bytes(32, 1)))), kBadMac);
    EXPECT_EQ(result(ask(device, write_request(512, 1, 0x22))), kBadAddress) << "128 KiB are 512 blocks";
    EXPECT_EQ(result(ask(device, write_request(511, 1, 0x22, 2))), kBadAddress);
    EXPECT_EQ(block(device, 7), 0x11);
    EXPECT_EQ(counter(device), 1U);
    EXPECT_EQ(result(ask(device, write_request(510, 1, 0x33, 2))), kOk);
    EXPECT_EQ(block(device, 511), 0x33);
}

TEST_F(RpmbDevice, ItLasts) {
    {
        Device device = opened();
        program(device);
        ask(device, write_request(3, 0, 0x44));
    }
    Device again = opened();
    EXPECT_EQ(block(again, 3), 0x44);
    EXPECT_EQ(counter(again), 1U);
}

TEST_F(RpmbDevice, AWriteThatOnlyItsLogHoldsIsMadeGood) {
    Bytes before(1 << 17);
    {
        Device device = opened();
        program(device);
        ask(device, write_request(3, 0, 0x44, 2));
        std::ifstream(file, std::ios::binary).read(reinterpret_cast<char*>(before.data()), 1 << 17);
        ask(device, write_request(3, 1, 0x55, 2));
    }
    {  // Power failed after the log was synced: header and content are as before the second write.
        std::fstream edit(file, std::ios::binary | std::ios::in | std::ios::out);
        edit.write(reinterpret_cast<const char*>(before.data()), 4096);
        edit.seekp(kContent);
        edit.write(reinterpret_cast<const char*>(before.data() + kContent), 4096);
    }
    Device again = opened();
    EXPECT_EQ(block(again, 3), 0x55);
    EXPECT_EQ(block(again, 4), 0x55);
    EXPECT_EQ(counter(again), 2U);
}

TEST_F(RpmbDevice, AWriteWhoseLogIsTornIsUndone) {
    Bytes before(1 << 17);
    {
        Device device = opened();
        program(device);
        ask(device, write_request(3, 0, 0x44, 2));
        std::ifstream(file, std::ios::binary).read(reinterpret_cast<char*>(before.data()), 1 << 17);
        ask(device, write_request(3, 1, 0x55, 2));
    }
    {  // Only the first half of the second write's log was written: counter 2, so the first slot.
        std::fstream edit(file, std::ios::binary | std::ios::in | std::ios::out);
        edit.write(reinterpret_cast<const char*>(before.data()), 4096);
        edit.seekp(kSlots + 256);
        edit.write(reinterpret_cast<const char*>(before.data() + kSlots + 256), 4096 - 256);
        edit.seekp(kContent);
        edit.write(reinterpret_cast<const char*>(before.data() + kContent), 4096);
    }
    Device again = opened();
    EXPECT_EQ(block(again, 3), 0x44);
    EXPECT_EQ(counter(again), 1U);
}

TEST_F(RpmbDevice, TheModesThatTestsNeed) {
    Device absent = opened(Mode::absent);
    Bytes info(19), response(kFrameBytes);
    EXPECT_TRUE(absent.describe(info));
    EXPECT_EQ(info[18], 1);
    EXPECT_FALSE(absent.access(of_type(kReadCounter), response));
    Device device = opened();
    EXPECT_TRUE(device.describe(info));
    EXPECT_EQ(info[16], 1);
    EXPECT_EQ(info[18], 0);
    program(device);
    Device no_key = opened(Mode::no_key);
    EXPECT_EQ(result(ask(no_key, of_type(kReadCounter))), kNoKey);
    EXPECT_EQ(program(no_key), kFailure);
    Device foreign = opened(Mode::foreign_key);
    const Bytes answer = ask(foreign, of_type(kReadCounter));
    EXPECT_EQ(result(answer), kOk);
    EXPECT_NE(Bytes(answer.begin() + 196, answer.begin() + 228), code_of(answer, kKey));
}

}  // namespace
}  // namespace rpmb
