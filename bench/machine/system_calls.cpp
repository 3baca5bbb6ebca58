// SPDX-License-Identifier: BSD-2-Clause
#include "bench/machine/system_calls.h"

#include <atomic>
#include <chrono>
#include <cstdarg>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <linux/tee.h>
#include <string>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace festore::bench {
namespace {

struct Counter {
    std::atomic<uint64_t> count{0};
    std::atomic<uint64_t> ns{0};

    template <class F>
    auto of(F&& call) {
        const auto begin = std::chrono::steady_clock::now();
        const auto result = call();
        const auto took = std::chrono::steady_clock::now() - begin;
        ns += static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(took).count());
        ++count;
        return result;
    }
    [[nodiscard]] Spent spent() const { return {count.load(), ns.load()}; }
};

constinit Counter tee;
constinit Counter sharing;
constinit Counter sync_calls;
constinit Counter writes;
constinit Counter reads;

Spent minus(const Spent& a, const Spent& b) { return {a.count - b.count, a.ns - b.ns}; }
void add(Spent& a, const Spent& b) {
    a.count += b.count;
    a.ns += b.ns;
}

// On 32-bit machines a 64-bit offset takes two arguments, starting at an even register.
template <class Buffer>
long positioned(long number, int file, Buffer* buffer, size_t size, off_t offset) {
#if defined(__arm__)
    return syscall(number, file, buffer, size, 0, static_cast<uint32_t>(offset), static_cast<uint32_t>(offset >> 32));
#else
    return syscall(number, file, buffer, size, offset);
#endif
}

std::filesystem::path supplicant() {
    for (const auto& process : std::filesystem::directory_iterator("/proc")) {
        std::string name;
        if (std::getline(std::ifstream(process.path() / "comm"), name) && name == "tee-supplicant") return process.path();
    }
    return {};
}

}  // namespace

SystemCalls& SystemCalls::operator+=(const SystemCalls& other) {
    add(tee, other.tee);
    add(share, other.share);
    add(sync, other.sync);
    add(write, other.write);
    add(read, other.read);
    return *this;
}

SystemCalls system_calls() { return {tee.spent(), sharing.spent(), sync_calls.spent(), writes.spent(), reads.spent()}; }

SystemCalls operator-(const SystemCalls& after, const SystemCalls& before) {
    return {minus(after.tee, before.tee), minus(after.share, before.share), minus(after.sync, before.sync),
            minus(after.write, before.write), minus(after.read, before.read)};
}

uint64_t supplicant_accesses() {
    static const std::filesystem::path process = supplicant();
    std::ifstream io(process / "io");
    uint64_t accesses = 0;
    std::string key;
    for (uint64_t value = 0; io >> key >> value;)
        if (key == "syscr:" || key == "syscw:") accesses += value;
    return accesses;
}

}  // namespace festore::bench

// These replace the C library's functions. The headers give them the names by which this build, and so libteec, calls them.
extern "C" {

int ioctl(int file, unsigned long request, ...) noexcept {
    va_list arguments;
    va_start(arguments, request);
    void* const argument = va_arg(arguments, void*);
    va_end(arguments);
    const auto call = [&] { return static_cast<int>(syscall(SYS_ioctl, file, request, argument)); };
    if (request == TEE_IOC_INVOKE) return festore::bench::tee.of(call);
    if (request == TEE_IOC_SHM_ALLOC || request == TEE_IOC_SHM_REGISTER) return festore::bench::sharing.of(call);
    return call();
}
int close(int file) {
    return festore::bench::sharing.of([&] { return static_cast<int>(syscall(SYS_close, file)); });
}

int fsync(int file) {
    return festore::bench::sync_calls.of([&] { return static_cast<int>(syscall(SYS_fsync, file)); });
}
int fdatasync(int file) {
    return festore::bench::sync_calls.of([&] { return static_cast<int>(syscall(SYS_fdatasync, file)); });
}
ssize_t write(int file, const void* buffer, size_t size) {
    return festore::bench::writes.of([&] { return static_cast<ssize_t>(syscall(SYS_write, file, buffer, size)); });
}
ssize_t pwrite(int file, const void* buffer, size_t size, off_t offset) {
    return festore::bench::writes.of([&] {
        return static_cast<ssize_t>(festore::bench::positioned(SYS_pwrite64, file, buffer, size, offset));
    });
}
ssize_t read(int file, void* buffer, size_t size) {
    return festore::bench::reads.of([&] { return static_cast<ssize_t>(syscall(SYS_read, file, buffer, size)); });
}
ssize_t pread(int file, void* buffer, size_t size, off_t offset) {
    return festore::bench::reads.of([&] {
        return static_cast<ssize_t>(festore::bench::positioned(SYS_pread64, file, buffer, size, offset));
    });
}

}  // extern "C"
