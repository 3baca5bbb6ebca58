// SPDX-License-Identifier: BSD-2-Clause
// SIGHUP, SIGINT, SIGQUIT and SIGTERM while something half done has a name on the disk: taken as an error, so that it is cleaned up,
// and end the process afterwards as they would have. Thread safety: the main thread.
#pragma once
#include "festore/error.hpp"

#include <csignal>

namespace festore {

// While one lives, these signals wait until they are asked for. Not nested.
class InterruptsHeld {
public:
    InterruptsHeld();
    ~InterruptsHeld();
    InterruptsHeld(const InterruptsHeld&) = delete;
    InterruptsHeld& operator=(const InterruptsHeld&) = delete;

    // failure: one of them has come.
    static Expected<void> check();
    // Waits until a read from the descriptor would not block; false: not within the limit (-1: there is none). failure: one of them came.
    static Expected<bool> wait_for_input(int descriptor, int milliseconds_max);
    // The same for a write, without a limit. Of a pipe: PIPE_BUF bytes.
    static Expected<void> wait_for_output(int descriptor);

private:
    static Expected<bool> wait_for(int descriptor, short events, int milliseconds_max);
    sigset_t before_{};
};

// Ends the process as the signal that was taken would have; none: returns.
void end_if_interrupted();

}  // namespace festore
