// SPDX-License-Identifier: BSD-2-Clause
#include "client/files/process_mark.h"

#include <atomic>
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

namespace festore {
namespace {

using Number = std::atomic<uint64_t>;
static_assert(Number::is_always_lock_free);

// A child continues its parent's count, so no process has the number of one of its ancestors.
Number last_number = 0;
Number ordinary = 0;
Number* current = &ordinary;  // the number of this process; 0: none yet

// The kernel itself clears the page in every child, however the child was made. Where it cannot (an emulator), fork's handler does.
Number& number_of_process() {
    static const bool prepared = [] {
        const auto page_bytes = static_cast<size_t>(sysconf(_SC_PAGESIZE));
        void* const page = mmap(nullptr, page_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (page != MAP_FAILED) {
            (void)madvise(page, page_bytes, MADV_WIPEONFORK);
            current = new (page) Number(0);
        }
        (void)pthread_atfork(nullptr, nullptr, [] { current->store(0); });
        return true;
    }();
    (void)prepared;
    return *current;
}

uint64_t this_process() {
    Number& number = number_of_process();
    uint64_t known = number.load();
    if (known != 0) return known;
    const uint64_t next = ++last_number;
    return number.compare_exchange_strong(known, next) ? next : known;
}

}  // namespace

// The pid distinguishes processes that share their memory (vfork).
ProcessMark::ProcessMark() : number_(this_process()), pid_(getpid()) {}
bool ProcessMark::is_here() const { return number_ == this_process() && pid_ == getpid(); }

}  // namespace festore
