// SPDX-License-Identifier: BSD-2-Clause
// For tests of root's list of who may store, which call the TA's commands directly.
#pragma once
#include "engine/records/allow_list.h"
#include "protocol/allow.h"
#include "protocol/store_rebuild.h"
#include "tests/ta/harness/repairing_commands.h"

namespace festore::ta {

using protocol::AllowedAnswer;
using protocol::AllowRequest;
using protocol::AllowVerb;
using protocol::Standing;

constexpr uid_t kAlice = 1000;
constexpr uid_t kBob = 1001;
// Bytes of an object besides its content, if its name is one byte long.
constexpr size_t kHead = 64 + 1;

class Allowing : public RepairingCommands {
protected:
    using RepairingCommands::RepairingCommands;

    static protocol::Allowed named(uint32_t uid) { return {protocol::Login::user, uid}; }
    static AllowLimits of_bytes(uint64_t bytes) { return {bytes, kNoLimit, kNoLimit}; }
    static AllowLimits of_objects(uint32_t objects) { return {kNoLimitOfBytes, objects, kNoLimit}; }
    static AllowLimits of_stores(uint32_t stores) { return {kNoLimitOfBytes, kNoLimit, stores}; }

    static AllowRequest request(AllowVerb verb, const std::vector<protocol::Allowed>& names = {}, const AllowLimits& limits = {}) {
        AllowRequest made;
        made.verb = verb;
        made.limits = limits;
        for (const protocol::Allowed& name : names) made.names.at(made.count++) = name;
        if (verb == AllowVerb::total) made.storages = protocol::kAllowRee | protocol::kAllowRpmb;
        return made;
    }
    uint32_t say(uint32_t session, const AllowRequest& request) { return call(session, protocol::Command::allow, request).result; }
    // Sends the request as root.
    uint32_t root_says(AllowVerb verb, const std::vector<protocol::Allowed>& names = {}, const AllowLimits& limits = {}) {
        uint32_t root = 0;
        EXPECT_EQ(open(user(0), &root), 0U);
        const protocol::HelloRequest hello{protocol::kVersionMajor, 0, protocol::Login::user, 0};
        EXPECT_EQ(call(root, protocol::Command::hello, hello).result, 0U);
        const uint32_t said = say(root, request(verb, names, limits));
        tee_.close_session(root);
        return said;
    }
    std::optional<AllowedAnswer> look(uint32_t session, const protocol::AllowedRequest& request = {}) {
        page_.assign(protocol::kAllowedPageBytes, std::byte{0});
        const Answer answer = call(session, protocol::Command::allowed, request, &page_, kOut);
        page_.resize(answer.payload_size);
        const auto decoded = protocol::decode<AllowedAnswer>(answer.answer);
        return answer.result == 0 && decoded ? std::optional(*decoded) : std::nullopt;
    }
    Standing standing(uint32_t session) {
        const auto answer = look(session);
        EXPECT_TRUE(answer);
        return answer ? answer->standing : Standing::free;
    }
    static Bytes list_id() { return bytes_of(engine::kAllowListId); }
    // The list as the TEE keeps it; empty if there is none.
    std::optional<Content> kept() { return tee_.stored_object(TEE_STORAGE_PRIVATE_REE, protocol::kTaUuid, list_id()); }
    void keep(const Content& content) {
        ASSERT_TRUE(tee_.store_object(TEE_STORAGE_PRIVATE_REE, protocol::kTaUuid, list_id(), content));
    }

    Content page_;  // the entries, from look()
};

}  // namespace festore::ta
