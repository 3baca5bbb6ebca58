// SPDX-License-Identifier: BSD-2-Clause
// While an unfinished file has a name on the disk, SIGHUP, SIGINT, SIGQUIT and SIGTERM become an error, so that it is cleaned up;
// afterwards they end the process as they would have. Thread safety: the main thread.
#pragma once
#include "festore/result.hpp"

#include <csignal>

namespace festore {

// While one exists, these signals stay pending until a check or a wait. Not nested.
class InterruptsHeld {
public:
    InterruptsHeld();
    ~InterruptsHeld();
    InterruptsHeld(const InterruptsHeld&) = delete;
    InterruptsHeld& operator=(const InterruptsHeld&) = delete;

    // failure: one of the signals came.
    static Result<void> check();
    // Waits until a read from the descriptor would not block; false: not within the limit (-1: no limit). failure: one of the signals came.
    static Result<bool> wait_for_input(int descriptor, int milliseconds_max);
    // The same for a write, without a limit. For a pipe: a write of PIPE_BUF bytes.
    static Result<void> wait_for_output(int descriptor);

private:
    static Result<bool> wait_for(int descriptor, short events, int milliseconds_max);
    sigset_t before_{};
};

// Ends the process by the signal that was taken; returns if there was none.
void end_if_interrupted();

}  // namespace festore
