// SPDX-License-Identifier: BSD-2-Clause
// The initial state of the harnesses for the TA, made once and then copied: a simulated TEE with the TA, which is called with
// raw parameters, and two users with a store and an object each. The first user is the attacker, who has what a client has: the
// sealed pages. All contents and names of the other one, the victim, contain kSecret, which the attacker must never see. A third
// user has a session open all the time, to keep the TA's instance alive and to detect what other sessions leave behind in it.
#pragma once
#include "engine/page.h"
#include "fuzz/target.h"
#include "protocol/store_files.h"
#include "protocol/store_messages.h"
#include "sim/identity.h"
#include "sim/tee.h"
#include "tests/encoded.h"

#include <functional>
#include <map>
#include <memory>
#include <string>

namespace festore::fuzz {

inline constexpr std::string_view kSecret = "NOT-FOR-OTHERS";
inline constexpr uint32_t kAttacker = 1000;
inline constexpr uint32_t kVictim = 1001;
inline constexpr uint32_t kGuard = 1002;

// Every version of each page that a client has seen; the last is the current one.
using Versions = std::vector<engine::PageBytes>;
struct UserStore {
    std::map<uint32_t, Versions> pages;
    protocol::StoreHeader header;
    std::map<std::string, std::string> objects;  // inlined ones
    Content sealed;                              // a payload's segments, one after the other
    static constexpr std::string_view kPayload = "a payload";  // its name; the victim's is named_by(kVictim, kPayload)
    static constexpr size_t kSegmentBytes = 4096;
    static constexpr size_t kPayloadBytes = 5000;
};
// The user's name for an object: two users have no name in common.
std::string named_by(uint32_t uid, std::string_view name);
// The harness's content for an object of that name and version.
std::string content_of(std::string_view name, unsigned version, bool secret);

struct Called {
    uint32_t result = 0;
    Content answer;
    size_t content_bytes = 0;  // of the third parameter, as the TA returned it
};

// Parameter types, as in both APIs.
enum ParamType : uint32_t { kNone = 0, kIn = 5, kOut = 6, kInOut = 7 };

class World {
public:
    // A copy of the first one. With `has_lost_attackers` its TEE has lost the attacker's record, so that there is something to repair.
    explicit World(bool has_lost_attackers = false);
    World(const World&) = delete;
    static void prepare() { (void)base(); }  // makes the first one

    uint32_t open(const sim::Identity& identity);  // 0: refused
    // A session of a user who has said hello and has opened the store.
    uint32_t session_of(uint32_t uid);
    void close(uint32_t session);

    // Calls the TA and checks what must hold for every result. The TA gets each memory reference as an allocation of its exact size.
    uint32_t invoke(uint32_t session, uint32_t command, sim::Params& params);
    Called call(uint32_t session, uint32_t command, Bytes request, uint32_t content_type = kNone, MutableBytes content = {},
                MutableBytes area = {}, bool has_area = false);

    // The victim reads some of its data and checks them, so that the memory which the TA shares between sessions has held them.
    // The faults that are set do not apply to it.
    void victim_works(Input& input);

    // Closes all sessions and checks that the TA holds no more than before them and that the victim's data are unchanged. Then
    // closes the last session and checks that the TA holds nothing any more.
    void check_end();

    sim::Tee& tee() { return *tee_; }
    UserStore attacker;
    UserStore victim;
    UserStore guard;
    bool root_has_destroyed = false;  // uid 0 may destroy any store (rule 21), so the victim's may be gone

private:
    struct Base;
    World(const Base* base, bool has_lost_attackers);
    static const Base& base();
    UserStore& store_of(uint32_t uid);
    bool open_store(uint32_t session, const UserStore& store);  // false: it was destroyed, which is allowed
    void make_store(uint32_t session, stored::Anchor anchor, UserStore& store);
    void make_user(uint32_t uid, UserStore& store);
    void make_payload(uint32_t session, uint32_t uid, UserStore& store);
    void warm_up();
    void check_object(uint32_t session);
    void check_store_object(uint32_t session, const std::string& name);
    void check_listing(uint32_t session);
    void check_payload(uint32_t session);
    void check_batch(uint32_t session);
    std::unique_ptr<sim::Tee> tee_;
    std::vector<uint32_t> sessions_;
    uint32_t guard_session_ = 0;
    uint32_t victim_session_ = 0;
    // Of the TA with only the guard's session open, after it has made what it makes at first use.
    size_t heap_bytes_before_ = 0;
    size_t handles_before_ = 0;
};

// An honest client's paged call: brings the pages that are asked for until it is done, and keeps the pages that are written.
struct PagedCall {
    uint32_t command = 0;
    std::function<Content(protocol::PageArea)> request;  // with that area at its beginning
    uint32_t content_type = kNone;
    MutableBytes content{};
};
Called call_with_pages(World& world, uint32_t session, UserStore& store, const PagedCall& what);
// Keeps the pages that the TA has put into an area.
void keep_written(UserStore& store, Bytes area, size_t brought, size_t written);

}  // namespace festore::fuzz
