// SPDX-License-Identifier: BSD-2-Clause
// The command line: global options, which stand before or after the verb, and the verb with its own. Parsed by CLI11, whose
// messages are reshaped to one line. Nothing here talks to a TEE. Thread safety: one thread.
#pragma once
#include "festore/client.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

// Only what parses and what lays out the help sees more of CLI11: its header takes ten seconds to compile.
namespace CLI {
class App;
}

namespace festore::cli {

class Verb;

// Where objects live when neither the command line nor FESTORE_STORAGE says; everybody's are in ree, since a store has an
// owner.
inline constexpr Storage kDefaultStorage = Storage::store;

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

// Of an option or positional with a value.
struct ArgumentRules {
    bool required = false;
    const char* placeholder = "";  // what the help shows for the value of an option
};

// Adds an option or positional with a value, taken literally: CLI11 on its own splits "[a,b]" and swallows "++". An empty
// value is refused, since it is most often a variable that was not set, and must not mean "not given".
void add_text(CLI::App& app, const std::string& name, std::string& value, const std::string& description,
              const ArgumentRules& rules = {});
// The same for names of objects and their prefixes, which have rules of their own.
void add_name(CLI::App& app, const std::string& name, std::string& value, const std::string& description,
              const ArgumentRules& rules = {});
void add_names(CLI::App& app, const std::string& name, std::vector<std::string>& values, const std::string& description,
               const ArgumentRules& rules = {});
// An option without a value.
void add_flag(CLI::App& app, const std::string& name, bool& value, const std::string& description);

// An error of usage, and where to read on.
Error usage_error(const std::string& message, std::string_view verb = {});

// Decimal digits only; nothing when it is not a number or above `max`.
std::optional<uint64_t> parse_number(std::string_view text, uint64_t max = UINT64_MAX);

// What follows --owner: "uid:N" or "gid:N"; empty: nobody else. Usage: anything else.
Expected<std::optional<OtherOwner>> parse_owner(std::string_view text, std::string_view verb);

// What only a store can do: usage unless the command line is for one.
Expected<void> check_is_for_store(const Options& options, std::string_view verb);

// A name as an argument: usage when it cannot be one. Asked before the TEE is.
Expected<void> check_name_argument(const std::string& name);

// NAME for the verbs that also reach what the first demo stored under ids that are no names: with --hex and --public it is
// the id's bytes in hexadecimal.
struct NameOption {
    bool hex = false;
    void declare(CLI::App& app) {
        add_flag(app, "--hex", hex, "NAME is hexadecimal: an id of the first demo's that is no name; with --public");
    }
    // Replaces the hexadecimal digits by what they stand for, and checks the name.
    Expected<void> resolve(std::string& name, const Options& options) const;
};

}  // namespace festore::cli
