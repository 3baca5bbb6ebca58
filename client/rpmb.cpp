// SPDX-License-Identifier: BSD-2-Clause
// Root's statement that this device has no RPMB: Client::rpmb_use() and set_no_rpmb().
#include "client/client_state.h"
#include "base/result.h"
#include "client/errors.h"

namespace festore {
namespace {

using protocol::RpmbRequest;

Error refused(const Operation& operation, Error error) {
    const std::string start = "cannot " + std::string(operation.verb) + ": ";
    switch (static_cast<Code>(error.tee_result)) {
    case Code::not_supported:
        error.message = start + "the trusted application is older than this: install the one that belongs to this version";
        return error;
    case Code::access_denied: error.message = start + "only root may do that"; return error;
    case Code::access_conflict:
        error.message = start + "the RPMB answers, so there is one; stores with the anchor ree keep asking it";
        error.reason = Reason::rpmb_answers;
        return error;
    default: break;
    }
    if (rpmb_gave_no_answer(error.tee_result))
        error.message = start + "the trusted application died when it asked whether the RPMB answers; if it is certain that this device "
                                "has none, use 'festore rpmb --none --without-asking'";
    return error;
}

}  // namespace

Result<RpmbUse> ClientState::rpmb(const Operation& operation, const RpmbRequest& request) {
    const Encoded encoded(request);
    // Repeating is safe, since it changes nothing more. But if asking the RPMB has ended the TA, asking again would only end the next one.
    const bool repeatable = request.word != RpmbRequest::Word::none || request.without_asking;
    const Result<Reply> reply = command(operation, repeatable, protocol::Command::rpmb_here, encoded.bytes());
    if (!reply) return unexpected(refused(operation, reply.error()));
    const auto answer = protocol::decode<protocol::RpmbAnswer>(reply->bytes());
    if (!answer) return unexpected(nonsense(operation));
    return RpmbUse{answer->built_in, answer->none_here};
}

Result<RpmbUse> Client::rpmb_use() {
    const auto use = FESTORE_TRY(state_->use());
    return state_->rpmb({"find out whether the RPMB is asked", {}}, {});
}

Result<RpmbUse> Client::set_no_rpmb(bool none, bool without_asking) {
    const auto use = FESTORE_TRY(state_->use());
    const Operation operation{none ? "say that there is no RPMB here" : "have the RPMB asked again", {}};
    return state_->rpmb(operation, {none ? RpmbRequest::Word::none : RpmbRequest::Word::ask, none && without_asking});
}

}  // namespace festore
