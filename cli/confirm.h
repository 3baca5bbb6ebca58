// SPDX-License-Identifier: BSD-2-Clause
// Asking before something is done that cannot be undone. Thread safety: one thread.
#pragma once
#include "cli/verbs.h"

namespace festore::cli {

// --yes, and the question that it answers.
class Confirmation {
public:
    void declare(CLI::App& app) { add_flag(app, "--yes", yes_, "do not ask for confirmation; needed without a terminal"); }
    // usage: there is neither --yes nor a terminal. Asked before the TEE is.
    [[nodiscard]] Expected<void> check_can_ask(std::string_view verb) const;
    // Asks on the terminal; failure unless the answer is "yes".
    [[nodiscard]] Expected<void> ask(std::string_view question) const;

private:
    bool yes_ = false;
};

}  // namespace festore::cli
