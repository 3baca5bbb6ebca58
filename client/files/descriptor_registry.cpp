// SPDX-License-Identifier: BSD-2-Clause
#include "client/files/descriptor_registry.h"

#include "client/files/process_mark.h"

#include <algorithm>
#include <fcntl.h>
#include <mutex>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <vector>

namespace festore::descriptors {
namespace {

struct Registry {
    std::mutex guard;
    struct Entry {
        int descriptor;
        ProcessMark opener;
    };
    std::vector<Entry> entries;

    auto find(int descriptor) {
        return std::find_if(entries.begin(), entries.end(), [&](const Entry& e) { return e.descriptor == descriptor; });
    }
};

// Never destroyed: other threads may fork while the process ends.
Registry& registry() {
    static Registry* const made = new Registry;
    return *made;
}

// The child has only this thread. Makes only calls that are safe in a signal handler.
void give_up_in_child() {
    Registry& r = registry();
    const int harmless = eventfd(0, EFD_CLOEXEC);  // needs no file system
    for (const auto& [descriptor, opener] : r.entries)
        if (harmless < 0 || dup3(harmless, descriptor, O_CLOEXEC) < 0) close(descriptor);
    if (harmless >= 0) close(harmless);
    r.entries.clear();
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
    std::vector<Registry::Entry>& entries = registry().entries;
    entries.reserve(entries.size() + 1);  // if it throws, nothing is open yet
    const int opened = call();
    if (opened >= 0) entries.push_back({opened, ProcessMark()});
    return opened;
}

bool remove(int descriptor) {
    Registry& r = registry();
    const std::lock_guard held(r.guard);
    const auto found = r.find(descriptor);
    if (found == r.entries.end()) return false;
    const bool own = found->opener.is_here();
    r.entries.erase(found);
    return own;
}

bool is_own(int descriptor) {
    Registry& r = registry();
    const std::lock_guard held(r.guard);
    const auto found = r.find(descriptor);
    return found != r.entries.end() && found->opener.is_here();
}

}  // namespace festore::descriptors
