// SPDX-License-Identifier: BSD-2-Clause
#include "client/tee/worker.h"

#include <condition_variable>
#include <csignal>
#include <exception>
#include <mutex>
#include <memory>
#include <pthread.h>
#include <utility>

namespace festore {

// A wake-up costs two context switches, which may take longer than the call: so hold() and let_go() wake no thread, and no
// thread is woken while the lock is held.
struct Worker::Shared {
    using Clock = std::chrono::steady_clock;

    std::mutex lock;
    std::condition_variable called;
    std::condition_variable finished;
    std::function<void()> work;  // set: to be done
    bool done = false;
    bool end = false;
    std::function<void()> idle_work;
    std::chrono::milliseconds idle_after{};
    bool held = true;
    Clock::time_point let_go_at;
    bool was_idle = false;

    // Waits until there is something to do. Returns with the lock held.
    void wait(std::unique_lock<std::mutex>& guard) {
        const auto is_called = [this] { return work || end; };
        while (!is_called()) {
            if (!idle_work) {
                called.wait(guard, [&] { return is_called() || idle_work; });
                continue;
            }
            const Clock::time_point due = (held ? Clock::now() : let_go_at) + idle_after;
            if (called.wait_until(guard, due, is_called) || held || Clock::now() < let_go_at + idle_after) continue;
            was_idle = true;
            const std::function<void()> current = std::exchange(idle_work, nullptr);
            guard.unlock();
            current();
            guard.lock();
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
            guard.unlock();
            finished.notify_one();
            guard.lock();
        }
    }
};

Worker::Worker() : shared_(std::make_shared<Shared>()) {
    // Signals are for the program's own threads.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    auto given = std::make_unique<std::shared_ptr<Shared>>(shared_);
    started_ = pthread_create(&thread_, nullptr, &Worker::serve, given.get()) == 0;
    if (started_) (void)given.release();
    lost_ = !started_;  // no more threads for this user
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void* Worker::serve(void* given) {
    const std::unique_ptr<std::shared_ptr<Shared>> shared(static_cast<std::shared_ptr<Shared>*>(given));
    (*shared)->serve();
    return nullptr;
}

// A forked child leaves what it shares with the thread alone: its lock may be held there for ever.
Worker::~Worker() {
    if (is_parents()) return;
    {
        const std::lock_guard guard(shared_->lock);
        shared_->end = true;
    }
    shared_->called.notify_one();
    if (!started_) return;
    if (lost_) pthread_detach(thread_);
    else pthread_join(thread_, nullptr);
}

void Worker::when_slow(std::chrono::milliseconds after, std::function<void()> what) {
    slow_after_ = after;
    slow_ = std::move(what);
}

void Worker::when_idle(std::chrono::milliseconds after, std::function<void()> work) {
    {
        const std::lock_guard guard(shared_->lock);
        shared_->idle_after = std::min<std::chrono::milliseconds>(after, std::chrono::hours(24));
        shared_->idle_work = std::move(work);
    }
    shared_->called.notify_one();
}

bool Worker::hold() {
    if (is_parents()) return true;
    const std::lock_guard guard(shared_->lock);
    if (shared_->was_idle) return false;
    shared_->held = true;
    return true;
}

void Worker::let_go() {
    if (is_parents()) return;
    const std::lock_guard guard(shared_->lock);
    shared_->held = false;
    shared_->let_go_at = Shared::Clock::now();
}

bool Worker::run(std::function<void()> work, std::chrono::milliseconds limit, const std::function<void()>& meanwhile) {
    if (lost_ || is_parents()) return false;
    const auto begin = Shared::Clock::now();
    const auto due = begin + std::min<std::chrono::milliseconds>(limit, std::chrono::hours(24 * 365));
    {
        const std::lock_guard guard(shared_->lock);
        shared_->done = false;
        shared_->work = std::move(work);
    }
    shared_->called.notify_one();
    std::exception_ptr thrown;
    try {
        if (meanwhile) meanwhile();
        if (slow_ && slow_after_ < limit) {
            std::unique_lock guard(shared_->lock);
            const bool done = shared_->finished.wait_until(guard, begin + slow_after_, [this] { return shared_->done; });
            guard.unlock();
            if (!done) slow_();
        }
    } catch (...) {
        thrown = std::current_exception();
    }
    std::unique_lock guard(shared_->lock);
    lost_ = !shared_->finished.wait_until(guard, due, [this] { return shared_->done; });
    if (thrown) std::rethrow_exception(thrown);
    return !lost_;
}

}  // namespace festore
