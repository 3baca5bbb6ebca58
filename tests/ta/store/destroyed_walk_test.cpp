// SPDX-License-Identifier: BSD-2-Clause
// Rule 25 in every order: all sequences of up to eight steps of making, changing, destroying, losing and repairing stores of two
// owners, each against a model that only knows what has happened. Of states that agree in all that can matter, only the first is
// continued.
#include "tests/ta/harness/repairing_commands.h"

#include <deque>

namespace festore::ta {
namespace {

constexpr uid_t kOwner = 1000;
constexpr uid_t kOther = 1001;

enum class Step : uint8_t {
    make,           // the owner's store, if there is none
    change,         // the owner's store
    destroy,        // the owner's store
    repair_newest,  // from the owner's newest copy
    repair_oldest,
    make_other,     // another owner's store
    destroy_other,
    lose_table,     // the whole table
    lose_record,    // the owner's place becomes zeroes, as after a cut or a wrong write
};
constexpr size_t kSteps = 9;

// A copy of a store's directory.
struct Copy {
    Disk disk;
    size_t store = 0;  // number of the store: index in fates_
};
// What the current table can know of a store; what a lost table knew is lost with it.
// Forgotten: destroyed, and the store that got its place afterwards lost its record there. Then the TA cannot know.
enum class Fate : uint8_t { present, lost, destroyed, forgotten };

class Walk : public RepairingCommands {
protected:
    // Takes the steps. Each step's answer must be the one that the model expects.
    void run(const std::vector<Step>& steps) {
        start();
        for (const Step step : steps) take(step);
    }
    void start() {
        lose(kTable);
        fates_.clear();
        copies_.clear();
        owners_.reset();
        others_.reset();
        other_is_there_ = false;
    }
    void take(Step step) {
        const uint32_t session = session_of(step == Step::make_other || step == Step::destroy_other ? kOther : kOwner);
        switch (step) {
        case Step::make: return make_owners(session);
        case Step::change: return change(session);
        case Step::destroy: return destroy_owners(session);
        case Step::repair_newest: return copies_.empty() ? void() : repair_from(session, copies_.back());
        case Step::repair_oldest: return copies_.empty() ? void() : repair_from(session, copies_.front());
        case Step::make_other: return make_others(session);
        case Step::destroy_other: return destroy_others(session);
        case Step::lose_table: return lose_all();
        case Step::lose_record: return lose_owners();
        }
    }

    void make_owners(uint32_t session) {
        Disk disk;
        const uint32_t made = make(session, disk).result;
        // A damaged record counts as a record.
        EXPECT_EQ(made, owners_ ? number(Code::access_conflict) : 0U);
        if (made != 0) return;
        ASSERT_EQ(create(session, disk), 0U);
        ASSERT_EQ(store_put(session, disk, "first", filled(8, 1)), 0U);
        fates_.push_back(Fate::present);
        owners_ = Copy{disk, fates_.size() - 1};
        copies_.push_back(*owners_);
    }
    void change(uint32_t session) {
        if (!owners_) return;
        ASSERT_EQ(open_store(session, owners_->disk), 0U);
        ASSERT_EQ(store_put(session, owners_->disk, "more", filled(8, 2)), 0U);
        copies_.push_back(*owners_);
    }
    void destroy_owners(uint32_t session) {
        if (!owners_) {
            if (copies_.empty()) return;
            const uint32_t answer = destroy(session, copies_.back().disk);
            // The TEE may have forgotten that it was destroyed, but never takes a lost store for a destroyed one.
            const bool is_destroyed = answer == number(Code::store_destroyed) && fates_[copies_.back().store] == Fate::destroyed;
            EXPECT_TRUE(is_destroyed || answer == number(Code::item_not_found)) << answer;
            return;
        }
        ASSERT_EQ(destroy(session, owners_->disk), 0U);
        fates_[owners_->store] = Fate::destroyed;
        owners_.reset();
    }
    void repair_from(uint32_t session, const Copy& copy) {
        Disk disk = copy.disk;
        const uint32_t repaired = repair_all(session, disk);
        const Fate fate = fates_[copy.store];
        if (!owners_ && fate == Fate::forgotten && repaired == number(Code::store_destroyed)) return;
        const uint32_t expected = owners_                   ? number(Code::access_conflict)
                                  : fate == Fate::destroyed ? number(Code::store_destroyed)
                                                            : 0U;
        EXPECT_EQ(repaired, expected) << "store " << copy.store << " of " << fates_.size();
        if (repaired != 0) return;
        fates_[copy.store] = Fate::present;
        owners_ = Copy{disk, copy.store};
        copies_.push_back(*owners_);
    }
    void make_others(uint32_t session) {
        if (other_is_there_) return;
        Disk disk;
        make_store(session, disk);
        others_ = disk;
        other_is_there_ = true;
    }
    void destroy_others(uint32_t session) {
        if (!other_is_there_) return;
        ASSERT_EQ(destroy(session, *others_), 0U);
        other_is_there_ = false;
    }
    void lose_all() {
        lose(kTable);
        for (Fate& fate : fates_) fate = Fate::lost;
        owners_.reset();
        other_is_there_ = false;
    }
    void lose_owners() {
        if (!owners_) return;
        end_sessions();
        Content content = table();
        const auto id = std::ranges::search(content, owners_->disk.header.store_id);
        const auto at = static_cast<size_t>(id.begin() - content.begin()) - 28;
        for (size_t i = 0; i < engine::kRootRecordBytes; ++i) content[at + i] = std::byte{0};
        store_table(content);
        for (size_t store = 0; store < fates_.size(); ++store)
            if (fates_[store] == Fate::destroyed && !has_tombstone_of(store, content)) fates_[store] = Fate::forgotten;
        fates_[owners_->store] = Fate::lost;
        owners_.reset();
    }

