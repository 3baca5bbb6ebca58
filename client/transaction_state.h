// SPDX-License-Identifier: BSD-2-Clause
// The state of a Transaction: the client whose store it changes, and its session.
#pragma once
#include "client/client_state.h"

namespace festore {

struct Transaction::State {
    std::shared_ptr<ClientState> client;
    std::optional<ClientState::Use> use;  // none: committed

    State(std::shared_ptr<ClientState> of, ClientState::Use held) : client(std::move(of)) { use.emplace(std::move(held)); }
    ~State() {
        if (use) client->store->batch_abort();
    }
};

}  // namespace festore
