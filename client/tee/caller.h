// SPDX-License-Identifier: BSD-2-Clause
// Who connected: the process, its effective user and group, and whether it was a member of the group that owns the objects. A client
// serves only this caller (rule 33): for any other, the kernel would give the TEE another identity at the next session, and files would
// be opened as another user. Thread safety: any thread.
#pragma once
#include "client/errors.h"
#include "client/files/process_mark.h"
#include "protocol/messages.h"

#include <sys/types.h>

namespace festore {

class Caller {
public:
    explicit Caller(const Owner& owner);  // the current caller
    // not_permitted: the current caller is another one.
    [[nodiscard]] Result<void> check() const;
    [[nodiscard]] uid_t user() const { return user_; }

private:
    const ProcessMark process_;
    const Owner owner_;
    const uid_t user_;
    const gid_t group_;
    const bool is_member_;
};

// Whether the kernel counts this process as a member of the group.
bool is_member_of(gid_t gid);

// Whether this process can act for that owner. usage: a group without a gid. not_permitted: another user.
Result<void> check_owner(const Owner& owner);
// A user or group as requests of root name it. usage: it has no id, or it is not a user or group.
Result<protocol::OtherOwner> named_owner(const Owner& owner);

}  // namespace festore
