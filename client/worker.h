// SPDX-License-Identifier: BSD-2-Clause
// Calls that may never return, with a time limit. OP-TEE waits without end for a tee-supplicant that is not there, and a
// thread that waits in the kernel cannot be called back: so calls run on a thread of their own, and one that does not
// answer in time is abandoned together with everything it may still touch, which it therefore must own (shared_ptr).
//
// In a forked child there is no such thread, and what it held when the fork came it holds for ever: there a worker does nothing.
//
// Thread safety: one caller at a time.
#pragma once
#include "client/process_mark.h"

#include <chrono>
#include <functional>
#include <memory>
#include <pthread.h>

namespace festore {

class Worker {
public:
    Worker();   // look at started()
    ~Worker();  // an idle worker ends first, so that nothing of it is left; one that hangs is not waited for
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    // Runs `work` and waits for it. False: it took longer than the limit; the worker is lost, later calls fail at once.
    // What `work` refers to must live as long as `work` itself. `meanwhile` is done here, after the work was begun; the limit runs
    // on. What it throws comes out when the work is done or given up.
    bool run(std::function<void()> work, std::chrono::milliseconds limit, const std::function<void()>& meanwhile = nullptr);
    [[nodiscard]] bool lost() const { return lost_; }

    // Each time when work is not done `after` it was begun, its caller does `what` once, and waits on.
    void when_slow(std::chrono::milliseconds after, std::function<void()> what);

    // Once nobody has held the worker for `after`, it does `work` by itself, and from then on cannot be held again. At first
    // it is held.
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