    bool has_tombstone_of(size_t store, Bytes content) const {
        const auto copy = std::ranges::find(copies_, store, &Copy::store);
        const Bytes places = engine::places_of_table(content).value();
        for (size_t at = 0; at < places.size(); at += engine::kRootRecordBytes) {
            const auto tombstone = engine::decode_tombstone(places.subspan(at, engine::kRootRecordBytes));
            if (tombstone && tombstone->store_id == copy->disk.header.store_id) return true;
        }
        return false;
    }

    // All that can matter later, as text: the table's places, how many ids are retired, the fates, the oldest and the newest copy.
    std::string state() {
        end_sessions();
        const Content content = table();
        std::string text;
        std::map<std::string, std::string> names;
        const auto name_of_store = [&](Bytes id) {
            for (size_t i = 0; i < copies_.size(); ++i)
                if (std::ranges::equal(id, copies_[i].disk.header.store_id)) return "s" + std::to_string(copies_[i].store);
            return others_ && std::ranges::equal(id, others_->header.store_id) ? std::string("o") : std::string("x");
        };
        const Bytes places = engine::places_of_table(content).value();
        for (size_t at = 0; at < places.size(); at += engine::kRootRecordBytes) {
            const Bytes place = places.subspan(at, engine::kRootRecordBytes);
            const std::string id = name_of_store(place.subspan(28, 16));
            if (const auto tombstone = engine::decode_tombstone(place)) text += "T" + std::to_string(tombstone->flags) + id;
            else if (const auto record = engine::decode_root_record(place)) text += "R" + std::to_string(record->flags & ~1U) + id;
            else text += "0";
        }
        const auto header = engine::decode_table_header(Bytes(content).first(std::min(content.size(), engine::kTableHeaderBytes)));
        if (header) text += "/" + std::to_string(header->retired_count);
        for (const Fate fate : fates_) text += "f" + std::to_string(static_cast<int>(fate));
        if (!copies_.empty()) text += said_by(copies_.front(), content) + said_by(copies_.back(), content);
        return text;
    }
    std::string said_by(const Copy& copy, const Content& content) {
        std::string text = "|" + std::to_string(copy.store);
        for (uint32_t slot = 0; slot < engine::kRecoverySlots; ++slot) {
            const auto page = copy.disk.pages.find(slot);
            if (page == copy.disk.pages.end()) continue;
            engine::RecoveryCopy opened;
            if (!engine::open_recovery_copy(crypto_, device_key_, nullptr, page->second, opened) || !opened.at) continue;
            const bool is_here = !content.empty() && std::ranges::equal(opened.at->table, Bytes(content).subspan(8, 16));
            text += is_here ? "h" + std::to_string(opened.at->place) : "e";
        }
        return text;
    }

    engine::OpenSslCrypto crypto_;
    const Content device_key_ = device_key_of_simulation();
    std::vector<Fate> fates_;
    std::deque<Copy> copies_;  // of the owner's stores, one after each change
    std::optional<Copy> owners_;
    std::optional<Disk> others_;
    bool other_is_there_ = false;
};

TEST_F(Walk, Rule25InEveryOrderOfEightSteps) {
    constexpr size_t kDepth = 8;
    std::vector<std::vector<Step>> level{{}};
    std::set<std::string> seen;
    size_t walked = 0;
    for (size_t depth = 1; depth <= kDepth && !HasFailure(); ++depth) {
        std::vector<std::vector<Step>> next;
        for (const std::vector<Step>& steps : level) {
            for (size_t i = 0; i < kSteps; ++i) {
                std::vector<Step> longer = steps;
                longer.push_back(static_cast<Step>(i));
                run(longer);
                ++walked;
                if (HasFailure()) {
                    std::string path;
                    for (const Step step : longer) path += std::to_string(static_cast<int>(step)) + " ";
                    FAIL() << "steps " << path << "lead to " << state();
                }
                if (seen.insert(state()).second) next.push_back(std::move(longer));
            }
        }
        level = std::move(next);
    }
    std::printf("%zu sequences walked, %zu states\n", walked, seen.size());
    EXPECT_GT(seen.size(), 100U);
}

}  // namespace
}  // namespace festore::ta
