// SPDX-License-Identifier: BSD-2-Clause
#include "client/worker.h"

#include <condition_variable>
#include <csignal>
#include <mutex>
#include <pthread.h>
#include <system_error>
#include <thread>
#include <utility>

namespace festore {

struct Worker::Shared {
    std::mutex lock;
    std::condition_variable changed;
    std::function<void()> work;  // set: to be done
    bool done = false;
    bool end = false;
    std::function<void()> idle_work;
    std::chrono::milliseconds idle_after{};
    bool held = true;
    bool was_idle = false;

    // Until there is something to do. Ends with the lock taken.
    void wait(std::unique_lock<std::mutex>& guard) {
        const auto called = [this] { return work || end; };
        while (!called()) {
            if (held || !idle_work) {
                changed.wait(guard, [&] { return called() || (!held && idle_work); });
            } else if (!changed.wait_for(guard, idle_after, [&] { return called() || held; })) {
                was_idle = true;
                const std::function<void()> current = std::exchange(idle_work, nullptr);
                guard.unlock();
                current();
                guard.lock();
            }
        }
    }

    void serve() {
        std::unique_lock guard(lock);
        while (true) {
            wait(guard);
            if (end) return;
            const std::function<void()> current = std::exchange(work, nullptr);
            guard.unlock();
            current();
            guard.lock();
            done = true;
            changed.notify_all();
        }
    }
};

Worker::Worker() : shared_(std::make_shared<Shared>()) {
    // Signals are for the program's own threads.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    try {
        thread_ = std::thread([shared = shared_] { shared->serve(); });
    } catch (const std::system_error&) {  // no more threads for this user
        lost_ = true;
    }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

Worker::~Worker() {
    {
        const std::lock_guard guard(shared_->lock);
        shared_->end = true;
        shared_->changed.notify_all();
    }
    if (!thread_.joinable()) return;
    if (lost_) thread_.detach();
    else thread_.join();
}

void Worker::when_idle(std::chrono::milliseconds after, std::function<void()> work) {
    const std::lock_guard guard(shared_->lock);
    shared_->idle_after = after;
    shared_->idle_work = std::move(work);
    shared_->changed.notify_all();
}

bool Worker::hold() {
    const std::lock_guard guard(shared_->lock);
    if (shared_->was_idle) return false;
    shared_->held = true;
    shared_->changed.notify_all();
    return true;
}

void Worker::let_go() {
    const std::lock_guard guard(shared_->lock);
    shared_->held = false;
    shared_->changed.notify_all();
}

bool Worker::run(std::function<void()> work, std::chrono::milliseconds limit) {
    if (lost_) return false;
    std::unique_lock guard(shared_->lock);
    shared_->done = false;
    shared_->work = std::move(work);
    shared_->changed.notify_all();
    lost_ = !shared_->changed.wait_for(guard, limit, [this] { return shared_->done; });
    return !lost_;
}

}  // namespace festore
