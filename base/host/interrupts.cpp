// SPDX-License-Identifier: BSD-2-Clause
#include "base/host/interrupts.h"

#include "base/host/error.h"
#include "base/host/text.h"

#include <cerrno>
#include <poll.h>
#include <pthread.h>
#include <unistd.h>

namespace festore {
namespace {

constexpr int kSignals[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM};
volatile sig_atomic_t taken = 0;

// A signal that was ignored when the process started (nohup) stays ignored.
bool is_ignored(int signal) {
    struct sigaction action {};
    return sigaction(signal, nullptr, &action) != 0 || action.sa_handler == SIG_IGN;
}

Error interrupted() { return unexpected({ErrorCode::failure, "interrupted", 0, 0}); }

}  // namespace

InterruptsHeld::InterruptsHeld() {
    sigset_t held;
    sigemptyset(&held);
    for (const int signal : kSignals)
        if (!is_ignored(signal)) sigaddset(&held, signal);
    pthread_sigmask(SIG_BLOCK, &held, &before_);
    for (const int signal : kSignals) {
        if (is_ignored(signal)) continue;
        struct sigaction action {};
        action.sa_handler = [](int number) { taken = number; };
        sigaction(signal, &action, nullptr);
    }
}

InterruptsHeld::~InterruptsHeld() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

Result<void> InterruptsHeld::check() {
    sigset_t pending;
    sigpending(&pending);
    for (const int signal : kSignals) {
        if (is_ignored(signal) || sigismember(&pending, signal) != 1) continue;
        taken = signal;
        return interrupted();
    }
    if (taken != 0) return interrupted();
    return {};
}

// The signals are delivered only during the wait: none is missed between a check and the wait.
Result<bool> InterruptsHeld::wait_for(int descriptor, short events, int milliseconds_max) {
    sigset_t open;
    pthread_sigmask(SIG_SETMASK, nullptr, &open);
    for (const int signal : kSignals) sigdelset(&open, signal);
    const timespec limit{milliseconds_max / 1000, milliseconds_max % 1000 * 1'000'000L};
    while (true) {
        pollfd waited{descriptor, events, 0};
        const int ready = ppoll(&waited, 1, milliseconds_max < 0 ? nullptr : &limit, &open);
        if (taken != 0) return interrupted();
        if (ready >= 0 || errno != EINTR) return ready != 0;
    }
}

Result<bool> InterruptsHeld::wait_for_input(int descriptor, int milliseconds_max) {
    return wait_for(descriptor, POLLIN, milliseconds_max);
}

Result<void> InterruptsHeld::wait_for_output(int descriptor) {
    const Result<bool> ready = wait_for(descriptor, POLLOUT, -1);
    return ready ? Result<void>() : unexpected(ready.error());
}

void end_if_interrupted() {
    if (taken == 0) return;
    std::signal(taken, SIG_DFL);
    std::raise(taken);
}

}  // namespace festore
