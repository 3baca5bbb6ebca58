// SPDX-License-Identifier: BSD-2-Clause
#include "tests/corpora/seeds.h"

#include "fuzz/ta_steps.h"

#include <initializer_list>

namespace festore::fuzz {
namespace {

using protocol::Command;
using C = protocol::StoreCommand;

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
    return opened()(C::rebuild_begin, {0, 0, 0, kWithoutDamage})(C::rebuild_step, {0, 0, 0, 0, kYes, kName, 0}).times(3, C::rebuild_step)(
        C::rebuild_commit);
}
Seed repaired() {
    return opened()(C::destroy)(C::repair_begin).times(2, C::repair_step)(C::repair_commit);
}

}  // namespace

std::map<std::string, Content> ta_seeds() {
    std::map<std::string, Content> seeds;
    seeds["objects"] = opened()(Command::put)(Command::get)(Command::stat)(Command::list)(Command::write_object)(Command::remove)(
        Command::hello);
    seeds["objects-of-everybody"] = Seed()(TaStep::open, {kEverybody})(Command::put)(Command::get)(Command::list)(C::get)(C::find);
    seeds["reading"] = opened()(C::get)(C::stat)(C::list)(C::survey)(C::free_list)(C::find)(C::outcome);
    seeds["single-changes"] = opened()(C::put, {0, 0, 0, 0, 0, 0, 0, 200})(C::commit)(C::outcome)(C::rename, {0, 0, 0, 0, 0, 3})(C::commit)(
        C::remove)(C::commit)(C::list)(C::free_list);
    seeds["batch"] = opened()(C::begin)(C::put)(C::get, {0, 0, 0, 0, 0, 3})(C::rename)(C::remove)(C::prepare)(C::commit)(C::list);
    seeds["batch-given-up"] = opened()(C::begin)(C::put)(C::abort)(C::begin)(TaStep::close);
    seeds["payload"] = opened()(C::begin_upload)(C::seal_segments, {0, 1, 1})(C::seal_segments, {0, 0, 0xff, 0x1f})(C::put)(C::commit)(
        C::get)(C::read_segments)(C::get, {0, 0, 0, 0, 0, 0, kPayloadName})(C::read_segments);
    seeds["payload-in-a-batch"] = opened()(C::begin)(C::begin_upload)(C::seal_segments)(C::put)(C::prepare)(C::commit)(C::get)(
        C::read_segments);
    seeds["payload-of-the-victim"] = opened()(TaStep::victim, {2})(C::get, {0, 0, 0, 0, 0, 0, kPayloadName})(C::read_segments,
                                                                                              {0, kAnother, kAnother, kVictims});
    seeds["pages-of-the-victim"] =
        opened()(TaStep::victim)(C::get, {0, kNewest, kAnother, kVictims})(TaStep::victim, {1})(
            C::list, {0, kNewest, kAnother, kVictims})(TaStep::victim, {3})(C::survey, {0, kNewest, kAnother, kVictims})(
            C::put, {0, kNewest, kAnother, kVictims})(C::free_list, {0, kNewest, kAnother, kVictims});
    seeds["store-of-the-victim"] = opened()(TaStep::victim)(C::open, {0, kAnother, kVictims})(C::get)(C::destroy, {0, kAnother, kVictims})(
        C::repair_begin, {0, kNewest, kAnother, kVictims, kAnother, kVictims})(C::find, {0, 0, kOther, kOfVictim})(
        C::record_at, {0, 0, 0, 0, 1});
    seeds["destroyed-and-made-anew"] = opened()(C::destroy)(C::get)(C::make)(C::create)(C::put)(C::commit)(C::list)(C::destroy);
    seeds["named"] = opened()(C::make, {0, 0, 0, 0, 0, kYes, 0, 1})(C::create)(C::put)(C::commit)(C::list)(
        C::record_at, {0, 0, 0, 0, 1, kYes})(C::find, {0, 0, 0, kYes})(C::open)(C::rebuild_begin, {0, 0, 0, 0, 0, kYes})
        .times(3, C::rebuild_step)(C::rebuild_commit)(C::get)(C::destroy)(C::repair_begin);
    seeds["repaired"] = repaired()(C::acknowledge)(C::commit)(C::get)(C::put)(C::commit)(C::list)(C::survey)(C::free_list);
    seeds["repair-given-up"] = opened()(C::destroy)(C::repair_begin)(C::repair_step)(C::abort)(C::repair_begin)(TaStep::close);
    seeds["repaired-twice"] = repaired()(C::destroy)(C::repair_begin).times(2, C::repair_step)(C::repair_commit)(C::acknowledge);
    seeds["rebuilt"] = opened()(C::rebuild_begin).times(3, C::rebuild_step)(C::rebuild_commit)(C::get)(C::list)(C::put)(C::commit)(
        C::survey);
    seeds["rebuild-given-up"] = opened()(C::rebuild_begin)(C::rebuild_step)(C::abort)(C::rebuild_begin)(TaStep::close);
    seeds["dropped-and-acknowledged"] = dropped()(C::get)(C::lost_ranges)(C::put)(C::acknowledge_lost)(C::commit)(C::put)(C::commit)(
        C::get, {0});
    seeds["dropped-and-undone"] = dropped()(C::rebuild_begin, {0, 0, 0, kUndo}).times(3, C::rebuild_step)(C::rebuild_commit)(C::get)(
        C::list, {0});
    seeds["moved"] = opened()(C::rebuild_begin, {0, 0, 0, 0, kYes}).times(3, C::rebuild_step)(C::rebuild_commit)(C::finish_move)(C::get)(
        C::list)(C::put)(C::commit, {0});
    seeds["resealed"] = opened()(C::recipher_begin).times(3, C::rebuild_step)(C::rebuild_commit)(
        C::get, {0, 0, 0, 0, 0, 0, kPayloadName})(C::begin_upload)(C::reseal_segments)(C::reseal, {0, 0, 0, kPayloadName})(C::commit)(
        C::get, {0, 0, 0, 0, 0, 0, kPayloadName})(C::read_segments)(C::rebuild_begin).times(3, C::rebuild_step)(C::rebuild_commit)(C::list);
    seeds["root-looks"] = Seed()(TaStep::open, {kRoot})(C::record_at)(C::record_at, {0, 0, 0, 0, 1})(C::find, {0, 0, kOther, kOfVictim})(
        C::make)(C::create)(C::put)(C::commit)(C::list);
    seeds["root-destroys-the-victims"] = Seed()(TaStep::open, {kRoot})(TaStep::victim)(
        C::destroy, {0, kAnother, kVictims, kOther, kOfVictim})(TaStep::victim)(TaStep::victim, {5});
    seeds["group"] = Seed()(TaStep::open, {kGroup})(C::make)(C::create)(C::put)(C::commit)(C::begin)(C::put, {0, 0, 0, 0, 0, 0, 0, 9, 2})(
        C::prepare)(C::commit)(C::list);
    seeds["two-sessions"] = opened()(TaStep::open)(C::begin)(C::put)(C::begin, {1})(C::put, {1, 0, 0, 0, 0, 0, 0, 0, 2})(C::prepare)(
        C::commit)(C::prepare, {1})(C::commit, {1})(TaStep::victim, {3})(C::get, {1});
    seeds["memory-that-changes"] = opened()(TaStep::fail, {1})(C::get)(C::put)(C::commit)(C::begin_upload)(C::seal_segments)(C::put)(
        C::commit)(C::read_segments)(C::survey);
    seeds["allocation-fails"] = opened()(TaStep::fail, {0, 3, 1})(C::begin)(TaStep::fail, {0, 3, 2})(C::put)(TaStep::fail, {0, 3, 1})(
        C::list)(TaStep::fail, {0, 3, 1})(C::destroy)(TaStep::fail, {0, 3, 2})(C::repair_begin)(C::repair_begin);
    seeds["storage-fails"] = opened()(C::put)(TaStep::fail, {0, 0, 3, 1})(C::commit)(C::get)(TaStep::fail, {0, 0, 3, 1, 1})(C::destroy)(
        C::find)(TaStep::fail, {0, 0, 3, 2})(C::make)(C::create);
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
