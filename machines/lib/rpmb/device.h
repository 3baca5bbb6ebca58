// SPDX-License-Identifier: BSD-2-Clause
// An RPMB device (JEDEC eMMC) in a file, for the test machines: it protects nothing. A write that was answered is durable. A power
// cut leaves a write either complete, with its counter, or not done at all, as with reliable writes of a real device.
//
// The file: a header block, two log slots, then the content. A write goes to the log slot that its counter chooses and is
// synced there; then it is applied to header and content, which the next write's sync makes durable. At opening, both
// slots are applied again, the older one first.
//
// One thread at a time.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace rpmb {

inline constexpr size_t kFrameBytes = 512, kBlockBytes = 256, kMacBytes = 32, kCidBytes = 16;
// The most blocks of one write: the device announces half of this number, as its reliable write size in sectors.
inline constexpr size_t kBlocksPerWriteMax = 32;

// How the device behaves. FESTORE_RPMB in the supplicant's environment chooses it.
enum class Mode {
    normal,
    absent,      // there is no device
    no_key,      // the key was never programmed, and cannot be: as an OP-TEE without CFG_RPMB_WRITE_KEY finds a new device
    foreign_key  // the key belongs to another TEE
};

class Device {
public:
    // size_multiple: size in units of 128 KiB, for a file that does not exist yet. False: the file cannot be used; errno says why.
    bool open(const std::string& file, Mode mode, uint8_t size_multiple);
    // One access: request frames in, response frames out. False: not understood.
    bool access(std::span<const uint8_t> request, std::span<uint8_t> response);
    // Identification, size and reliable write size, in the form of OP-TEE's supplicant protocol: 19 bytes.
    bool describe(std::span<uint8_t> response) const;

private:
    struct Header {
        std::array<char, 8> magic;
        uint32_t counter;
        uint8_t size_multiple, has_key;
        std::array<uint8_t, kMacBytes> key;
    };
    struct Slot {
        std::array<uint8_t, kMacBytes> digest;  // SHA-256 of what follows
        uint32_t counter;                       // after the write
        uint16_t address, blocks;
        std::array<uint8_t, kBlocksPerWriteMax * kBlockBytes> data;
    };

    uint16_t program_key(std::span<const uint8_t> frame);
    uint16_t write(std::span<const uint8_t> frames);
    uint16_t read(uint16_t address, std::span<uint8_t> response) const;
    void finish(std::span<uint8_t> frames, uint16_t request_type, uint16_t result) const;
    std::array<uint8_t, kMacBytes> mac(std::span<const uint8_t> frames) const;
    bool blocks_exist(size_t address, size_t count) const;
    bool replay();
    bool apply(const Slot& slot);
    bool save_header();

    int fd_ = -1;
    Mode mode_ = Mode::normal;
    Header header_{};
};

}  // namespace rpmb
