// SPDX-License-Identifier: BSD-2-Clause
// What is said about an owner's store: by `status` and `init`, as text and as JSON (docs/json.md). Thread safety: one thread.
#pragma once
#include "cli/verbs.h"

namespace festore::cli {

// The store; or none, with the directory where it would be; or none, and why it cannot be looked at.
struct StoreReport {
    std::optional<StoreInfo> info;
    std::string directory;
    std::optional<Error> error;
    std::vector<LostRange> lost;
    std::vector<StoreRecord> others;  // the owner's other stores, as far as the TEE tells
};

// Of a store that was just made or changed; without what was lost of it.
StoreReport report_of(const StoreInfo& info);
// `options`: those that the client, which is one for a store, was connected with.
StoreReport look_at_store(Client& client, const ClientOptions& options);

Json json_of(const StoreReport& report);
std::string text_of(const StoreReport& report);

// That repairs have given up freshness, for good: count, generation of the last, whether it was acknowledged. Null: never.
Json freshness_given_up_json(const StoreInfo& s);

// What is said of a store whose record is marked so.
inline constexpr std::string_view kMadeUnaskedText = "made without an answer of the RPMB";

// That contents are left of the other cipher, and how to go on (StoreInfo::has_other_cipher).
std::string other_cipher_text(const StoreInfo& s);

std::string_view anchor_name(Anchor anchor);
// A line of `status`.
std::string status_row(std::string_view label, std::string_view value);

}  // namespace festore::cli
