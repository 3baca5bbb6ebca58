// SPDX-License-Identifier: BSD-2-Clause
// How results and errors are shown: text that no terminal obeys, and JSON (docs/json.md). Thread safety: one thread.
#pragma once
#include "cli/verbs.h"

#include <string>
#include <string_view>

namespace festore::cli {

// A name as listings show it: bytes that are not UTF-8, control characters, and characters that reorder a line are \xHH, a
// backslash is two. No two names are shown alike.
std::string escaped(std::string_view name);

// The same for a message, whose backslashes mean themselves.
std::string harmless(std::string_view message);

// "2026-11-24T10:49:04Z"; "-" for 0, which stands for unknown.
std::string time_text(int64_t seconds);
Json time_json(int64_t seconds);  // the number; null for 0

// Adds "name", or "name_hex" where the name is not UTF-8.
void add_name(Json& object, std::string_view name);
// The same as an object of its own; an empty one where there is no name.
Json name_json(const std::string& name);
// A text that may be missing, then null; what is not UTF-8 is escaped.
Json text_json(const std::string& text);
Json info_json(const ObjectInfo& info);
Json error_json(const Error& error);

std::string_view storage_name(Storage storage);

// One line on standard error, "festore: …", whatever the message holds.
void print_line(std::string_view message);
// The same for what is only said with -v.
void print_note(const Options& options, std::string_view message);

// Shows an outcome: text or JSON to standard output, errors to standard error. The exit code of the command.
int present(const Options& options, Outcome outcome);

}  // namespace festore::cli
