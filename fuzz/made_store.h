// SPDX-License-Identifier: BSD-2-Clause
// A store with some pages and payloads, and the TEE's objects for it, for the harnesses that start with a store.
#pragma once
#include "fuzz/target.h"
#include "festore/client.hpp"
#include "sim/tee.h"

#include <functional>
#include <map>
#include <string>

namespace festore::fuzz {

struct MadeStore {
    std::map<Content, Content> tee;              // the objects of the TA
    std::map<std::string, std::string> objects;  // of the store
};

// The configuration of a simulated TEE with repeatable clocks.
sim::Config repeatable_config();
// Makes the store in a TEE of its own, which is gone afterwards. `connect` returns a client of the store's directory.
MadeStore make_store(const std::function<Result<Client>()>& connect);
// Installs the TA with these objects.
void install(sim::Tee& tee, const std::map<Content, Content>& objects);

}  // namespace festore::fuzz
