// SPDX-License-Identifier: BSD-2-Clause
// The verbs, one file each. A verb declares its options, then runs: it uses the TEE and the files given to it, and returns
// what to print; main() prints it. A new verb needs a file, its make function here, and a row in verbs.cpp.
#pragma once
#include "base/host/json.h"
#include "cli/options.h"

#include <span>
#include <string>
#include <vector>

namespace festore::cli {

// The result of a run. The exit code is that of the first error, or `exit_code` without errors.
struct Outcome {
    Json document = Json::object();  // for --json; docs/json.md
    std::string text;                // for people, to standard output
    std::vector<Error> errors;       // one line each, to standard error
    int exit_code = 0;               // when there is no error
};

inline Outcome failed(Error error) { return {Json::object(), "", {std::move(error)}, 0}; }

class Verb {
public:
    virtual ~Verb() = default;
    virtual void declare(CLI::App& app) = 0;
    virtual Outcome run(const Options& options) = 0;
};

struct VerbEntry {
    const char* name;
    const char* arguments;    // as the usage line shows them
    const char* summary;      // one line, in the list of verbs
    const char* description;  // one paragraph
    const char* examples;     // whole lines
    std::unique_ptr<Verb> (*make)();
};

std::unique_ptr<Verb> make_put();
std::unique_ptr<Verb> make_get();
std::unique_ptr<Verb> make_ls();
std::unique_ptr<Verb> make_stat();
std::unique_ptr<Verb> make_rm();
std::unique_ptr<Verb> make_mv();
std::unique_ptr<Verb> make_batch();
std::unique_ptr<Verb> make_init();
std::unique_ptr<Verb> make_verify();
std::unique_ptr<Verb> make_repair();
std::unique_ptr<Verb> make_rebuild();
std::unique_ptr<Verb> make_destroy();
std::unique_ptr<Verb> make_rpmb();
std::unique_ptr<Verb> make_allow();
std::unique_ptr<Verb> make_status();
std::unique_ptr<Verb> make_doctor();
std::unique_ptr<Verb> make_inspect();

// All of them, in the order in which the help shows them.
std::span<const VerbEntry> verbs();

}  // namespace festore::cli
