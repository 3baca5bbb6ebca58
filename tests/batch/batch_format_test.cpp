// SPDX-License-Identifier: BSD-2-Clause
// The format of `festore batch`: as in docs/batch.md, and nothing else is accepted as a command.
#include "cli/batch_format.h"

#include <gtest/gtest.h>
#include <random>

namespace festore::cli {
namespace {

using Kind = BatchCommand::Kind;

std::string content_of(const BatchCommand& command) {
    const Bytes bytes = command.content.bytes();
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// The only command in a text; otherwise fails the test and returns an empty one.
BatchCommand only(std::string_view text) {
    auto commands = parse_batch(text);
    if (!commands || commands->size() != 1) {
        ADD_FAILURE() << text << ": " << (commands ? "not one command" : commands.error().message);
        return {};
    }
    return std::move(commands->front());
}

void expect_wrong(std::string_view text, std::string_view message) {
    const auto commands = parse_batch(text);
    ASSERT_FALSE(commands) << text;
    EXPECT_EQ(commands.error().code, ErrorCode::usage);
    EXPECT_NE(commands.error().message.find(message), std::string::npos) << commands.error().message;
}

TEST(BatchFormat, EachCommandInItsForms) {
    const BatchCommand file = only("put name some/file");
    EXPECT_EQ(file.kind, Kind::put_file);
    EXPECT_EQ(file.name, "name");
    EXPECT_EQ(file.target, "some/file");
    const BatchCommand text = only("put --text name \"two words\"\n");
    EXPECT_EQ(text.kind, Kind::put_content);
    EXPECT_EQ(content_of(text), "two words");
    EXPECT_EQ(content_of(only("put name --base64 aGFsbG8=")), "hallo");
    EXPECT_EQ(only("rm name").kind, Kind::remove);
    const BatchCommand moved = only("mv old new --replace");
    EXPECT_EQ(moved.kind, Kind::rename);
    EXPECT_EQ(moved.name, "old");
    EXPECT_EQ(moved.target, "new");
    EXPECT_TRUE(moved.replace);
    EXPECT_FALSE(only("mv old new").replace);
}

TEST(BatchFormat, OptionsOfPut) {
    const BatchCommand plain = only("put a b");
    EXPECT_FALSE(plain.put.if_absent || plain.put.write_once || plain.put.if_version);
    const BatchCommand all = only("put --if-absent a --write-once b");
    EXPECT_TRUE(all.put.if_absent && all.put.write_once);
    EXPECT_EQ(only("put a b --if-version 18446744073709551615").put.if_version, UINT64_MAX);
    EXPECT_EQ(only("put -- --text --base64").name, "--text");
    EXPECT_EQ(only("put \"--text\" x").name, "--text");
    EXPECT_EQ(only("rm -").name, "-");
}

TEST(BatchFormat, QuotesAndEscapes) {
    EXPECT_EQ(content_of(only(R"(put --text a "\"\\\n\t\x00\xfF")")), std::string("\"\\\n\t\0\xff", 6));
    EXPECT_EQ(content_of(only("put --text a \"\"")), "");
    EXPECT_EQ(content_of(only("put --text a \"# no comment\" # one")), "# no comment");
    EXPECT_EQ(content_of(only("put --text a b#c")), "b#c");
    EXPECT_EQ(content_of(only("put --text a \xff\xfe")), "\xff\xfe");
}

TEST(BatchFormat, EmptyLinesCommentsAndTheLastLine) {
    for (const char* text : {"", "\n", "# only this", " \t \n#\n\n"}) {
        const auto commands = parse_batch(text);
        ASSERT_TRUE(commands);
        EXPECT_TRUE(commands->empty());
    }
    const auto commands = parse_batch("\n# first\nrm a\n\n\trm b");
    ASSERT_TRUE(commands);
    ASSERT_EQ(commands->size(), 2U);
    EXPECT_EQ((*commands)[0].line, 3U);
    EXPECT_EQ((*commands)[1].line, 5U);
}

TEST(BatchFormat, NamesTheFirstWrongLine) {
    expect_wrong("rm a\n\nremove b\nworse", "line 3: there is no command 'remove'");
    expect_wrong("rm a\nrm \"b", "line 2: a double quote is not closed");
}

TEST(BatchFormat, WrongWords) {
    for (const char* text : {"rm \"a", "rm \"a\\\"", "rm \""}) expect_wrong(text, "not closed");
    for (const char* text : {"rm \"\\", "rm \"\\q\"", "rm \"\\'\"", "rm \"\\0\""}) expect_wrong(text, "after a backslash");
    for (const char* text : {"rm \"\\x\"", "rm \"\\x1\"", "rm \"\\xg0\"", "rm \"\\x0", "rm \"\\x"}) expect_wrong(text, "\\x needs two");
    for (const char* text : {"rm a\"b\"", "rm 'a'", "rm a\\b", "rm it's"}) expect_wrong(text, "need double quotes");
    expect_wrong("rm \"a\"b", "a blank is missing");
    expect_wrong("rm a\r\n", "control character, 0x0d");
    expect_wrong(std::string_view("rm a\0b", 6), "control character, 0x00");
}

TEST(BatchFormat, WrongCommands) {
    expect_wrong("PUT a b", "there is no command");
    expect_wrong("\"\"", "there is no command");
    expect_wrong("--text", "there is no command");
    expect_wrong("put a", "put needs 2 arguments, and has 1");
    expect_wrong("rm a b", "rm needs 1 arguments, and has 2");
    expect_wrong("mv a", "mv needs 2 arguments");
    expect_wrong("put a b --force", "there is no option '--force'");
    expect_wrong("put a b -x", "there is no option '-x'");
    expect_wrong("put a b --if-version", "needs a number");
    for (const char* number : {"x", "-1", "\"\"", "1x", "18446744073709551616"})
        expect_wrong("put a b --if-version " + std::string(number), "is a number, not");
    expect_wrong("put a b --if-version 1 --if-absent", "exclude each other");
    expect_wrong("put --text --base64 a b", "exclude each other");
    expect_wrong("put --replace a b", "belongs to mv");
    expect_wrong("rm --replace a", "belongs to mv");
    for (const char* text : {"rm --text a", "mv --if-absent a b", "mv --if-version 1 a b"}) expect_wrong(text, "belong to put");
    for (const char* file : {"-", "\"-\"", "\"\"", "\"a\\x00b\""}) expect_wrong("put a " + std::string(file), "FILE");
}

TEST(BatchFormat, WrongNames) {
    expect_wrong("rm \"\"", "must not be empty");
    expect_wrong("rm \"a\\nb\"", "control character");
    expect_wrong("rm \xff", "is not UTF-8");
    expect_wrong("mv a " + std::string(256, 'n'), "256 bytes");
    expect_wrong("put --text \"\\x1b[2J\" x", "control character");
    EXPECT_EQ(only("rm " + std::string(255, 'n')).name.size(), 255U);
}

TEST(BatchFormat, Base64IsExact) {
    for (const auto& [text, content] : std::initializer_list<std::pair<const char*, const char*>>{
             {"\"\"", ""}, {"Zg==", "f"}, {"Zm8=", "fo"}, {"Zm9v", "foo"}, {"+/+/", "\xfb\xff\xbf"}})
        EXPECT_EQ(content_of(only("put --base64 a " + std::string(text))), content);
    for (const char* text : {"Z", "Zg", "Zg=", "Zg===", "=", "====", "Z===", "Zh==", "Zm9=",
                             "Z=g=", "-_-_", "Zm9v\"", "\"Zm9v \"", "\"Zm\\n9\""})
        EXPECT_FALSE(parse_batch("put --base64 a " + std::string(text))) << text;
}

TEST(BatchFormat, LimitOfALine) {
    const std::string start = "put --text a ";
    const std::string longest = start + std::string(kBatchLineBytesMax - start.size(), 'x');
    EXPECT_EQ(content_of(only(longest)).size(), kBatchLineBytesMax - start.size());
    expect_wrong("rm a\n" + longest + "x\n", "line 2: it has 65537 bytes; 65536 is the limit");
}

TEST(BatchFormat, ManyLines) {
    std::string text;
    for (int i = 0; i < 100000; ++i) text += "put --text n" + std::to_string(i) + " v\n";
    const auto commands = parse_batch(text);
    ASSERT_TRUE(commands);
    ASSERT_EQ(commands->size(), 100000U);
    EXPECT_EQ(commands->back().name, "n99999");
}

// Any input gives a list of commands with valid names, or an error that names a line.
TEST(BatchFormat, Garbage) {
    std::mt19937 random(7);
    const std::vector<std::string> pieces{
        "put", "rm",   "mv", " ", "\t", "\n",   "\"",       "\\", "\\x",                "\\x00",          "--text", "--base64", "-",
        "--",  "name", "#",  "=", "A",  "\xff", "\xc3\xa9", "\r", std::string(1, '\0'), "--if-version", "7"};
    size_t good = 0;
    for (int round = 0; round < 20000; ++round) {
        std::string text;
        for (size_t count = random() % 12; count > 0; --count) text += pieces[random() % pieces.size()] + (random() % 2 != 0 ? " " : "");
        const auto commands = parse_batch(text);
        if (!commands) {
            EXPECT_TRUE(commands.error().message.starts_with("line ")) << commands.error().message;
            continue;
        }
        for (const BatchCommand& command : *commands) EXPECT_FALSE(command.name.empty());
        good += commands->size();
    }
    EXPECT_GT(good, 20U);
}

}  // namespace
}  // namespace festore::cli
