// SPDX-License-Identifier: BSD-2-Clause
// The C API for root's list of who may store.
#include "client/c_api.h"

using namespace festore;
using namespace festore::c_api;

namespace {

// Nothing if a number is too large for a limit.
std::optional<Allowance> to_allowance(const festore_allow_limits* limits) {
    Allowance allowance;
    if (limits == nullptr) return allowance;
    const auto small = [](uint64_t value, std::optional<uint32_t>& to) {
        if (value != FESTORE_NO_LIMIT) to = static_cast<uint32_t>(value);
        return value == FESTORE_NO_LIMIT || value < UINT32_MAX;
    };
    if (limits->bytes != FESTORE_NO_LIMIT) allowance.bytes = limits->bytes;
    if (!small(limits->objects, allowance.objects) || !small(limits->stores, allowance.stores)) return std::nullopt;
    return allowance;
}

festore_allow_limits to_limits(const Allowance& a) {
    return {a.bytes.value_or(FESTORE_NO_LIMIT), a.objects ? *a.objects : FESTORE_NO_LIMIT, a.stores ? *a.stores : FESTORE_NO_LIMIT};
}

std::optional<std::vector<Owner>> to_names(const festore_allow_name* names, size_t count) {
    std::vector<Owner> all;
    if (names == nullptr && count > 0) return std::nullopt;
    for (size_t i = 0; i < count; ++i) {
        switch (names[i].kind) {
        case FESTORE_ALLOW_USER: all.push_back(Owner::user(names[i].id)); break;
        case FESTORE_ALLOW_GROUP: all.push_back(Owner::group(names[i].id)); break;
        case FESTORE_ALLOW_PUBLIC: all.push_back(Owner::public_()); break;
        default: return std::nullopt;
        }
    }
    return all;
}

int kind_of(Owner::Kind kind) {
    if (kind == Owner::Kind::public_) return FESTORE_ALLOW_PUBLIC;
    return kind == Owner::Kind::user ? FESTORE_ALLOW_USER : FESTORE_ALLOW_GROUP;
}

int wrong(festore_client* client) { return wrong_usage(client->error, "a name or a limit is not valid"); }

}  // namespace

int festore_allow(festore_client* client, const festore_allow_name* names, size_t count, const festore_allow_limits* limits) {
    return with_client(client, [&](Client& c) -> int {
        const auto all = to_names(names, count);
        const auto allowance = to_allowance(limits);
        return all && allowance ? told(client, c.allow(*all, *allowance)) : wrong(client);
    });
}

int festore_disallow(festore_client* client, const festore_allow_name* names, size_t count) {
    return with_client(client, [&](Client& c) -> int {
        const auto all = to_names(names, count);
        return all ? told(client, c.disallow(*all)) : wrong(client);
    });
}

int festore_allow_others(festore_client* client, const festore_allow_limits* limits) {
    return with_client(client, [&](Client& c) -> int {
        const auto allowance = to_allowance(limits);
        if (!allowance) return wrong(client);
        return told(client, c.allow_others(limits != nullptr ? allowance : std::nullopt));
    });
}

int festore_allow_in_all(festore_client* client, int storage, const festore_allow_limits* limits) {
    return with_client(client, [&](Client& c) -> int {
        auto allowance = to_allowance(limits);
        if (!allowance || (storage != FESTORE_STORAGE_REE && storage != FESTORE_STORAGE_RPMB)) return wrong(client);
        allowance->stores.reset();
        return told(client, c.allow_in_all(storage == FESTORE_STORAGE_REE ? Storage::ree : Storage::rpmb, *allowance));
    });
}

int festore_allow_all(festore_client* client) {
    return with_client(client, [&](Client& c) { return told(client, c.allow_all()); });
}

int festore_allowed(festore_client* client, int* may, festore_allow_limits* limits) {
    return with_client(client, [&](Client& c) -> int {
        const auto report = c.allowed();
        if (!report) return failed(client->error, report.error());
        if (may != nullptr) *may = report->standing == AllowReport::Standing::refused ? 0 : 1;
        if (limits != nullptr) *limits = to_limits(report->own);
        return FESTORE_OK;
    });
}

int festore_allow_list(festore_client* client, festore_allow_entry each, void* context) {
    return with_client(client, [&](Client& c) -> int {
        if (each == nullptr) return wrong_usage(client->error, "the function to call is NULL");
        const auto report = c.allowed();
        if (!report) return failed(client->error, report.error());
        for (const AllowedOne& one : report->named) {
            const festore_allow_limits limits = to_limits(one.limits);
            each(context, kind_of(one.kind), one.identity.c_str(), &limits);
        }
        return FESTORE_OK;
    });
}
