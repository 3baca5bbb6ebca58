// SPDX-License-Identifier: BSD-2-Clause
// How results and errors are shown: text and JSON (docs/json.md). Thread safety: one thread.
#pragma once
#include "base/host/file_io.h"
#include "base/host/json.h"
#include "base/host/text.h"
#include "cli/verbs.h"

#include <string>
#include <string_view>

namespace festore::cli {

Json info_json(const ObjectInfo& info);
Json error_json(const Error& error);

std::string_view storage_name(Storage storage);

// The same as print_line(), but only with -v and without -q.
void print_note(const Options& options, std::string_view message);

// Prints an outcome: text or JSON to standard output, errors to standard error. Returns the exit code of the command.
int present(const Options& options, Outcome outcome);

}  // namespace festore::cli
