// SPDX-License-Identifier: BSD-2-Clause
#include "cli/confirm.h"

#include "base/host/file_io.h"
#include "cli/output.h"
#include "client/errors.h"

#include <array>
#include <cerrno>
#include <unistd.h>

namespace festore::cli {
namespace {

// One line from standard input, which is a terminal.
std::string answer() {
    std::string text;
    std::array<char, 1> c{};
    while (true) {
        const ssize_t n = read(STDIN_FILENO, c.data(), c.size());
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0 || c[0] == '\n') return text;
        if (text.size() < 16) text += c[0];
    }
}

}  // namespace

Result<void> Confirmation::check_can_ask(std::string_view verb) const {
    if (yes_ || (isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1)) return {};
    return unexpected(usage_error("no terminal to confirm on; use --yes", verb));
}

Result<void> Confirmation::ask(std::string_view question) const {
    if (yes_) return {};
    (void)write_all(STDERR_FILENO, bytes_of("festore: " + harmless(question) + " Type yes to go on: "));
    if (answer() == "yes") return {};
    return unexpected({ErrorCode::failure, "the answer was not yes: nothing was done", 0, 0});
}

}  // namespace festore::cli
