// SPDX-License-Identifier: BSD-2-Clause
// Arguments of the command, and the files of `festore batch`: read only, nothing is done.
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

// One line that commands no terminal: UTF-8 without C0, DEL, C1, and without what ends a line or turns its direction.
void require_harmless(std::string_view message) {
    require(!message.empty(), "an error says something");
    for (size_t i = 0; i < message.size(); ++i) {
        const auto c = static_cast<unsigned char>(message[i]);
        require(c >= 0x20 && c != 0x7F, "an error is one line, and commands no terminal");
        const std::string_view rest = message.substr(i);
        require(c != 0xC2 || rest.size() < 2 || static_cast<unsigned char>(rest[1]) >= 0xA0, "an error has no C1 control");
        const std::string_view three = rest.substr(0, 3);
        const bool turns = (three >= "\xE2\x80\xA8" && three <= "\xE2\x80\xAE") || (three >= "\xE2\x81\xA6" && three <= "\xE2\x81\xA9");
        require(three.size() < 3 || !turns, "an error does not turn its direction");
    }
}

void arguments(Input& in) {
    std::vector<std::string> texts = {"festore"};
    while (!in.empty() && texts.size() < 20) {
        const size_t n = in.below(std::size(kArguments) + 8);
        std::string text(n < std::size(kArguments) ? std::string_view(kArguments[n]) : text_of(in.sized(40)));
        if (const size_t end = text.find('\0'); end != std::string::npos) text.resize(end);  // an argument has none
        texts.push_back(text);
    }
    std::vector<const char*> pointers;
    for (const std::string& text : texts) pointers.push_back(text.c_str());
    const cli::CommandLine line = cli::parse_command_line(static_cast<int>(pointers.size()), pointers.data());
    require(line.error || line.verb || !line.text.empty(), "a command line says something");
    if (line.error) require_harmless(line.error->message);
}

void batch(Input& in) {
    const auto commands = cli::parse_batch(text_of(in.rest()));
    if (!commands) {
        require(commands.error().code == ErrorCode::usage, "a batch that is wrong is a matter of usage");
        return require_harmless(commands.error().message);
    }
    size_t line = 0;
    for (const cli::BatchCommand& command : *commands) {
        require(command.line > line, "each command has its line");
        line = command.line;
        require(!command.name.empty() && command.name.size() <= 255, "a name is one");
    }
}

}  // namespace

void run_command_line(Bytes input) {
    Input in(input);
    if (in.one_in(2)) return batch(in);
    arguments(in);
}

}  // namespace festore::fuzz
