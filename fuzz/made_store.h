// SPDX-License-Identifier: BSD-2-Clause
// A store with some pages and payloads, and what the TEE keeps of it, for the harnesses that begin with one.
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

// Of a simulated TEE whose clocks are repeatable.
sim::Config repeatable_config();
// Makes it in a TEE of its own, which is gone afterwards. `connect` gives a client of the store's directory.
MadeStore make_store(const std::function<Expected<Client>()>& connect);
// Installs the TA, with what it kept of the store.
void install(sim::Tee& tee, const std::map<Content, Content>& objects);

}  // namespace festore::fuzz
