// SPDX-License-Identifier: BSD-2-Clause
// From a message to bytes and back. Each message describes its fields once (base/fields.h).
#pragma once
#include "base/fields.h"
#include "base/name.h"

namespace festore::protocol {

// `out` is bad afterwards if the message has no room.
template <Described M>
void encode(const M& message, Writer& out) {
    write_fields(message, out);
}

// `input` is hostile: it must be exactly one message, with nothing after it, and with values that the message allows; else bad_format.
// Views in the message point into `input`.
template <Described M>
Outcome<M> decode(Bytes input) {
    return read_all_fields<M>(input);
}

// The first of the entries in `input`, which moves past it. After an error `input` is as it was.
template <Described M>
Outcome<M> decode_next(Bytes& input) {
    Reader in(input);
    Outcome<M> entry = read_fields<M>(in);
    if (entry) input = in.rest();
    return entry;
}

inline bool is_name(Bytes name) { return check_name(name) == NameFault::none; }
constexpr bool has_only(unsigned flags, unsigned known) { return (flags & ~known) == 0; }

}  // namespace festore::protocol
