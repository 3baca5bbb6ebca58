// SPDX-License-Identifier: BSD-2-Clause
// Runs a part of a test in a forked child.
#pragma once
#include <csignal>
#include <string>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace festore::store_test {

// Like _Fork(), clone(2) runs none of the handlers that fork() runs.
enum class MadeBy { fork, clone };

inline pid_t make_child(MadeBy how) {
    return how == MadeBy::fork ? fork() : static_cast<pid_t>(syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0));
}

// Returns what `body` returns in the child: "" if all is well. An alarm ends a child that hangs; the answer says so.
template <class F>
std::string in_child(F&& body, MadeBy how = MadeBy::fork) {
    int ends[2];
    if (pipe(ends) != 0) return "no pipe";
    const pid_t child = make_child(how);
    if (child == 0) {
        alarm(30);
        std::string answer;
        try {
            answer = body();
        } catch (const std::exception& e) {
            answer = e.what();
        }
        if (write(ends[1], answer.data(), answer.size()) < 0) _exit(1);
        _exit(0);
    }
    close(ends[1]);
    std::string answer;
    char part[256];
    for (ssize_t count = 0; (count = read(ends[0], part, sizeof part)) > 0;) answer.append(part, static_cast<size_t>(count));
    close(ends[0]);
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child) return "no child";
    if (WIFSIGNALED(status)) return answer + " ended by signal " + std::to_string(WTERMSIG(status));
    return WEXITSTATUS(status) == 0 ? answer : "the child failed";
}

}  // namespace festore::store_test
