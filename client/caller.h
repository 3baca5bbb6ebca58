// SPDX-License-Identifier: BSD-2-Clause
// Who connected: the process, its effective user and group, and whether it was a member of the group whose objects these are. A client
// serves nobody else (rule 33): the kernel would tell the TEE another identity at the next session, and files would be opened as
// another user. Thread safety: any thread.
#pragma once
#include "client/errors.h"
#include "client/process_mark.h"

#include <sys/types.h>

namespace festore {

class Caller {
public:
    explicit Caller(const Owner& owner);  // the one of this moment
    // not_permitted: the caller of this moment is another one.
    [[nodiscard]] Expected<void> check() const;
    [[nodiscard]] uid_t user() const { return user_; }

private:
    const ProcessMark process_;
    const Owner owner_;
    const uid_t user_;
    const gid_t group_;
    const bool is_member_;
};

// Whether this process is in the group, for the kernel.
bool is_member_of(gid_t gid);

}  // namespace festore
