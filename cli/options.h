// SPDX-License-Identifier: BSD-2-Clause
// The command line: global options, before or after the verb, and the verb with its own options. CLI11 parses it; its
// messages are rewritten to one line. Nothing here talks to a TEE. Thread safety: one thread.
#pragma once
#include "festore/client.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

// Only the parser and the help formatter include CLI11's header, which takes ten seconds to compile.
namespace CLI {
class App;
}

namespace festore::cli {

class Verb;

// Where objects live if neither the command line nor FESTORE_STORAGE says so. Public objects are in ree, because a
// store has an owner.
inline constexpr Storage kDefaultStorage = Storage::store;

struct Options {
    ClientOptions client;
    bool json = false;
    bool quiet = false;
    bool verbose = false;
};

// The parsed command line: a verb to run, or text to print (help, version), or an error.
struct CommandLine {
    Options options;
    std::unique_ptr<Verb> verb;
    std::string text;
    std::optional<Error> error;
};

CommandLine parse_command_line(int argc, const char* const* argv);

// For an option or positional with a value.
struct ArgumentRules {
    bool required = false;
    const char* placeholder = "";  // what the help shows for the value of an option
};

// Adds an option or positional whose value is taken literally; CLI11 by itself splits "[a,b]" and swallows "++". An empty
// value is refused: it usually comes from a variable that is not set, and must not mean "not given".
void add_text(CLI::App& app, const std::string& name, std::string& value, const std::string& description,
              const ArgumentRules& rules = {});
// The same for names of objects and their prefixes, which have rules of their own.
void add_name(CLI::App& app, const std::string& name, std::string& value, const std::string& description,
              const ArgumentRules& rules = {});
void add_names(CLI::App& app, const std::string& name, std::vector<std::string>& values, const std::string& description,
               const ArgumentRules& rules = {});
// An option without a value.
void add_flag(CLI::App& app, const std::string& name, bool& value, const std::string& description);

// A usage error; its message ends with the --help to read.
Error usage_error(const std::string& message, std::string_view verb = {});

// Decimal digits only. None if the text is not a number or is above `max`.
std::optional<uint64_t> parse_number(std::string_view text, uint64_t max = UINT64_MAX);

// Parses the value of --owner: "uid:N" or "gid:N"; none if it is empty. usage: anything else.
Result<std::optional<Owner>> parse_owner(std::string_view text, std::string_view verb);

// For verbs that only a store supports. usage: the command line is not for a store.
Result<void> check_is_for_store(const Options& options, std::string_view verb);

// Checks a name argument before the TEE is called. usage: it is not a valid name.
Result<void> check_name_argument(const std::string& name);

// NAME for the verbs that also reach objects of the first demo, whose ids may be invalid names: with --hex and --public,
// NAME is the id's bytes in hexadecimal.
struct NameOption {
    bool hex = false;
    void declare(CLI::App& app) {
        add_flag(app, "--hex", hex, "NAME is hexadecimal: an id of the first demo that is not a valid name; with --public");
    }
    // Decodes the hexadecimal digits if --hex is given; otherwise checks the name.
    Result<void> resolve(std::string& name, const Options& options) const;
};

}  // namespace festore::cli
