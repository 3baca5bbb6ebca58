// SPDX-License-Identifier: BSD-2-Clause
// What a store should hold, and what it does hold; and the verbs that the tests interrupt.
#pragma once
#include "client/errors.h"
#include "client/errors.h"
#include "tests/store/harness/device.h"

#include <optional>

namespace festore::store_test {

using Objects = std::map<std::string, Content>;
using Model = std::optional<Objects>;  // none: there is no store

// Reads the whole store with a new client. If any object cannot be read, the test fails.
Model read_all(Device& device, const std::string& what);

struct Verb {
    const char* name;
    Result<void> (*run)(Client& client, Anchor anchor);
    std::vector<Model> (*states)();  // the states that it goes through, from before it to after it
};
const std::vector<Verb>& all_verbs();

// A device with the store that a verb begins with: some hundred objects, a payload, free pages.
Device::Snapshot before_verb(Device& device, const Verb& verb, Anchor anchor);

}  // namespace festore::store_test
