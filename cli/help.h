// SPDX-License-Identifier: BSD-2-Clause
// The texts of --help, and the formatter by which CLI11 lays them out. Thread safety: one thread.
#pragma once
#include <CLI/CLI.hpp>

namespace festore::cli {

extern const char* const kMainDescription;
extern const char* const kMainFooter;   // exit codes, environment, examples
extern const char* const kVerbFooter;   // where the global options are explained

std::shared_ptr<CLI::FormatterBase> make_help_formatter();

}  // namespace festore::cli
