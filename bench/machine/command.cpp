// SPDX-License-Identifier: BSD-2-Clause
#include "bench/machine/sides.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>

extern char** environ;  // NOLINT: POSIX wants the program to declare it

namespace festore::bench {

void run_command(const std::vector<std::string>& arguments, const std::string& output) {
    std::vector<char*> argv;
    for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
    argv.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 1, output.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    pid_t child = 0;
    const int fault = posix_spawn(&child, argv[0], &actions, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    if (fault != 0) throw Failed("cannot run " + arguments[0]);
    int status = 0;
    if (waitpid(child, &status, 0) != child || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
        throw Failed(arguments[0] + " failed");
}

}  // namespace festore::bench
