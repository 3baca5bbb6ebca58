// SPDX-License-Identifier: BSD-2-Clause
// Requests that several parts of the store make.
#pragma once
#include "base/writer.h"
#include "client/store/channel.h"

namespace festore {

// A request without pages.
template <class M>
StoreChannel::Request request_of(protocol::Command command, const M& message) {
    StoreChannel::Request request;
    request.command = command;
    request.encode = [message](protocol::PageArea, Writer& out) { encode(message, out); };
    return request;
}

// A request for one object: get and stat.
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

// StoreChannel::Request::got_on of listings: names that were listed before the missing page count.
inline bool has_listed(const StoreReply& reply) { return !reply.content.empty(); }

// A request that ends a transaction, or asks about it.
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
