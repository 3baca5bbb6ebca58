// SPDX-License-Identifier: BSD-2-Clause
#include "tests/corpora/seeds.h"

#include "fuzz/ta_steps.h"

#include <initializer_list>

namespace festore::fuzz {
namespace {

using protocol::Command;
using C = protocol::Command;

class Seed {
public:
    template <class Step>
    Seed& operator()(Step step, std::initializer_list<uint8_t> choices = {}) {
        for (const uint8_t b : {step_of(step), static_cast<uint8_t>(choices.size())}) bytes_.push_back(static_cast<std::byte>(b));
        for (const uint8_t b : choices) bytes_.push_back(static_cast<std::byte>(b));
        return *this;
    }
    template <class Step>
    Seed& times(size_t n, Step step) {
        while (n-- > 0) (*this)(step);
        return *this;
    }
    operator Content() const { return bytes_; }

private:
    Content bytes_;
};

constexpr uint8_t kRoot = 2, kGroup = 3, kEverybody = 4;
// Of an area: the newest pages (0) of another store than the session's (5): of the victim's (1).
constexpr uint8_t kNewest = 0, kAnother = 5, kVictims = 1;
// Of whose: not the caller's own (3), but (0) the victim's.
constexpr uint8_t kOther = 3, kOfVictim = 0;
constexpr uint8_t kPayloadName = 1;

Seed opened() { return Seed()(TaStep::open); }
// Without its first object, kNames[0].
constexpr uint8_t kWithoutDamage = 1, kUndo = 2, kYes = 3, kName = 1;
Seed dropped() {
    return opened()(C::store_rebuild_begin, {0, 0, 0, kWithoutDamage})(
        C::store_rebuild_step, {0, 0, 0, 0, kYes, kName, 0}).times(3, C::store_rebuild_step)(
        C::store_rebuild_commit);
}
Seed repaired() {
    return opened()(C::store_destroy)(C::store_repair_begin).times(2, C::store_repair_step)(C::store_repair_commit);
}

void add_objects_and_changes(std::map<std::string, Content>& seeds) {
    seeds["objects"] = opened()(Command::put)(Command::get)(Command::stat)(Command::list)(Command::write_object)(Command::remove)(
        Command::hello);
    seeds["objects-of-everybody"] = Seed()(TaStep::open, {kEverybody})(Command::put)(Command::get)(Command::list)(
        C::store_get)(C::store_find);
    seeds["reading"] = opened()(C::store_get)(C::store_stat)(C::store_list)(C::store_scan)(C::store_free_list)(
        C::store_find)(C::store_outcome);
    seeds["single-changes"] = opened()(C::store_put, {0, 0, 0, 0, 0, 0, 0, 200})(C::store_commit)(C::store_outcome)(
        C::store_rename, {0, 0, 0, 0, 0, 3})(C::store_commit)(
        C::store_remove)(C::store_commit)(C::store_list)(C::store_free_list);
    seeds["batch"] = opened()(C::store_begin)(C::store_put)(C::store_get, {0, 0, 0, 0, 0, 3})(C::store_rename)(
        C::store_remove)(C::store_prepare)(C::store_commit)(C::store_list);
    seeds["batch-given-up"] = opened()(C::store_begin)(C::store_put)(C::store_abort)(C::store_begin)(TaStep::close);
    seeds["payload"] = opened()(C::store_begin_upload)(C::store_seal_segments, {0, 1, 1})(
        C::store_seal_segments, {0, 0, 0xff, 0x1f})(C::store_put)(C::store_commit)(
        C::store_get)(C::store_read_segments)(C::store_get, {0, 0, 0, 0, 0, 0, kPayloadName})(C::store_read_segments);
    seeds["payload-in-a-batch"] = opened()(C::store_begin)(C::store_begin_upload)(C::store_seal_segments)(C::store_put)(
        C::store_prepare)(C::store_commit)(C::store_get)(
        C::store_read_segments);
    seeds["payload-of-the-victim"] = opened()(TaStep::victim, {2})(C::store_get, {0, 0, 0, 0, 0, 0, kPayloadName})(
        C::store_read_segments,
                                                                                              {0, kAnother, kAnother, kVictims});
    seeds["pages-of-the-victim"] =
        opened()(TaStep::victim)(C::store_get, {0, kNewest, kAnother, kVictims})(TaStep::victim, {1})(
            C::store_list, {0, kNewest, kAnother, kVictims})(TaStep::victim, {3})(
        C::store_scan, {0, kNewest, kAnother, kVictims})(
            C::store_put, {0, kNewest, kAnother, kVictims})(C::store_free_list, {0, kNewest, kAnother, kVictims});
    seeds["store-of-the-victim"] = opened()(TaStep::victim)(C::store_open, {0, kAnother, kVictims})(C::store_get)(
        C::store_destroy, {0, kAnother, kVictims})(
        C::store_repair_begin, {0, kNewest, kAnother, kVictims, kAnother, kVictims})(C::store_find, {0, 0, kOther, kOfVictim})(
        C::store_record_at, {0, 0, 0, 0, 1});
}

}  // namespace

std::map<std::string, Content> ta_seeds() {
    std::map<std::string, Content> seeds;
    add_objects_and_changes(seeds);
    seeds["destroyed-and-made-anew"] = opened()(C::store_destroy)(C::store_get)(C::store_make)(C::store_create)(
        C::store_put)(C::store_commit)(C::store_list)(C::store_destroy);
    seeds["named"] = opened()(C::store_make, {0, 0, 0, 0, 0, kYes, 0, 1})(C::store_create)(C::store_put)(C::store_commit)(
        C::store_list)(
        C::store_record_at, {0, 0, 0, 0, 1, kYes})(C::store_find, {0, 0, 0, kYes})(C::store_open)(
        C::store_rebuild_begin, {0, 0, 0, 0, 0, kYes})
        .times(3, C::store_rebuild_step)(C::store_rebuild_commit)(C::store_get)(C::store_destroy)(C::store_repair_begin);
    seeds["repaired"] = repaired()(C::store_acknowledge)(C::store_commit)(C::store_get)(C::store_put)(C::store_commit)(
        C::store_list)(C::store_scan)(C::store_free_list);
    seeds["repair-given-up"] = opened()(C::store_destroy)(C::store_repair_begin)(C::store_repair_step)(C::store_abort)(
        C::store_repair_begin)(TaStep::close);
    seeds["repaired-twice"] = repaired()(C::store_destroy)(C::store_repair_begin).times(2, C::store_repair_step)(
        C::store_repair_commit)(C::store_acknowledge);
    seeds["rebuilt"] = opened()(C::store_rebuild_begin).times(3, C::store_rebuild_step)(C::store_rebuild_commit)(
        C::store_get)(C::store_list)(C::store_put)(C::store_commit)(
        C::store_scan);
    seeds["rebuild-given-up"] = opened()(C::store_rebuild_begin)(C::store_rebuild_step)(C::store_abort)(
        C::store_rebuild_begin)(TaStep::close);
    seeds["dropped-and-acknowledged"] = dropped()(C::store_get)(C::store_lost_ranges)(C::store_put)(
        C::store_acknowledge_lost)(C::store_commit)(C::store_put)(C::store_commit)(
        C::store_get, {0});
    seeds["dropped-and-undone"] = dropped()(C::store_rebuild_begin, {0, 0, 0, kUndo}).times(3, C::store_rebuild_step)(
        C::store_rebuild_commit)(C::store_get)(
        C::store_list, {0});
    seeds["moved"] = opened()(C::store_rebuild_begin, {0, 0, 0, 0, kYes}).times(3, C::store_rebuild_step)(
        C::store_rebuild_commit)(C::store_finish_move)(C::store_get)(
        C::store_list)(C::store_put)(C::store_commit, {0});
    seeds["resealed"] = opened()(C::store_recipher_begin).times(3, C::store_rebuild_step)(C::store_rebuild_commit)(
        C::store_get, {0, 0, 0, 0, 0, 0, kPayloadName})(C::store_begin_upload)(C::store_reseal_segments)(
        C::store_reseal, {0, 0, 0, kPayloadName})(C::store_commit)(
        C::store_get, {0, 0, 0, 0, 0, 0, kPayloadName})(C::store_read_segments)(
        C::store_rebuild_begin).times(3, C::store_rebuild_step)(C::store_rebuild_commit)(C::store_list);
    seeds["root-looks"] = Seed()(TaStep::open, {kRoot})(C::store_record_at)(C::store_record_at, {0, 0, 0, 0, 1})(
        C::store_find, {0, 0, kOther, kOfVictim})(
        C::store_make)(C::store_create)(C::store_put)(C::store_commit)(C::store_list);
    seeds["root-destroys-the-victims"] = Seed()(TaStep::open, {kRoot})(TaStep::victim)(
        C::store_destroy, {0, kAnother, kVictims, kOther, kOfVictim})(TaStep::victim)(TaStep::victim, {5});
    seeds["group"] = Seed()(TaStep::open, {kGroup})(C::store_make)(C::store_create)(C::store_put)(C::store_commit)(
        C::store_begin)(C::store_put, {0, 0, 0, 0, 0, 0, 0, 9, 2})(
        C::store_prepare)(C::store_commit)(C::store_list);
    seeds["two-sessions"] = opened()(TaStep::open)(C::store_begin)(C::store_put)(C::store_begin, {1})(
        C::store_put, {1, 0, 0, 0, 0, 0, 0, 0, 2})(C::store_prepare)(
        C::store_commit)(C::store_prepare, {1})(C::store_commit, {1})(TaStep::victim, {3})(C::store_get, {1});
    seeds["memory-that-changes"] = opened()(TaStep::fail, {1})(C::store_get)(C::store_put)(C::store_commit)(
        C::store_begin_upload)(C::store_seal_segments)(C::store_put)(
        C::store_commit)(C::store_read_segments)(C::store_scan);
    seeds["allocation-fails"] = opened()(TaStep::fail, {0, 3, 1})(C::store_begin)(TaStep::fail, {0, 3, 2})(
        C::store_put)(TaStep::fail, {0, 3, 1})(
        C::store_list)(TaStep::fail, {0, 3, 1})(C::store_destroy)(TaStep::fail, {0, 3, 2})(C::store_repair_begin)(
        C::store_repair_begin);
    seeds["storage-fails"] = opened()(C::store_put)(TaStep::fail, {0, 0, 3, 1})(C::store_commit)(
        C::store_get)(TaStep::fail, {0, 0, 3, 1, 1})(C::store_destroy)(
        C::store_find)(TaStep::fail, {0, 0, 3, 2})(C::store_make)(C::store_create);
    return seeds;
}

std::map<std::string, Content> client_seeds() {
    // First what is true of the TEE and the directory, then steps (ClientModel::one_step), each with the number of a name.
    constexpr uint8_t kHonest = 0, kRecordLost = 8;
    constexpr uint8_t kGet = 0, kList = 80, kStatus = 104, kRead = 158, kWrite = 176, kVerify = 192, kDestroy = 204, kRepair = 208,
                      kAcknowledge = 214, kRecords = 220, kPut = 225;
    constexpr uint8_t kLarge = 1, kObjectA = 2;
    const auto bytes = [](std::initializer_list<uint8_t> numbers) {
        Content content;
        for (const uint8_t b : numbers) content.push_back(static_cast<std::byte>(b));
        return content;
    };
    std::map<std::string, Content> seeds;
    seeds["record-lost-and-repaired"] = bytes({kRecordLost, kGet, kObjectA, kRepair, 0, kList, 0, 0, kVerify, 0, 0, 0, kGet, kLarge,
                                               kAcknowledge, 0, kAcknowledge, 0, kVerify, 0, 0, 3, kStatus, 0, kRecords, 0});
    seeds["streams"] = bytes({kHonest, kRead, kLarge, 3, 0, 0xff, 0x7f, 0, 0xff, 0x7f, 1, 0, 0xff, 0xff, 0, 0, 0xff, 0x7f, 0, 9, 0,
                              kWrite, kObjectA, 3, 0xff, 0x4f, 1, 0xff, 0x4f, 2, 9, 0, 3, 0, kGet, kObjectA, kRead, kObjectA, 0, 0,
                              0xff, 0x7f, kVerify, 0, 0, 3, kStatus, 0});
    seeds["destroyed-and-put"] = bytes({kHonest, kRecords, 0, kDestroy, 0, 0, kGet, kObjectA, kList, 0, 0, kPut, kObjectA, 0xff, 4, 1,
                                        kGet, kObjectA, kList, 0, 0, kVerify, 0, 0, 0, kDestroy, 0, 0, kRepair, 0});
    return seeds;
}

}  // namespace festore::fuzz
