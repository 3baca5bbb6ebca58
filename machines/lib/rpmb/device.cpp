// SPDX-License-Identifier: BSD-2-Clause
#include "device.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

namespace rpmb {
namespace {

// The offsets in a frame; numbers are big-endian. The authentication code covers everything from the data on.
constexpr size_t kMacAt = 196, kDataAt = 228, kNonceAt = 484, kNonceBytes = 16, kCounterAt = 500,
                 kAddressAt = 504, kCountAt = 506, kResultAt = 508, kTypeAt = 510;
constexpr uint16_t kProgramKey = 1, kReadCounter = 2, kWrite = 3, kRead = 4;
constexpr uint16_t kOk = 0, kFailure = 1, kBadMac = 2, kBadCounter = 3, kBadAddress = 4, kWriteFailed = 5,
                   kReadFailed = 6, kNoKey = 7;
constexpr off_t kHeaderAt = 0, kSlotsAt = 4096, kSlotStep = 16384, kContentAt = 36864;
constexpr std::array<char, 8> kMagic = {'R', 'P', 'M', 'B', 't', 'e', 's', '1'};
constexpr size_t kUnitBytes = 128 * 1024;

uint16_t get16(std::span<const uint8_t> bytes, size_t at) {
    return static_cast<uint16_t>(bytes[at] << 8 | bytes[at + 1]);
}
void put16(std::span<uint8_t> bytes, size_t at, uint16_t value) {
    bytes[at] = static_cast<uint8_t>(value >> 8);
    bytes[at + 1] = static_cast<uint8_t>(value);
}
uint32_t get32(std::span<const uint8_t> bytes, size_t at) {
    return static_cast<uint32_t>(get16(bytes, at)) << 16 | get16(bytes, at + 2);
}
void put32(std::span<uint8_t> bytes, size_t at, uint32_t value) {
    put16(bytes, at, static_cast<uint16_t>(value >> 16));
    put16(bytes, at + 2, static_cast<uint16_t>(value));
}

// Copies the nonce into every frame of the answer, as the JEDEC standard requires.
void copy_nonce(std::span<const uint8_t> request, std::span<uint8_t> response) {
    for (size_t at = 0; at < response.size(); at += kFrameBytes)
        std::memcpy(response.data() + at + kNonceAt, request.data() + kNonceAt, kNonceBytes);
}

template <typename T>
bool load(int fd, T& value, off_t at) {
    return pread(fd, &value, sizeof value, at) == static_cast<ssize_t>(sizeof value);
}
template <typename T>
bool save(int fd, const T& value, off_t at) {
    return pwrite(fd, &value, sizeof value, at) == static_cast<ssize_t>(sizeof value);
}

template <typename Slot>
std::array<uint8_t, kMacBytes> digest_of(const Slot& slot) {
    std::array<uint8_t, kMacBytes> digest{};
    const auto* bytes = reinterpret_cast<const uint8_t*>(&slot);
    EVP_Digest(bytes + kMacBytes, sizeof slot - kMacBytes, digest.data(), nullptr, EVP_sha256(), nullptr);
    return digest;
}

}  // namespace

bool Device::open(const std::string& file, Mode mode, uint8_t size_multiple) {
    mode_ = mode;
    if (mode == Mode::absent) return true;
    fd_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd_ < 0) return false;
    if (load(fd_, header_, kHeaderAt)) {
        if (header_.magic == kMagic) return replay();
        errno = EILSEQ;
        return false;
    }
    header_ = {kMagic, 0, size_multiple, 0, {}};
    const auto bytes = static_cast<off_t>(kContentAt + size_multiple * kUnitBytes);
    return ftruncate(fd_, bytes) == 0 && save_header() && fsync(fd_) == 0;
}

bool Device::save_header() { return save(fd_, header_, kHeaderAt); }

bool Device::apply(const Slot& slot) {
    const size_t bytes = slot.blocks * kBlockBytes;
    const off_t at = static_cast<off_t>(kContentAt + slot.address * kBlockBytes);
    if (pwrite(fd_, slot.data.data(), bytes, at) != static_cast<ssize_t>(bytes)) return false;
    header_.counter = slot.counter;
    return save_header();
}

bool Device::replay() {
    std::array<Slot, 2> slots;
    std::array<bool, 2> good{};
    for (size_t i = 0; i < slots.size(); i++)
        good[i] = load(fd_, slots[i], kSlotsAt + static_cast<off_t>(i) * kSlotStep) && slots[i].counter != 0 &&
                  slots[i].blocks <= kBlocksPerWriteMax && digest_of(slots[i]) == slots[i].digest;
    const size_t older = good[0] && good[1] && slots[1].counter < slots[0].counter ? 1 : 0;
    for (const size_t i : {older, 1 - older})
        if (good[i] && !apply(slots[i])) return false;
    return fdatasync(fd_) == 0;
}

bool Device::describe(std::span<uint8_t> response) const {
    constexpr std::array<uint8_t, kCidBytes> cid = {0, 0, 0, 'f', 'e', 's', 't', 'o', 'r', 0, 0, 0, 0, 1, 0, 0};
    if (response.size() < kCidBytes + 3) return false;
    std::memcpy(response.data(), cid.data(), cid.size());
    response[kCidBytes] = header_.size_multiple;
    response[kCidBytes + 1] = kBlocksPerWriteMax / 2;
    response[kCidBytes + 2] = mode_ == Mode::absent ? 1 : 0;
    return true;
}

