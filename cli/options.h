// SPDX-License-Identifier: BSD-2-Clause
// The command line: global options, which stand before or after the verb, and the verb with its own. Parsed by CLI11, whose
// messages are reshaped to one line. Nothing here talks to a TEE. Thread safety: one thread.
#pragma once
#include "festore/client.hpp"

#include <CLI/CLI.hpp>
#include <memory>
#include <optional>
#include <string>

namespace festore::cli {

class Verb;

struct Options {
    ClientOptions client;
    bool json = false;
    bool quiet = false;
    bool verbose = false;
};

// What the command line asks for: a verb to run, or text to print (help, version), or nothing that makes sense.
struct CommandLine {
    Options options;
    std::unique_ptr<Verb> verb;
    std::string text;
    std::optional<Error> error;
};

CommandLine parse_command_line(int argc, const char* const* argv);

// Adds an option or positional with a value, taken literally: CLI11 on its own splits "[a,b]" and swallows "++".
CLI::Option* add_text(CLI::App& app, const std::string& name, std::string& value, const std::string& description);
CLI::Option* add_texts(CLI::App& app, const std::string& name, std::vector<std::string>& values,
                       const std::string& description);

// An error of usage, and where to read on.
Error usage_error(const std::string& message, std::string_view verb = {});

// Decimal digits only; nothing when it is not a number or above `max`.
std::optional<uint64_t> parse_number(std::string_view text, uint64_t max = UINT64_MAX);

// A name as an argument: usage when it cannot be one. Asked before the TEE is.
Expected<void> check_name_argument(const std::string& name);

}  // namespace festore::cli
