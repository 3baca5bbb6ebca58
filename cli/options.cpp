// SPDX-License-Identifier: BSD-2-Clause
#include "cli/options.h"

#include "base/bytes.h"
#include "base/limits.h"
#include "base/host/environment.h"
#include "base/name.h"
#include "base/result.h"
#include "base/store_name.h"
#include "cli/help.h"
#include "cli/output.h"
#include "cli/verbs.h"
#include "client/errors.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <fmt/format.h>
#include <grp.h>

namespace festore::cli {
namespace {

constexpr uint64_t kTimeoutSecondsMax = 86400;
constexpr uint64_t kWaitSecondsMax = 86400;

// The values of the global options as they were written.
struct GlobalTexts {
    std::string tee, group, storage, store, name, timeout, wait;
    bool is_public = false;
};

constexpr const char* kStorageHelp = "where objects live: store (default), or whole in the TEE's own storage: ree or rpmb";

// CLI11 reads "[a,b]" as a list and "++" as the end of a verb. An argument that it could misread gets one more
// byte, which is removed when the value is stored. So does an argument that ends in that byte.
constexpr char kGuard = '\x01';

std::string guarded(const char* argument) {
    std::string text = argument;
    if (text == "++" || text.ends_with(']') || text.ends_with(kGuard)) text += kGuard;
    return text;
}

std::string unguarded(std::string text) {
    if (text.ends_with(kGuard)) text.pop_back();
    return text;
}

CLI::Option* taken_literally(CLI::Option* option, bool may_be_empty) {
    const auto strip = [may_be_empty](std::string& text) {
        text = unguarded(std::move(text));
        return std::string(text.empty() && !may_be_empty ? "must not be empty" : "");
    };
    return option->transform(CLI::Validator(strip, ""));
}

void apply(const ArgumentRules& rules, CLI::Option* option) { option->type_name(rules.placeholder)->required(rules.required); }

void declare_help(CLI::App& app) { app.set_help_flag("-h,--help", "print this help")->disable_flag_override(); }

void declare_globals(CLI::App& app, GlobalTexts& texts, Options& options) {
    const auto global = [&](const char* name, std::string& value, const char* placeholder, const char* description) {
        taken_literally(app.add_option(name, value, description), false)->type_name(placeholder)->take_last();
    };
    global("--tee", texts.tee, "KIND", "which TEE: auto (default), optee, or sim, the simulated one");
    global("--group", texts.group, "GROUP", "objects of a group that you are a member of: a name or a number");
    add_flag(app, "--public", texts.is_public, "objects that anybody on this device may use");
    global("--storage", texts.storage, "STORAGE", kStorageHelp);
    global("--store", texts.store, "DIR", "the directory of the store (default: the owner's); implies --storage store");
    global("--name", texts.name, "NAME", "which of the owner's stores (default: 'default'); implies --storage store");
    add_flag(app, "--json", options.json, "print one JSON object instead of text");
    add_flag(app, "-q,--quiet", options.quiet, "print nothing but results and errors");
    add_flag(app, "-v,--verbose", options.verbose, "say more, on standard error");
    global("--timeout", texts.timeout, "SECONDS", "how long one call into the TEE may take (default 60)");
    global("--wait", texts.wait, "SECONDS", "how long to wait for a store that others use (default 30)");
    app.set_version_flag("--version", [] { return fmt::format("festore {}", version()); }, "print the version")
        ->disable_flag_override();
    declare_help(app);
}

Result<Owner> owner_of(const GlobalTexts& texts) {
    if (texts.is_public && !texts.group.empty())
        return unexpected(usage_error("--group and --public exclude each other"));
    if (texts.is_public) return Owner::public_();
    if (texts.group.empty()) return Owner::user();
    if (const group* found = getgrnam(texts.group.c_str()); found != nullptr) return Owner::group(found->gr_gid);
    const auto gid = parse_number(texts.group, UINT32_MAX - 1);
    if (!gid) return unexpected(usage_error("there is no group " + quote(texts.group)));
    return Owner::group(static_cast<uint32_t>(*gid));
}

// By the options, else by FESTORE_STORAGE.
Result<Storage> storage_of(const GlobalTexts& texts) {
    const std::string variable = environment("FESTORE_STORAGE");
    const bool names_store = !texts.store.empty() || !texts.name.empty();
    const bool by_variable = texts.storage.empty() && !names_store && !texts.is_public;
    const std::string& name = by_variable ? variable : texts.storage;
    Storage storage = texts.is_public ? Storage::ree : kDefaultStorage;
    if (name == "store" || names_store) storage = Storage::store;
    else if (name == "ree") storage = Storage::ree;
    else if (name == "rpmb") storage = Storage::rpmb;
    if (!name.empty() && name != "store" && name != "ree" && name != "rpmb")
        return unexpected(usage_error((by_variable ? "FESTORE_STORAGE" : "--storage") +
                                      (" is store, ree or rpmb, not " + quote(name))));
    if (names_store && !texts.storage.empty() && texts.storage != "store")
        return unexpected(usage_error((texts.store.empty() ? "--name names a store" : "--store names the directory of a store") +
                                      (", and --storage " + texts.storage + " has none")));
    if (texts.is_public && storage == Storage::store)
        return unexpected(usage_error("--public has no store: a store belongs to a user or a group; public objects are in "
                                      "the storage ree or rpmb"));
    return storage;
}

Result<void> take_seconds(const char* option, const std::string& text, uint64_t min, uint64_t max,
                          std::chrono::seconds& seconds) {
    if (text.empty()) return {};
    const auto number = parse_number(text, max);
    if (!number || *number < min)
        return unexpected(usage_error(fmt::format("{} is a number of seconds from {} to {}, not {}", option, min, max,
                                                  quote(text))));
    seconds = std::chrono::seconds(*number);
    return {};
}

// By the option, else by FESTORE_TEE.
Result<void> choose_tee(const GlobalTexts& texts, ClientOptions& client) {
    const std::string name = texts.tee.empty() ? environment("FESTORE_TEE") : texts.tee;
    if (name == "optee") client.tee = TeeKind::optee;
    else if (name == "sim") client.tee = TeeKind::sim;
    else if (!name.empty() && name != "auto")
        return unexpected(usage_error((texts.tee.empty() ? "FESTORE_TEE" : "--tee") + (" is auto, optee or sim, not " + quote(name))));
#ifdef FESTORE_SIM
    if (client.tee != TeeKind::optee) client.sim_library = environment("FESTORE_SIM_LIBRARY");
#endif
    return {};
}

Result<void> interpret(const GlobalTexts& texts, Options& options) {
    FESTORE_CHECK(choose_tee(texts, options.client));
    if (const auto given = take_seconds("--timeout", texts.timeout, 1, kTimeoutSecondsMax, options.client.call_timeout); !given)
        return given;
    FESTORE_CHECK(take_seconds("--wait", texts.wait, 0, kWaitSecondsMax, options.client.wait));
    const Owner owner = FESTORE_TRY(owner_of(texts));
    options.client.owner = owner;
    const Storage storage = FESTORE_TRY(storage_of(texts));
    options.client.storage = storage;
    options.client.store_directory = texts.store.empty() ? environment("FESTORE_STORE") : texts.store;
    options.client.store_name = texts.name.empty() ? environment("FESTORE_NAME") : texts.name;
    const bool is_name_used = storage == Storage::store || !texts.name.empty();
    if (is_name_used && !options.client.store_name.empty() && !is_store_name(options.client.store_name))
        return unexpected(usage_error((texts.name.empty() ? "FESTORE_NAME" : "--name") +
                                      (" is 1 to 63 of the characters A-Z a-z 0-9 . _ -, not " + quote(options.client.store_name))));
    return {};
}

// CLI11's error in our words.
Error reshaped(const CLI::App& app, const CLI::ParseError& error) {
    const auto chosen = app.get_subcommands();
    const std::string verb = chosen.empty() ? "" : chosen.front()->get_name();
    std::string unknown_option;
    std::string unexpected_argument;
    for (const std::string& remaining : app.remaining(true)) {
        const std::string text = unguarded(remaining);
        const bool looks_like_option = text.size() > 1 && text[0] == '-';
        std::string& first = looks_like_option ? unknown_option : unexpected_argument;
        if (text != "--" && first.empty()) first = quote(text);
    }
    if (!unknown_option.empty()) return usage_error("there is no option " + unknown_option, verb);
    if (verb.empty() && !unexpected_argument.empty()) return usage_error("there is no verb " + unexpected_argument);
    if (verb.empty() && error.get_name() == "RequiredError") return usage_error("a verb is missing");
    if (!unexpected_argument.empty()) return usage_error("unexpected argument " + unexpected_argument, verb);
    std::string message = error.what();
    if (error.get_name() == "ValidationError") message.erase(std::min(message.find(':'), message.size()), 1);
    if (error.get_name() == "ArgumentMismatch") {
        const size_t flag = message.find(" was given a disallowed flag override");
        message.erase(std::min({flag, message.find(':'), message.size()}));
        message = flag == std::string::npos ? message + " needs one value" : "--" + message + " takes no value";
    }
    if (const size_t end = message.find(" is required"); end != std::string::npos) {
        message.erase(end);
        message += " is missing";
    }
    return usage_error(harmless(message), verb);
}

bool asks_for_json(int argc, const char* const* argv) {
    return std::any_of(argv, argv + argc, [](const char* a) { return std::strcmp(a, "--json") == 0; });
}

struct Declared {
    const VerbEntry* entry = nullptr;
    CLI::App* app = nullptr;
    std::unique_ptr<Verb> verb;
};

std::vector<Declared> declare_verbs(CLI::App& app) {
    std::vector<Declared> all;
    for (const VerbEntry& entry : verbs()) {
        CLI::App* sub = app.add_subcommand(entry.name, entry.summary)->group("Verbs");
        declare_help(*sub);
        sub->footer(fmt::format("{}\nExamples:\n{}", kVerbFooter, entry.examples));
        all.push_back({&entry, sub, entry.make()});
        all.back().verb->declare(*sub);
    }
    return all;
}

}  // namespace

void add_text(CLI::App& app, const std::string& name, std::string& value, const std::string& description, const ArgumentRules& rules) {
    apply(rules, taken_literally(app.add_option(name, value, description), false));
}

void add_name(CLI::App& app, const std::string& name, std::string& value, const std::string& description, const ArgumentRules& rules) {
    apply(rules, taken_literally(app.add_option(name, value, description), true));
}

void add_names(CLI::App& app, const std::string& name, std::vector<std::string>& values, const std::string& description,
               const ArgumentRules& rules) {
    apply(rules, taken_literally(app.add_option(name, values, description), true));
}

void add_flag(CLI::App& app, const std::string& name, bool& value, const std::string& description) {
    app.add_flag(name, value, description)->disable_flag_override();
}

Error usage_error(const std::string& message, std::string_view verb) {
    const std::string full = verb.empty() ? fmt::format("{}; see 'festore --help'", message)
                                          : fmt::format("{}: {}; see 'festore {} --help'", verb, message, verb);
    return {ErrorCode::usage, full, 0, 0};
}

std::optional<uint64_t> parse_number(std::string_view text, uint64_t max) {
    uint64_t value = 0;
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (fault != std::errc() || end != text.data() + text.size() || value > max) return std::nullopt;
    return value;
}

Result<std::optional<Owner>> parse_owner(std::string_view text, std::string_view verb) {
    if (text.empty()) return std::nullopt;
    const bool is_group = text.starts_with("gid:");
    const bool is_owner = is_group || text.starts_with("uid:");
    const auto id = is_owner ? parse_number(text.substr(4), UINT32_MAX - 1) : std::nullopt;
    if (!id) return unexpected(usage_error("--owner is uid:N or gid:N, not " + quote(text), verb));
    return is_group ? Owner::group(static_cast<uint32_t>(*id)) : Owner::user(static_cast<uint32_t>(*id));
}

Result<void> check_is_for_store(const Options& options, std::string_view verb) {
    if (options.client.storage == Storage::store) return {};
    if (options.client.owner.kind == Owner::Kind::public_)
        return unexpected(usage_error("only a store can do that, and --public has none", verb));
    return unexpected(usage_error("only a store can do that: use --storage store, or name one with --store", verb));
}

Result<void> check_name_argument(const std::string& name) { return require_name(name); }

Result<void> NameOption::resolve(std::string& name, const Options& options) const {
    if (!hex) return check_name_argument(name);
    const bool is_public = options.client.owner.kind == Owner::Kind::public_ && options.client.storage == Storage::ree;
    if (!is_public) return unexpected(usage_error("--hex needs --public and the storage ree, where the first demo's objects are"));
    std::string bytes;
    for (size_t i = 0; i < name.size(); i += 2) {
        unsigned char byte = 0;
        const auto [end, fault] = std::from_chars(name.data() + i, name.data() + std::min(i + 2, name.size()), byte, 16);
        if (fault != std::errc() || end != name.data() + i + 2)
            return unexpected(usage_error(quote(name) + " is not hexadecimal, two digits a byte"));
        bytes += static_cast<char>(byte);
    }
    if (bytes.size() > limits::kObjectIdBytesMax)
        return unexpected(usage_error(fmt::format("the first demo's ids have up to {} bytes", limits::kObjectIdBytesMax)));
    name = std::move(bytes);
    return {};
}

CommandLine parse_command_line(int argc, const char* const* argv) {
    CommandLine line;
    GlobalTexts texts;
    CLI::App app{kMainDescription, "festore"};
    app.formatter(make_help_formatter());
    app.require_subcommand(1);
    app.fallthrough();
    app.footer(kMainFooter);
    declare_globals(app, texts, line.options);
    std::vector<Declared> declared = declare_verbs(app);
    std::vector<std::string> arguments;
    for (int i = argc - 1; i > 0; --i) arguments.push_back(guarded(argv[i]));  // CLI11 takes them from the back
    try {
        app.parse(std::move(arguments));
    } catch (const CLI::CallForHelp&) {
        for (const Declared& d : declared)  // the list of verbs shows the summary, a verb's own help the paragraph
            if (d.app->parsed()) d.app->description(d.entry->description);
        line.text = app.help();
        return line;
    } catch (const CLI::CallForVersion& call) {
        line.text = std::string(call.what()) + "\n";
        return line;
    } catch (const CLI::ParseError& error) {
        line.error = reshaped(app, error);
        line.options.json = asks_for_json(argc, argv);
        return line;
    }
    if (const auto valid = interpret(texts, line.options); !valid) line.error = valid.error();
    line.options.client.on_warning = print_line;
    for (Declared& d : declared)
        if (d.app->parsed()) line.verb = std::move(d.verb);
    return line;
}

}  // namespace festore::cli
