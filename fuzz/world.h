// SPDX-License-Identifier: BSD-2-Clause
// A simulated TEE with the TA, spoken to by raw parameters, and two users with a store and an object each, made once and
// then copied: what a harness for the TA begins with. The first user is the attacker, who has what a client has: the
// sealed pages. The other one's contents and names all have kSecret in them, which the attacker must never see. A third one
// has a session open all the time, so that the TA's instance lives, and what sessions leave behind in it can be seen.
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
    Content sealed;                              // a payload's segments, one behind the other
    static constexpr std::string_view kPayload = "a payload";  // its name; the victim's is named_by(kVictim, kPayload)
    static constexpr size_t kSegmentBytes = 4096;
    static constexpr size_t kPayloadBytes = 5000;
};
// What that user calls an object: two users have no name in common.
std::string named_by(uint32_t uid, std::string_view name);
// Of an object of that name and version of the harness's.
std::string content_of(std::string_view name, unsigned version, bool secret);

struct Called {
    uint32_t result = 0;
    Content answer;
    size_t content_bytes = 0;  // of the third parameter, as the TA said
};

// Parameter types, as in both APIs.
enum ParamType : uint32_t { kNone = 0, kIn = 5, kOut = 6, kInOut = 7 };

class World {
public:
    // A copy of the one that is made at first; or one whose TEE has lost the attacker's record, so that there is something to repair.
    explicit World(bool has_lost_attackers = false);
    World(const World&) = delete;
    static void prepare() { (void)base(); }  // makes that one

    uint32_t open(const sim::Identity& identity);  // 0: refused
    // A session of a user who has said hello and has opened the store.
    uint32_t session_of(uint32_t uid);
    void close(uint32_t session);

    // Calls and checks what must hold of every result. The TA gets each memory reference as an allocation of exactly its size.
    uint32_t invoke(uint32_t session, uint32_t command, sim::Params& params);
    Called call(uint32_t session, uint32_t command, Bytes request, uint32_t content_type = kNone, MutableBytes content = {},
                MutableBytes area = {}, bool has_area = false);

    // The victim reads something of its own, and it is right: so that what the TA shares between sessions has held it.
    // Without the faults that are set.
    void victim_works(Input& input);

    // All sessions closed: the TA holds no more than before them, and the victim's things are as they were. Then the last session
    // is closed, and the TA holds nothing any more.
    void check_end();

    sim::Tee& tee() { return *tee_; }
    UserStore attacker;
    UserStore victim;
    UserStore guard;
    bool root_has_destroyed = false;  // uid 0 may destroy anybody's store (rule 21): then the victim's may be gone

private:
    struct Base;
    World(const Base* base, bool has_lost_attackers);
    static const Base& base();
    UserStore& store_of(uint32_t uid);
    bool open_store(uint32_t session, const UserStore& store);  // false: it is gone, and may be
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
    // Of the TA, once it has made what it makes at first use, with the guard's session alone.
    size_t heap_bytes_before_ = 0;
    size_t handles_before_ = 0;
};

// An honest client's paged call: brings what is asked for until it is done, and keeps what is written.
struct PagedCall {
    uint32_t command = 0;
    std::function<Content(protocol::PageArea)> request;  // with that area in front
    uint32_t content_type = kNone;
    MutableBytes content{};
};
Called call_with_pages(World& world, uint32_t session, UserStore& store, const PagedCall& what);
// Takes what the TA has put into an area.
void keep_written(UserStore& store, Bytes area, size_t brought, size_t written);

}  // namespace festore::fuzz
