// SPDX-License-Identifier: BSD-2-Clause
// festore: named objects in the secure world of this device. docs/cli-abi.md is the contract.
#include "base/host/file_io.h"
#include "base/host/interrupts.h"
#include "cli/output.h"

#include <csignal>
#include <sys/prctl.h>
#include <exception>
#include <new>

namespace {

int run(int argc, const char* const* argv) {
    using namespace festore::cli;
    CommandLine line = parse_command_line(argc, argv);
    if (line.error) return present(line.options, failed(std::move(*line.error)));
    if (!line.verb) {
        line.options.json = false;
        return present(line.options, {festore::Json::object(), line.text, {}});
    }
    return present(line.options, line.verb->run(line.options));
}

}  // namespace

int main(int argc, char** argv) {
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // the sanitizers look into their own process
    // Keeps plaintext out of core dumps, and away from other processes of this user.
    (void)prctl(PR_SET_DUMPABLE, 0);
#endif
    festore::occupy_standard_descriptors();
    // A closed pipe and a file that may not grow become errors, which are reported and cleaned up after.
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGXFSZ, SIG_IGN);
    try {
        const int code = run(argc, argv);
        if (code != 0) festore::end_if_interrupted();
        return code;
    } catch (const std::bad_alloc&) {
        festore::print_line("this process is out of memory");
    } catch (const std::exception& e) {
        festore::print_line(e.what());
    }
    return static_cast<int>(festore::ErrorCode::failure);
}