// The authentication code of all frames' authenticated parts, in order.
std::array<uint8_t, kMacBytes> Device::mac(std::span<const uint8_t> frames) const {
    std::array<uint8_t, kMacBytes> key = header_.key, result{};
    if (mode_ == Mode::foreign_key) key[0] ^= 1;
    std::vector<uint8_t> covered;
    for (; frames.size() >= kFrameBytes; frames = frames.subspan(kFrameBytes))
        covered.insert(covered.end(), frames.begin() + kDataAt, frames.begin() + kFrameBytes);
    HMAC(EVP_sha256(), key.data(), kMacBytes, covered.data(), covered.size(), result.data(), nullptr);
    return result;
}

bool Device::blocks_exist(size_t address, size_t count) const {
    return count > 0 && address + count <= header_.size_multiple * kUnitBytes / kBlockBytes;
}

bool Device::access(std::span<const uint8_t> request, std::span<uint8_t> response) {
    if (mode_ == Mode::absent || request.size() < kFrameBytes || response.size() < kFrameBytes) return false;
    request = request.first(request.size() / kFrameBytes * kFrameBytes);
    response = response.first(response.size() / kFrameBytes * kFrameBytes);
    std::memset(response.data(), 0, response.size());
    const bool has_key = header_.has_key != 0 && mode_ != Mode::no_key;
    switch (const uint16_t type = get16(request, kTypeAt)) {
        case kProgramKey: finish(response, type, program_key(request)); return true;
        case kReadCounter:
            copy_nonce(request, response);
            put32(response, kCounterAt, header_.counter);
            finish(response, type, has_key ? kOk : kNoKey);
            return true;
        case kWrite: {
            const uint16_t result = has_key ? write(request) : kNoKey;
            put32(response, kCounterAt, header_.counter);
            put16(response, kAddressAt, get16(request, kAddressAt));
            finish(response, type, result);
            return true;
        }
        case kRead: {
            copy_nonce(request, response);
            const uint16_t result = has_key ? read(get16(request, kAddressAt), response) : kNoKey;
            finish(response, type, result);
            return true;
        }
        default: return false;
    }
}

// Sets result and type in every frame of the answer, and the authentication code in the last one.
void Device::finish(std::span<uint8_t> frames, uint16_t request_type, uint16_t result) const {
    for (size_t at = 0; at < frames.size(); at += kFrameBytes) {
        put16(frames, at + kResultAt, result);
        put16(frames, at + kTypeAt, static_cast<uint16_t>(request_type << 8));
    }
    if (result == kNoKey || request_type == kProgramKey) return;
    const auto code = mac(frames);
    std::memcpy(frames.data() + frames.size() - kFrameBytes + kMacAt, code.data(), code.size());
}

// The key can be programmed once, and never read or changed.
uint16_t Device::program_key(std::span<const uint8_t> frame) {
    if (header_.has_key != 0 || mode_ != Mode::normal) return kFailure;
    std::memcpy(header_.key.data(), frame.data() + kMacAt, kMacBytes);
    header_.has_key = 1;
    return save_header() && fdatasync(fd_) == 0 ? kOk : kWriteFailed;
}

uint16_t Device::write(std::span<const uint8_t> frames) {
    const size_t count = frames.size() / kFrameBytes;
    const uint16_t address = get16(frames, kAddressAt);
    if (count > kBlocksPerWriteMax || get16(frames, kCountAt) != count) return kFailure;
    if (!blocks_exist(address, count)) return kBadAddress;
    const auto code = frames.last(kFrameBytes).subspan(kMacAt, kMacBytes);
    if (CRYPTO_memcmp(mac(frames).data(), code.data(), kMacBytes) != 0) return kBadMac;
    if (get32(frames, kCounterAt) != header_.counter) return kBadCounter;
    Slot slot{};
    slot.counter = header_.counter + 1;
    slot.address = address;
    slot.blocks = static_cast<uint16_t>(count);
    for (size_t i = 0; i < count; i++)
        std::memcpy(slot.data.data() + i * kBlockBytes, frames.data() + i * kFrameBytes + kDataAt, kBlockBytes);
    slot.digest = digest_of(slot);
    const off_t at = kSlotsAt + static_cast<off_t>(slot.counter % 2) * kSlotStep;
    return save(fd_, slot, at) && fdatasync(fd_) == 0 && apply(slot) ? kOk : kWriteFailed;
}

uint16_t Device::read(uint16_t address, std::span<uint8_t> response) const {
    const size_t count = response.size() / kFrameBytes;
    if (!blocks_exist(address, count)) return kBadAddress;
    for (size_t i = 0; i < count; i++) {
        const auto frame = response.subspan(i * kFrameBytes, kFrameBytes);
        const off_t at = static_cast<off_t>(kContentAt + (address + i) * kBlockBytes);
        const ssize_t got = pread(fd_, frame.data() + kDataAt, kBlockBytes, at);
        if (got != static_cast<ssize_t>(kBlockBytes)) return kReadFailed;
        put16(frame, kAddressAt, address);
        put16(frame, kCountAt, static_cast<uint16_t>(count));
    }
    return kOk;
}

}  // namespace rpmb
