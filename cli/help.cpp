// SPDX-License-Identifier: BSD-2-Clause
#include "cli/help.h"

#include "cli/verbs.h"

#include <fmt/format.h>

namespace festore::cli {
namespace {

constexpr size_t kColumn = 26;

class HelpFormatter : public CLI::Formatter {
public:
    HelpFormatter() {
        column_width(kColumn);
        label("Positionals", "Arguments");
    }
    // Shows the verb's own arguments; CLI11 would show [OPTIONS] and the like.
    std::string make_usage(const CLI::App* app, std::string) const override {
        if (app->get_parent() == nullptr) return "Usage: festore [OPTIONS] VERB [OPTIONS] [ARGUMENTS]\n";
        for (const VerbEntry& entry : verbs())
            if (app->get_name() == entry.name)
                return fmt::format("Usage: festore {} [OPTIONS]{}{}\n", entry.name, *entry.arguments != '\0' ? " " : "",
                                   entry.arguments);
        return "";
    }
    // The placeholder of an option's value, without the types and markers that CLI11 adds.
    std::string make_option_opts(const CLI::Option* option) const override {
        const std::string type = option->get_type_name();
        return type.empty() ? "" : " " + type;
    }
};

}  // namespace

const char* const kMainDescription =
    "festore keeps named data in the secure world of this device (Arm TrustZone, OP-TEE): encrypted for this device,\n"
    "protected against changes, and served only to the identity that stored it.";

const char* const kVerbFooter = "Options for every verb: see 'festore --help'.\n";

const char* const kMainFooter =
    "Exit codes:\n"
    "  0  done                                  5  not permitted\n"
    "  1  another failure                       6  damaged, or repaired and not\n"
    "                                              acknowledged\n"
    "  2  wrong usage; nothing was done         7  no TEE, or it died or did not answer in time\n"
    "  3  no such object                        8  no space, or above a limit\n"
    "  4  it exists, has another version,       9  busy too long\n"
    "     or is write-once                    10  doctor found something serious\n"
    "\n"
    "Environment:\n"
    "  FESTORE_TEE      auto, optee or sim: the default of --tee\n"
    "  FESTORE_STORAGE  store, ree or rpmb: the default of --storage\n"
    "  FESTORE_STORE    the directory of your store: the default of --store\n"
    "  FESTORE_SIM_DIR  where the simulated TEE keeps its state (development builds)\n"
    "\n"
    "Examples:\n"
    "  festore put wifi.conf /etc/wpa_supplicant.conf\n"
    "  festore get wifi.conf\n"
    "  festore ls -l\n"
    "\n"
    "See 'festore VERB --help' for one verb, and festore(1) for everything.\n";

std::shared_ptr<CLI::FormatterBase> make_help_formatter() { return std::make_shared<HelpFormatter>(); }

}  // namespace festore::cli
