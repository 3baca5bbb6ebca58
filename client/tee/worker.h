// SPDX-License-Identifier: BSD-2-Clause
// Runs calls that may never return, with a time limit. OP-TEE waits forever for a missing tee-supplicant, and a thread that
// waits in the kernel cannot be cancelled: so calls run on a separate thread, and a call that does not return in time is
// abandoned together with everything it may still touch, which it therefore must own (shared_ptr).
//
// A forked child does not have that thread, and a lock that it held at the fork stays held forever: there a worker does nothing.
//
// Thread safety: one caller at a time.
#pragma once
#include "client/files/process_mark.h"

#include <chrono>
#include <functional>
#include <memory>
#include <pthread.h>

namespace festore {

class Worker {
public:
    Worker();   // check started()
    ~Worker();  // waits for the thread to end, so that nothing of it is left; does not wait for one that hangs
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    // Runs `work` and waits for it. False: it took longer than the limit; the worker is lost, later calls fail at once.
    // What `work` refers to must live as long as `work` itself. `meanwhile` runs on the calling thread after the work has begun; its
    // time counts towards the limit. What it throws is rethrown when the work is done or given up.
    bool run(std::function<void()> work, std::chrono::milliseconds limit, const std::function<void()>& meanwhile = nullptr);
    [[nodiscard]] bool lost() const { return lost_; }

    // Each time that work is not done `after` this time, run() calls `what` once, and keeps waiting.
    void when_slow(std::chrono::milliseconds after, std::function<void()> what);

    // When nobody has held the worker for `after`, it runs `work` by itself, and cannot be held again from then on. It begins
    // held.
    void when_idle(std::chrono::milliseconds after, std::function<void()> work);
    bool hold();    // false: too late
    void let_go();
    [[nodiscard]] bool started() const { return started_; }  // false: the system gave no thread
    [[nodiscard]] bool is_parents() const { return !process_.is_here(); }  // this process is a forked child

private:
    struct Shared;
    std::shared_ptr<Shared> shared_;
    static void* serve(void* shared);

    const ProcessMark process_;
    std::chrono::milliseconds slow_after_{};
    std::function<void()> slow_;
    pthread_t thread_{};
    bool started_ = false;
    bool lost_ = false;
};

}  // namespace festore
