// SPDX-License-Identifier: BSD-2-Clause
// What every verb needs to know: the global options, and what a verb answers with.
#pragma once
#include "festore/client.hpp"

#include <CLI/CLI.hpp>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace festore::cli {

struct Options {
    std::string tee;      // "", auto, optee, sim
    std::string group;    // name or number
    bool everybody = false;
    std::string storage = "ree";
    bool json = false;
    bool quiet = false;
    bool verbose = false;
    unsigned timeout_seconds = 60;
};

// The exit code of a verb; what failed has been printed.
using Run = std::function<int()>;

// Each adds its verb to `app`; `run` gets what is to be done when that verb was chosen.
void add_put(CLI::App& app, const Options& options, Run& run);
void add_get(CLI::App& app, const Options& options, Run& run);
void add_ls(CLI::App& app, const Options& options, Run& run);
void add_stat(CLI::App& app, const Options& options, Run& run);
void add_rm(CLI::App& app, const Options& options, Run& run);
void add_status(CLI::App& app, const Options& options, Run& run);

// A client as the options want it.
Expected<Client> connect(const Options& options);

}  // namespace festore::cli
