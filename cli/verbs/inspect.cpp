// SPDX-License-Identifier: BSD-2-Clause
// The verb `inspect`.
#include "cli/output.h"
#include "inspect/run.h"

namespace festore::cli {
namespace {

class Inspect : public Verb {
public:
    void declare(CLI::App& app) override {
        add_text(app, "DIR", request_.directory, "the folder where tee-supplicant keeps OP-TEE's storage, or a store's",
                 {.required = true});
        add_text(app, "--huk-file", request_.huk_file,
                 "the device's hardware unique key, raw or in hexadecimal; '-' for standard input",
                 {.placeholder = "FILE"});
        add_text(app, "--tee-storage", request_.tee_storage,
                 "of a store: the TEE's storage directory, for the root record that is in force; needs the key",
                 {.placeholder = "DIR"});
        add_text(app, "--extract", request_.extract, "write every undamaged object to this folder; needs the key",
                 {.placeholder = "DIR"});
    }

    Outcome run(const Options&) override {
        inspect::InspectAnswer answer = inspect::inspect(request_);
        return {std::move(answer.document), std::move(answer.text), std::move(answer.errors)};
    }

private:
    inspect::InspectRequest request_;
};

}  // namespace

std::unique_ptr<Verb> make_inspect() { return std::make_unique<Inspect>(); }

}  // namespace festore::cli
