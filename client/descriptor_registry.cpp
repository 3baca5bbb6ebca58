// SPDX-License-Identifier: BSD-2-Clause
#include "client/descriptor_registry.h"

#include <algorithm>
#include <fcntl.h>
#include <mutex>
#include <pthread.h>
#include <unistd.h>
#include <vector>

namespace festore::descriptors {
namespace {

struct Registry {
    std::mutex guard;
    std::vector<int> descriptors;
};

// Never destroyed: other threads may fork while the process ends.
Registry& registry() {
    static Registry* const made = new Registry;
    return *made;
}

// The child has one thread, this one. Only calls that are safe in a signal handler, too.
void give_up_in_child() {
    Registry& r = registry();
    for (const int descriptor : r.descriptors) {
        const int harmless = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
        if (harmless < 0 || dup3(harmless, descriptor, O_CLOEXEC) < 0) close(descriptor);
        if (harmless >= 0) close(harmless);
    }
    r.descriptors.clear();
    r.guard.unlock();
}

void watch_forks() {
    static const int registered = pthread_atfork([] { registry().guard.lock(); }, [] { registry().guard.unlock(); }, give_up_in_child);
    (void)registered;
}

}  // namespace

int open(const std::function<int()>& call) {
    watch_forks();
    const std::lock_guard held(registry().guard);
    registry().descriptors.reserve(registry().descriptors.size() + 1);  // what throws does so before anything is open
    const int opened = call();
    if (opened >= 0) registry().descriptors.push_back(opened);
    return opened;
}

bool remove(int descriptor) {
    const std::lock_guard held(registry().guard);
    return std::erase(registry().descriptors, descriptor) > 0;
}

}  // namespace festore::descriptors
