// SPDX-License-Identifier: BSD-2-Clause
// Arguments of the command, and the files of `festore batch`: they are only parsed, never executed.
#include "cli/batch_format.h"
#include "cli/options.h"
#include "cli/verbs.h"
#include "fuzz/target.h"

namespace festore::fuzz {
namespace {

constexpr const char* kArguments[] = {
    "put",    "get",   "ls",     "stat",      "rm",        "mv",        "batch",        "init",    "status",     "doctor",
    "inspect", "--json", "-q",    "-v",        "--tee",     "sim",       "--storage",    "store",   "ree",        "rpmb",
    "--store", "--group", "0",   "--public",  "--wait",    "5",         "--timeout",    "-l",      "--offset",   "--length",
    "--help", "-h",    "--version", "--if-absent", "--if-version", "--write-once", "--replace", "--hex",  "--huk-file", "--extract",
    "--anchor", "-",   "--",     "++",        "[a,b]",     "",          "NAME",         "--force", "--tee-storage", "--cipher",
};

// Requires one line that does not control a terminal: UTF-8 without C0, DEL and C1 characters, line separators and changes of
// direction.
void require_harmless(std::string_view message) {
    require(!message.empty(), "an error has a message");
    for (size_t i = 0; i < message.size(); ++i) {
        const auto c = static_cast<unsigned char>(message[i]);
        require(c >= 0x20 && c != 0x7F, "an error is one line without control characters");
        const std::string_view rest = message.substr(i);
        require(c != 0xC2 || rest.size() < 2 || static_cast<unsigned char>(rest[1]) >= 0xA0, "an error has no C1 control");
        const std::string_view three = rest.substr(0, 3);
        const bool turns = (three >= "\xE2\x80\xA8" && three <= "\xE2\x80\xAE") || (three >= "\xE2\x81\xA6" && three <= "\xE2\x81\xA9");
        require(three.size() < 3 || !turns, "an error has no line separator and no change of direction");
    }
}

void arguments(Input& in) {
    std::vector<std::string> texts = {"festore"};
    while (!in.empty() && texts.size() < 20) {
        const size_t n = in.below(std::size(kArguments) + 8);
        std::string text(n < std::size(kArguments) ? std::string_view(kArguments[n]) : text_of(in.sized(40)));
        if (const size_t end = text.find('\0'); end != std::string::npos) text.resize(end);  // an argument has no NUL
        texts.push_back(text);
    }
    std::vector<const char*> pointers;
    for (const std::string& text : texts) pointers.push_back(text.c_str());
    const cli::CommandLine line = cli::parse_command_line(static_cast<int>(pointers.size()), pointers.data());
    require(line.error || line.verb || !line.text.empty(), "a command line has an error, a verb or a text");
    if (line.error) require_harmless(line.error->message);
}

void batch(Input& in) {
    const auto commands = cli::parse_batch(text_of(in.rest()));
    if (!commands) {
        require(commands.error().code == ErrorCode::usage, "an invalid batch is a usage error");
        return require_harmless(commands.error().message);
    }
    size_t line = 0;
    for (const cli::BatchCommand& command : *commands) {
        require(command.line > line, "the commands' lines ascend");
        line = command.line;
        require(!command.name.empty() && command.name.size() <= 255, "a name is 1 to 255 bytes long");
    }
}

}  // namespace

void run_command_line(Bytes input) {
    Input in(input);
    if (in.one_in(2)) return batch(in);
    arguments(in);
}

}  // namespace festore::fuzz
