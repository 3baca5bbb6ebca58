// SPDX-License-Identifier: BSD-2-Clause
// What is printed: lines for people, which no name can turn into commands for a terminal, and JSON for programs
// (docs/json.md).
#pragma once
#include "base/bytes.h"
#include "cli/options.h"

#include <nlohmann/json.hpp>
#include <string>

namespace festore::cli {

// The failure as one line on stderr, with --json also as an object on stdout. Its exit code.
int report(const Options& options, const Error& error);
int report_usage(const std::string& message, const std::string& verb);

// Writes to stdout and sees whether it got there: a full disk is an error. The exit code, `otherwise` when all is well.
int print(const std::string& text, int otherwise = 0);
int print_json(const nlohmann::json& value, int otherwise = 0);
// Bytes as they are.
int print_content(std::span<const std::byte> content);

// A name with what a terminal would obey, and what is not UTF-8, as \xNN.
std::string escaped(std::string_view name);
// "2026-11-24 10:15:00" in local time, or "-" for 0.
std::string date_of(int64_t seconds);

nlohmann::json to_json(const ObjectInfo& info);

}  // namespace festore::cli
