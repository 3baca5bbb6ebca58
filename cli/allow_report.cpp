// SPDX-License-Identifier: BSD-2-Clause
#include "cli/allow_report.h"

#include "cli/store_report.h"

#include <fmt/format.h>

namespace festore::cli {
namespace {

template <class N>
Json number_json(const std::optional<N>& number) {
    return number ? Json(*number) : Json(nullptr);
}

Json limits_json(const Allowance& a) {
    return {{"bytes", number_json(a.bytes)}, {"objects", number_json(a.objects)}, {"stores", number_json(a.stores)}};
}

template <class N>
std::string number_text(const std::optional<N>& number, std::string_view what) {
    return number ? fmt::format("{} {}{}", *number, what, *number == 1 ? "" : "s") : "";
}

std::string limits_text(const Allowance& a) {
    std::string text;
    for (const std::string& part : {number_text(a.bytes, "byte"), number_text(a.objects, "object"), number_text(a.stores, "store")})
        if (!part.empty()) text += (text.empty() ? "" : ", ") + part;
    return text.empty() ? "no limits" : text;
}

const char* kind_name(Owner::Kind kind) {
    if (kind == Owner::Kind::public_) return "public";
    return kind == Owner::Kind::user ? "user" : "group";
}

Json named_json(const AllowedOne& one, const OwnerNames& names) {
    const bool is_group = one.kind == Owner::Kind::group;
    const OwnerNames::Owner* const owner = one.identity.empty() ? nullptr : names.find(is_group, one.identity);
    Json json = {{"owner", owner != nullptr ? Json(OwnerNames::spelled(is_group, *owner)) : Json(nullptr)},
                 {"name", owner != nullptr ? Json(owner->name) : Json(nullptr)},
                 {"login", kind_name(one.kind)},
                 {"identity", one.identity}};
    json.update(limits_json(one.limits));
    return json;
}

const char* state_name(const AllowReport& report) {
    if (!report.listed) return "none";
    if (report.damaged) return "damaged";
    if (report.newer) return "newer";
    return report.closed ? "closed" : "open";
}

const char* standing_name(AllowReport::Standing standing) {
    switch (standing) {
    case AllowReport::Standing::by_entry: return "named";
    case AllowReport::Standing::as_other: return "other";
    case AllowReport::Standing::refused: return "refused";
    default: return "free";
    }
}

std::string door_text(const AllowReport& report) {
    if (report.damaged || report.newer) return "root only, until the list is set again";
    if (report.closed) return report.named.empty() ? "root only" : "root, and these";
    if (report.others) return fmt::format("everybody; those not named: {}", limits_text(*report.others));
    return "everybody";
}

}  // namespace

Json allow_json(const AllowReport& report, const OwnerNames& names) {
    Json json = {{"list", state_name(report)},
                 {"others", report.others ? limits_json(*report.others) : Json(nullptr)},
                 {"total", {{"ree", limits_json(report.total_ree)}, {"rpmb", limits_json(report.total_rpmb)}}},
                 {"named", Json::array()}};
    for (const char* storage : {"ree", "rpmb"}) json["total"][storage].erase("stores");
    for (const AllowedOne& one : report.named) json["named"].push_back(named_json(one, names));
    return json;
}

std::string allow_text(const AllowReport& report, const OwnerNames& names) {
    std::string text = status_row("who may store", door_text(report));
    const auto total = [&](const char* storage, const Allowance& limits) {
        if (limits.bytes || limits.objects) text += status_row(fmt::format("all in {}", storage), limits_text(limits));
    };
    total("ree", report.total_ree);
    total("rpmb", report.total_rpmb);
    for (const AllowedOne& one : report.named) {
        const bool is_public = one.kind == Owner::Kind::public_;
        text += status_row(is_public ? "public" : names.text(one.kind == Owner::Kind::group, one.identity), limits_text(one.limits));
    }
    return text;
}

Json own_allow_json(const AllowReport& report) {
    Json json = {{"standing", standing_name(report.standing)}};
    json.update(limits_json(report.own));
    return json;
}

std::string own_allow_text(const AllowReport& report) {
    if (report.damaged || report.newer) return status_row("you may store", "nothing new: root's list of who may store cannot be read");
    if (report.standing == AllowReport::Standing::refused)
        return status_row("you may store", "nothing new: root has not named you ('festore allow'); your existing objects are served");
    if (report.standing == AllowReport::Standing::free) return status_row("you may store", "without limits of your own");
    return status_row("you may store", limits_text(report.own));
}

std::optional<Error> allow_fault(const AllowReport& report) {
    if (report.damaged)
        return Error{ErrorCode::damaged, "the list of who may store is damaged: only root can store anything new until the list is set "
                                         "again", 0, 0};
    if (report.newer)
        return Error{ErrorCode::damaged, "the list of who may store is of a newer version than the trusted application: only root can "
                                         "store anything new until that version is installed", 0, 0};
    return std::nullopt;
}

}  // namespace festore::cli
