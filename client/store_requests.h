// SPDX-License-Identifier: BSD-2-Clause
// Requests of the store that several of its parts make.
#pragma once
#include "base/writer.h"
#include "client/store_channel.h"

namespace festore {

// What asks for one object: get and stat.
inline StoreChannel::Request name_request(protocol::Command command, std::string_view name) {
    StoreChannel::Request request;
    request.command = command;
    request.has_area = true;
    request.about = name;
    request.encode = [name = std::string(name)](protocol::PageArea area, Writer& out) {
        encode(protocol::StoreNameRequest{area, 0, bytes_of(name)}, out);
    };
    return request;
}

// StoreChannel::Request::got_on of what lists: what was listed before the gap counts.
inline bool has_listed(const StoreReply& reply) { return !reply.content.empty(); }

// What ends a transaction, or asks for it.
inline StoreChannel::Request transaction_request(protocol::Command command, const protocol::Id& transaction,
                                                 uint64_t generation) {
    StoreChannel::Request request;
    request.command = command;
    request.encode = [=](protocol::PageArea, Writer& out) {
        encode(protocol::TransactionRequest{transaction, generation}, out);
    };
    return request;
}

}  // namespace festore
