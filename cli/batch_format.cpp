// SPDX-License-Identifier: BSD-2-Clause
#include "cli/batch_format.h"

#include "base/name.h"
#include "base/result.h"
#include "client/errors.h"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>

namespace festore::cli {
namespace {

Error wrong(std::string message) { return unexpected({ErrorCode::usage, std::move(message), 0, 0}); }

struct Word {
    std::string text;
    bool quoted = false;  // a quoted word is never an option
};

// The words of a line. They hold contents, so they are wiped.
struct Words {
    std::vector<Word> all;
    Words() = default;
    Words(Words&&) noexcept = default;
    Words& operator=(Words&&) = delete;
    ~Words() {
        for (Word& word : all) wipe({reinterpret_cast<std::byte*>(word.text.data()), word.text.size()});
    }
};

bool is_blank(char c) { return c == ' ' || c == '\t'; }

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

// Decodes an escape. `rest` begins after the backslash; what was decoded is removed from it.
Result<char> take_escape(std::string_view& rest) {
    const char kind = rest.empty() ? '\0' : rest[0];
    if (kind == 'x' && rest.size() >= 3 && hex_digit(rest[1]) >= 0 && hex_digit(rest[2]) >= 0) {
        const int value = hex_digit(rest[1]) * 16 + hex_digit(rest[2]);
        rest.remove_prefix(3);
        return static_cast<char>(value);
    }
    if (kind == 'x') return wrong("\\x needs two hexadecimal digits");
    constexpr std::string_view kinds = "\"\\nt";
    const size_t at = rest.empty() ? std::string_view::npos : kinds.find(kind);
    if (at == std::string_view::npos) return wrong("after a backslash comes one of \" \\ n t xHH");
    rest.remove_prefix(1);
    return "\"\\\n\t"[at];
}

// `rest` begins after the opening quote.
Result<Word> take_quoted(std::string_view& rest) {
    Word word{"", true};
    word.text.reserve(rest.size());  // growing would leave copies
    while (true) {
        if (rest.empty()) return wrong("a double quote is not closed");
        const char c = rest[0];
        rest.remove_prefix(1);
        if (c == '"') break;
        if (c != '\\') {
            word.text += c;
            continue;
        }
        const char escape = FESTORE_TRY(take_escape(rest));
        word.text += escape;
    }
    if (!rest.empty() && !is_blank(rest[0])) return wrong("a blank is missing after a double quote");
    return word;
}

Result<Word> take_plain(std::string_view& rest) {
    const size_t size = std::min(rest.find_first_of(" \t"), rest.size());
    const std::string_view text = rest.substr(0, size);
    if (text.find_first_of("\"'\\") != std::string_view::npos)
        return wrong("quotes and backslashes need double quotes around the word: \"\\\"\", \"'\", \"\\\\\"");
    rest.remove_prefix(size);
    return Word{std::string(text), false};
}

Result<Words> split(std::string_view line) {
    if (line.size() > kBatchLineBytesMax)
        return wrong(fmt::format("it has {} bytes; {} is the limit", line.size(), kBatchLineBytesMax));
    for (const char c : line)
        if (static_cast<unsigned char>(c) < 0x20 && c != '\t')
            return wrong(fmt::format("it has a control character, 0x{:02x}; in double quotes, write \\x{:02x}", c, c));
    Words words;
    while (true) {
        while (!line.empty() && is_blank(line[0])) line.remove_prefix(1);
        if (line.empty() || line[0] == '#') return words;
        const bool is_quoted = line[0] == '"';
        if (is_quoted) line.remove_prefix(1);
        Word word = FESTORE_TRY(is_quoted ? take_quoted(line) : take_plain(line));
        words.all.push_back(std::move(word));
    }
}

// One command's options, and its arguments in their order.
struct Parts {
    bool text = false, base64 = false, if_absent = false, write_once = false, removable = false, replace = false;
    std::optional<uint64_t> if_version;
    std::vector<Word*> arguments;
};

Result<void> take_option(Words& words, size_t& at, Parts& parts) {
    const std::string& option = words.all[at].text;
    bool* const flag = option == "--text"         ? &parts.text
                       : option == "--base64"     ? &parts.base64
                       : option == "--if-absent"  ? &parts.if_absent
                       : option == "--write-once" ? &parts.write_once
                       : option == "--removable"  ? &parts.removable
                       : option == "--replace"    ? &parts.replace
                                                  : nullptr;
    if (flag != nullptr) {
        *flag = true;
        return {};
    }
    if (option != "--if-version") return wrong("there is no option " + quote(option));
    if (++at == words.all.size()) return wrong("--if-version needs a number");
    const std::string& number = words.all[at].text;
    uint64_t value = 0;
    const auto [end, fault] = std::from_chars(number.data(), number.data() + number.size(), value);
    if (fault != std::errc() || end != number.data() + number.size())
        return wrong("--if-version is a number, not " + quote(number));
    parts.if_version = value;
    return {};
}

Result<Parts> sort_out(Words& words) {
    Parts parts;
    bool literal = false;
    for (size_t at = 1; at < words.all.size(); ++at) {
        Word& word = words.all[at];
        const bool is_option = !literal && !word.quoted && word.text.size() > 1 && word.text[0] == '-';
        if (!is_option) parts.arguments.push_back(&word);
        else if (word.text == "--") literal = true;
        else if (const auto taken = take_option(words, at, parts); !taken) return unexpected(taken.error());
    }
    return parts;
}

int base64_digit(char c) {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

// Strict RFC 4648, with padding: each content has exactly one encoding.
std::optional<std::vector<std::byte>> decode_base64(std::string_view text) {
    if (text.size() % 4 != 0) return std::nullopt;
    const size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
    std::vector<std::byte> bytes;
    bytes.reserve(text.size() / 4 * 3);
    uint32_t bits = 0;
    for (size_t i = 0; i < text.size(); ++i) {
        const bool is_padding = i >= text.size() - padding;
        const int digit = is_padding ? 0 : base64_digit(text[i]);
        if (digit < 0) return std::nullopt;
        bits = bits << 6 | static_cast<uint32_t>(digit);
        if (i % 4 != 3) continue;
        for (const int shift : {16, 8, 0}) bytes.push_back(static_cast<std::byte>(bits >> shift & 0xFF));
        bits = 0;
    }
    for (size_t i = 0; i < padding; ++i) {
        if (bytes.back() != std::byte{}) return std::nullopt;
        bytes.pop_back();
    }
    return bytes;
}

Result<void> take_name(const Word& word, std::string& name) {
    if (const NameFault fault = check_name(bytes_of(word.text)); fault != NameFault::none)
        return unexpected(usage_of_name(word.text, fault));
    name = word.text;
    return {};
}

Result<void> finish_put(const Parts& parts, BatchCommand& command) {
    if (parts.replace) return wrong("--replace belongs to mv");
    if (parts.text && parts.base64) return wrong("--text and --base64 exclude each other");
    if (parts.if_absent && parts.if_version) return wrong("--if-absent and --if-version exclude each other");
    command.put.if_absent = parts.if_absent;
    command.put.if_version = parts.if_version;
    command.put.write_once = parts.write_once;
    command.put.removable = parts.removable;
    if (parts.removable && !parts.write_once) return wrong("--removable belongs to --write-once");
    const Word& last = *parts.arguments[1];
    command.kind = parts.text || parts.base64 ? BatchCommand::Kind::put_content : BatchCommand::Kind::put_file;
    if (parts.text) {
        const Bytes text = bytes_of(last.text);
        command.content = LineContent({text.begin(), text.end()});
    } else if (parts.base64) {
        auto bytes = decode_base64(last.text);
        if (!bytes) return wrong("what follows the name is not base64, padded, on one line");
        command.content = LineContent(std::move(*bytes));
    } else if (last.text.empty() || last.text.find('\0') != std::string::npos) {
        return wrong("FILE must be the name of a file");
    } else if (last.text == "-") {
        return wrong("FILE cannot be standard input here; a file of that name is ./-");
    } else {
        command.target = last.text;
    }
    return {};
}

Result<BatchCommand> command_of(Words& words, size_t line) {
    BatchCommand command;
    command.line = line;
    const std::string& verb = words.all[0].text;
    const bool is_put = verb == "put";
    const bool is_mv = verb == "mv";
    if (!is_put && !is_mv && verb != "rm") return wrong("there is no command " + quote(verb) + "; use put, rm or mv");
    const Parts parts = FESTORE_TRY(sort_out(words));
    const bool put_options = parts.text || parts.base64 || parts.if_absent || parts.if_version || parts.write_once ||
                             parts.removable;
    if (!is_put && put_options) return wrong("--text, --base64, --if-absent, --if-version, --write-once and --removable belong to put");
    if (verb == "rm" && parts.replace) return wrong("--replace belongs to mv");
    if (const size_t count = verb == "rm" ? 1 : 2; parts.arguments.size() != count)
        return wrong(fmt::format("{} needs {} arguments, and has {}", verb, count, parts.arguments.size()));
    FESTORE_CHECK(take_name(*parts.arguments[0], command.name));
    if (is_put) {
        FESTORE_CHECK(finish_put(parts, command));
    } else if (is_mv) {
        command.kind = BatchCommand::Kind::rename;
        command.replace = parts.replace;
        FESTORE_CHECK(take_name(*parts.arguments[1], command.target));
    }
    return command;
}

}  // namespace

Result<std::vector<BatchCommand>> parse_batch(std::string_view text) {
    std::vector<BatchCommand> commands;
    for (size_t line = 1; !text.empty(); ++line) {
        const size_t size = std::min(text.find('\n'), text.size());
        const auto at_line = [line](Error error) {
            error.message = fmt::format("line {}: {}", line, error.message);
            return unexpected(std::move(error));
        };
        Result<Words> words = split(text.substr(0, size));
        text.remove_prefix(std::min(size + 1, text.size()));
        if (!words) return at_line(words.error());
        if (words->all.empty()) continue;
        Result<BatchCommand> command = command_of(*words, line);
        if (!command) return at_line(command.error());
        commands.push_back(std::move(*command));
    }
    return commands;
}

}  // namespace festore::cli
