// SPDX-License-Identifier: BSD-2-Clause
// Asks for confirmation before an action that cannot be undone. Thread safety: one thread.
#pragma once
#include "cli/verbs.h"

namespace festore::cli {

// The option --yes, and the question that it answers.
class Confirmation {
public:
    void declare(CLI::App& app) { add_flag(app, "--yes", yes_, "do not ask for confirmation; needed without a terminal"); }
    // usage: neither --yes nor a terminal. To be called before the TEE is used.
    [[nodiscard]] Result<void> check_can_ask(std::string_view verb) const;
    // Asks on the terminal; failure unless the answer is "yes".
    [[nodiscard]] Result<void> ask(std::string_view question) const;

private:
    bool yes_ = false;
};

}  // namespace festore::cli
