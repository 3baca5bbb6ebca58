// SPDX-License-Identifier: BSD-2-Clause
// Gives a test machine an RPMB device whose content lasts: preloaded into tee-supplicant (LD_PRELOAD), it answers the TEE's
// RPMB requests from a file (device.h) before the supplicant sees them. Debian's supplicant has its own emulation,
// which forgets everything when it ends. For test machines only; never installed.
//
// FESTORE_RPMB        normal, absent, no-key, foreign-key (device.h)
// FESTORE_RPMB_FILE   the device's file
// FESTORE_RPMB_SIZE   the size of a new file, in units of 128 KiB (32)
//
// tee-supplicant has several threads: everything below happens under one lock.
#include <dlfcn.h>
#include <linux/tee.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <string_view>
#include <vector>

#include "device.h"

namespace {

constexpr uint32_t kRpcRpmb = 1;  // OP-TEE's number of RPMB requests to the supplicant
constexpr uint32_t kSuccess = 0, kGeneric = 0xffff0000, kBadParameters = 0xffff0006;

// Shared memory that the supplicant has made: the kernel's number for it, and where it is in this process.
struct Shared {
    int id = -1;
    uint8_t* address = nullptr;
    size_t bytes = 0;
    bool mapped = false;  // by this code
};
std::array<Shared, 256> shared;
size_t shared_next = 0;
std::mutex lock;

void remember(int id, void* address, size_t bytes, bool mapped) {
    Shared* place = nullptr;
    for (Shared& s : shared)
        if (s.id == id) place = &s;
    if (place == nullptr) place = &shared[shared_next++ % shared.size()];
    if (place->mapped) munmap(place->address, place->bytes);
    *place = {id, static_cast<uint8_t*>(address), bytes, mapped};
}

std::span<uint8_t> memory_of(const tee_ioctl_param& param) {
    for (const Shared& s : shared)
        if (s.id == static_cast<int>(param.c) && param.a <= s.bytes && param.b <= s.bytes - param.a)
            return {s.address + param.a, static_cast<size_t>(param.b)};
    return {};
}

rpmb::Device* device() {
    static rpmb::Device device;
    static const bool ready = [] {
        const char* name = std::getenv("FESTORE_RPMB");
        const char* file = std::getenv("FESTORE_RPMB_FILE");
        const char* size = std::getenv("FESTORE_RPMB_SIZE");
        const std::string_view mode = name != nullptr ? name : "normal";
        rpmb::Mode chosen = rpmb::Mode::normal;
        if (mode == "absent") chosen = rpmb::Mode::absent;
        else if (mode == "no-key") chosen = rpmb::Mode::no_key;
        else if (mode == "foreign-key") chosen = rpmb::Mode::foreign_key;
        else if (mode != "normal") std::fprintf(stderr, "rpmb: FESTORE_RPMB=%s is unknown; taken as normal\n", name);
        const int multiple = size != nullptr ? std::atoi(size) : 32;
        const bool good = file != nullptr && multiple > 0 && multiple < 256 &&
                          device.open(file, chosen, static_cast<uint8_t>(multiple));
        if (!good) std::perror("rpmb: cannot use FESTORE_RPMB_FILE");
        return good;
    }();
    return ready ? &device : nullptr;
}

// A request is a small header (command, device, block count: 16 bits each), followed by frames.
uint32_t serve(std::span<tee_ioctl_param> params) {
    if (params.size() != 2) return kBadParameters;
    const auto request = memory_of(params[0]);
    const auto response = memory_of(params[1]);
    constexpr size_t header = 6;
    if (request.size() < header || response.empty()) return kBadParameters;
    rpmb::Device* const rpmb = device();
    if (rpmb == nullptr) return kGeneric;
    uint16_t command = 0;
    std::memcpy(&command, request.data(), sizeof command);
    if (command == 1) return rpmb->describe(response) ? kSuccess : kBadParameters;
    return rpmb->access(request.subspan(header), response) ? kSuccess : kGeneric;
}

using Ioctl = int (*)(int, unsigned long, ...);

// Serves RPMB requests, until another request comes, which it returns.
int receive(Ioctl real, int fd, unsigned long request, tee_ioctl_buf_data* buffer) {
    auto* const bytes = reinterpret_cast<uint8_t*>(static_cast<uintptr_t>(buffer->buf_ptr));
    const std::vector<uint8_t> question(bytes, bytes + buffer->buf_len);
    while (true) {
        const int result = real(fd, request, buffer);
        auto* const got = reinterpret_cast<tee_iocl_supp_recv_arg*>(bytes);
        if (result != 0 || got->func != kRpcRpmb) return result;
        const std::lock_guard guard(lock);
        std::span<tee_ioctl_param> params(got->params, got->num_params);
        if (!params.empty() && (params[0].attr & TEE_IOCTL_PARAM_ATTR_META) != 0) params = params.subspan(1);
        // The answer has the same layout: a number and the parameters.
        auto* const answer = reinterpret_cast<tee_iocl_supp_send_arg*>(bytes);
        answer->ret = serve(params);
        if (real(fd, TEE_IOC_SUPPL_SEND, buffer) != 0) std::perror("rpmb: cannot answer");
        std::memcpy(bytes, question.data(), question.size());
    }
}

int intercept(const char* name, int fd, unsigned long request, void* argument) {
    const auto real = reinterpret_cast<Ioctl>(dlsym(RTLD_NEXT, name));
    if (request == TEE_IOC_SUPPL_RECV) return receive(real, fd, request, static_cast<tee_ioctl_buf_data*>(argument));
    const int result = real(fd, request, argument);
    if (result < 0) return result;
    if (request == TEE_IOC_SHM_REGISTER) {
        const auto* made = static_cast<tee_ioctl_shm_register_data*>(argument);
        const std::lock_guard guard(lock);
        remember(made->id, reinterpret_cast<void*>(static_cast<uintptr_t>(made->addr)), made->length, false);
    } else if (request == TEE_IOC_SHM_ALLOC) {
        const auto* made = static_cast<tee_ioctl_shm_alloc_data*>(argument);
        const std::lock_guard guard(lock);
        void* const address = mmap(nullptr, made->size, PROT_READ | PROT_WRITE, MAP_SHARED, result, 0);
        if (address != MAP_FAILED) remember(made->id, address, made->size, true);
    }
    return result;
}

}  // namespace

// In programs with 64-bit times on 32-bit machines, glibc's headers use the second name.
#define WRAP(name)                                                   \
    extern "C" int name(int fd, unsigned long request, ...) noexcept { \
        va_list arguments;                                           \
        va_start(arguments, request);                                \
        void* const argument = va_arg(arguments, void*);             \
        va_end(arguments);                                           \
        return intercept(#name, fd, request, argument);              \
    }
WRAP(ioctl)
WRAP(__ioctl_time64)
