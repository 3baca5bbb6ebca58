// SPDX-License-Identifier: BSD-2-Clause
// What a Transaction holds: the client whose store it changes, and its session.
#pragma once
#include "client/client_state.h"

namespace festore {

struct Transaction::State {
    std::shared_ptr<Client::State> client;
    std::optional<Client::State::Use> use;  // none: committed

    explicit State(std::shared_ptr<Client::State> of) : client(std::move(of)) { use.emplace(*client); }
    ~State() {
        if (use) client->store->batch_abort();
    }
};

}  // namespace festore
