// SPDX-License-Identifier: BSD-2-Clause
// The texts of --help, and how CLI11 is made to lay them out. Thread safety: one thread.
#pragma once
#include <CLI/CLI.hpp>

namespace festore::cli {

extern const char* const kMainDescription;
extern const char* const kMainFooter;   // exit codes, environment, examples
extern const char* const kVerbFooter;   // where the global options are explained

std::shared_ptr<CLI::FormatterBase> make_help_formatter();

}  // namespace festore::cli
