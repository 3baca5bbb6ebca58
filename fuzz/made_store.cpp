// SPDX-License-Identifier: BSD-2-Clause
#include "fuzz/made_store.h"

#include "fuzz/client_model.h"
#include "sim/include/tee_internal_api.h"
#include "sim/teec/teec_in_process.h"
#include "ta/host/image.h"

namespace festore::fuzz {

sim::Config repeatable_config() {
    sim::Config config;
    config.repeatable_clocks = true;
    return config;
}

MadeStore make_store(const std::function<Result<Client>()>& connect) {
    MadeStore made;
    sim::Tee simulated{repeatable_config()};
    simulated.install(ta::host_image());
    sim::use_tee(&simulated);
    {
        Result<Client> client = connect();
        require(client.has_value(), "the library connects");
        // The cipher is given: else the TA measures by the clock which cipher is faster.
        require(client->store()->init({Anchor::ree, Cipher::aes_256_gcm}).has_value(), "a store is made");
        for (char c = 'a'; c < 'm'; ++c) made.objects[std::string("object ") + c] = letters(800, c);
        made.objects["empty"] = "";
        made.objects["large"] = letters(70000, 'A');
        for (const auto& [name, content] : made.objects)
            require(client->put(name, bytes_of(content), dated()).has_value(), "an object is put");
        require(client->get("large").has_value(), "an object is read");
    }
    for (const Content& id : simulated.stored_ids(TEE_STORAGE_PRIVATE_REE, ta::host_image().uuid))
        made.tee[id] = *simulated.stored_object(TEE_STORAGE_PRIVATE_REE, ta::host_image().uuid, id);
    sim::use_tee(nullptr);
    return made;
}

void install(sim::Tee& tee, const std::map<Content, Content>& objects) {
    tee.install(ta::host_image());
    for (const auto& [id, content] : objects)
        require(tee.store_object(TEE_STORAGE_PRIVATE_REE, ta::host_image().uuid, id, content), "the TEE has room");
}

}  // namespace festore::fuzz
