// SPDX-License-Identifier: BSD-2-Clause
// How `status` and `init` show an owner's store, as text and as JSON (docs/json.md). Thread safety: one thread.
#pragma once
#include "cli/verbs.h"

namespace festore::cli {

// The store; or no store, with the directory where it would be; or the error that prevents looking at it.
struct StoreReport {
    std::optional<StoreInfo> info;
    std::string directory;
    std::optional<Error> error;
    std::vector<LostRange> lost;
    std::vector<StoreRecord> others;  // the owner's other stores, if the TEE lists them
};

// Of a store that was just made or changed; without its lost ranges.
StoreReport report_of(const StoreInfo& info);
// `options`: those with which the client, which must be for a store, was connected.
StoreReport look_at_store(Client& client, const ClientOptions& options);

Json json_of(const StoreReport& report);
std::string text_of(const StoreReport& report);

// The repairs that have ever given up freshness: count, generation of the last, whether it was acknowledged. Null: none.
Json freshness_given_up_json(const StoreInfo& s);

// For a store whose record has this mark.
inline constexpr std::string_view kMadeUnaskedText = "made without an answer from the RPMB";

// Says that contents of the other cipher may be left, and how to continue (StoreInfo::has_other_cipher).
std::string other_cipher_text(const StoreInfo& s);

std::string_view anchor_name(Anchor anchor);
// A line of `status`.
std::string status_row(std::string_view label, std::string_view value);

}  // namespace festore::cli
