// SPDX-License-Identifier: BSD-2-Clause
#include "cli/output.h"

#include "base/name.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <fmt/format.h>
#include <unistd.h>

namespace festore::cli {
namespace {

const char* name_of(ErrorCode code) {
    switch (code) {
    case ErrorCode::failure: return "failure";
    case ErrorCode::usage: return "usage";
    case ErrorCode::not_found: return "not_found";
    case ErrorCode::conflict: return "conflict";
    case ErrorCode::not_permitted: return "not_permitted";
    case ErrorCode::damaged: return "damaged";
    case ErrorCode::no_tee: return "no_tee";
    case ErrorCode::no_space: return "no_space";
    case ErrorCode::busy: return "busy";
    }
    return "failure";
}

int write_all(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
        const ssize_t written = write(STDOUT_FILENO, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) {
            if (errno != EPIPE) fmt::print(stderr, "festore: cannot write to standard output: {}\n", std::strerror(errno));
            return static_cast<int>(ErrorCode::failure);
        }
        bytes = bytes.subspan(static_cast<size_t>(written));
    }
    return 0;
}

}  // namespace

int print(const std::string& text, int otherwise) {
    const int failed = write_all(bytes_of(text));
    return failed != 0 ? failed : otherwise;
}

int print_content(std::span<const std::byte> content) { return write_all(content); }

int print_json(const nlohmann::json& value, int otherwise) {
    return print(value.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n", otherwise);
}

int report(const Options& options, const Error& error) {
    fmt::print(stderr, "festore: {}\n", error.message);
    if (options.verbose && error.tee_result != 0)
        fmt::print(stderr, "festore: the TEE's answer was 0x{:08x}, origin {}\n", error.tee_result, error.tee_origin);
    const int code = static_cast<int>(error.code);
    if (!options.json) return code;
    nlohmann::json body = {{"code", code}, {"name", name_of(error.code)}, {"message", error.message}};
    if (error.tee_result != 0) body["tee"] = {{"result", error.tee_result}, {"origin", error.tee_origin}};
    return print_json({{"error", body}}, code);
}

int report_usage(const std::string& message, const std::string& verb) {
    fmt::print(stderr, "festore: {} (see 'festore {}--help')\n", message, verb.empty() ? "" : verb + " ");
    return static_cast<int>(ErrorCode::usage);
}

std::string escaped(std::string_view name) {
    std::string text;
    // Character by character: what check_name() takes is shown, the rest byte by byte.
    while (!name.empty()) {
        size_t size = 1;
        const auto lead = static_cast<unsigned char>(name[0]);
        if (lead >= 0xC0) size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
        const std::string_view one = name.substr(0, size);
        if (one.size() == size && one != "\\" && check_name(bytes_of(one)) == NameFault::none) {
            text += one;
            name.remove_prefix(size);
        } else {
            text += fmt::format("\\x{:02x}", lead);
            name.remove_prefix(1);
        }
    }
    return text;
}

std::string date_of(int64_t seconds) {
    if (seconds == 0) return "-";
    const auto time = static_cast<std::time_t>(seconds);
    std::tm parts{};
    std::array<char, 64> text{};
    if (localtime_r(&time, &parts) == nullptr) return std::to_string(seconds);
    std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S", &parts);
    return text.data();
}

nlohmann::json to_json(const ObjectInfo& info) {
    nlohmann::json object;
    if (check_name(bytes_of(info.name)) == NameFault::none) {
        object["name"] = info.name;
    } else {
        std::string hex;
        for (const char c : info.name) hex += fmt::format("{:02x}", static_cast<unsigned char>(c));
        object["name_hex"] = hex;
    }
    object["size"] = info.size;
    object["version"] = info.version;
    object["created"] = info.created;
    object["modified"] = info.modified;
    object["write_once"] = info.write_once;
    object["legacy"] = info.legacy;
    return object;
}

}  // namespace festore::cli
