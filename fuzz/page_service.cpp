// SPDX-License-Identifier: BSD-2-Clause
// A client that owns a store and brings wrong pages: other pages, earlier versions, changed pages, the same page twice, too few,
// under any number, with any room; and it discards pages that it should keep. Every answer must be an error or right.
#include "fuzz/world.h"

#include <optional>

namespace festore::fuzz {
namespace {

using protocol::CallOutcome;
using protocol::Command;

class Client {
public:
    explicit Client(Input& input) : in_(input), session_(world_.session_of(kAttacker)), objects_(world_.attacker.objects) {
        objects_[std::string(UserStore::kPayload)] = kIsPayload;
    }
    void run() {
        for (int step = 0; step < 32 && !in_.empty(); ++step) one_step();
        world_.check_end();
    }

private:
    static constexpr const char* kIsPayload = "\x01payload";

    std::string pick_name() {
        const size_t n = in_.below(30);
        if (n == 29) return std::string(UserStore::kPayload);
        if (n == 28) return std::string(text_of(in_.sized(255)));
        return "object " + std::string(1, static_cast<char>('a' + n));
    }

    // Fills the area as the input says; the wanted pages come first.
    Content fill(protocol::PageArea& area, const std::vector<uint32_t>& wanted) {
        const uint8_t style = in_.u8();
        std::vector<uint32_t> numbers = wanted;
        area.room = 60;
        if (style >= 160) {
            for (size_t more = in_.below(8); more > 0; --more) numbers.push_back(static_cast<uint32_t>(in_.below(40)));
            if (in_.one_in(4)) numbers.push_back(in_.u32());
            if (in_.one_in(4)) area.room = in_.u16();
        }
        numbers.resize(std::min<size_t>(numbers.size(), protocol::kCallPagesMax - 60));
        area.brought = static_cast<uint16_t>(numbers.size());
        const size_t slots = std::min<size_t>(size_t{area.brought} + area.room, protocol::kCallPagesMax);
        Content memory(protocol::area_bytes(slots));
        for (size_t slot = 0; slot < numbers.size(); ++slot) {
            Writer(MutableBytes(memory).subspan(protocol::number_offset(slot), 4)).u32(numbers[slot]);
            const MutableBytes place = MutableBytes(memory).subspan(protocol::slot_offset(slot), engine::kPageBytes);
            const bool wrong = style >= 96 && in_.one_in(4);
            auto found = world_.attacker.pages.find(wrong ? static_cast<uint32_t>(in_.below(40)) : numbers[slot]);
            if (found == world_.attacker.pages.end()) continue;
            const Versions& versions = found->second;
            copy_bytes(wrong ? versions[in_.below(versions.size())] : versions.back(), place);
            if (wrong) meddle(in_, place);
        }
        if (style >= 240) memory.resize(in_.u16() % (memory.size() + 1));
        return memory;
    }

    // Makes some rounds of a call. Returns the last answer if the command was done.
    std::optional<Called> rounds(Command command, const std::function<Content(protocol::PageArea)>& request,
                                 uint32_t content_type = kNone, MutableBytes content = {}) {
        std::vector<uint32_t> wanted;
        for (size_t left = 1 + in_.below(12); left > 0; --left) {
            protocol::PageArea area;
            Content memory = fill(area, wanted);
            const uint8_t keep = in_.u8();
            Called called = world_.call(session_, static_cast<uint32_t>(command), request(area), content_type, content, memory, true);
            last_result_ = called.result;
            Reader in(called.answer);
            const uint8_t outcome = in.u8();
            in.u64();
            const uint16_t written = in.u16();
            const uint8_t needs = in.u8();
            if (!in.ok()) return std::nullopt;
            require(written <= area.room, "the TA writes no more pages than there is room for");
            if (keep < 224) keep_written(world_.attacker, memory, area.brought, written);
            if (called.result != 0) return std::nullopt;
            if (outcome == static_cast<uint8_t>(CallOutcome::done)) return called;
            for (uint8_t i = 0; i < needs; ++i) {
                const uint32_t page = in.u32();
                in.u8();
                if (std::ranges::find(wanted, page) == wanted.end()) wanted.push_back(page);
            }
            last_result_ = ~0U;
        }
        return std::nullopt;
    }

    bool is_not_found() const { return last_result_ == static_cast<uint32_t>(Code::item_not_found); }

    void get(Command command) {
        const std::string name = pick_name();
        Content content(in_.one_in(8) ? in_.below(1000) : 1020);
        const bool with_content = command == Command::store_get;
        const auto called = rounds(command, [&](protocol::PageArea area) {
            return encoded(protocol::StoreNameRequest{area, 0, bytes_of(name)});
        }, with_content ? kOut : kNone, with_content ? MutableBytes(content) : MutableBytes{});
        const auto known = objects_.find(name);
        if (!called) return require(!is_not_found() || known == objects_.end(), "an existing object is not reported missing");
        require(known != objects_.end(), "a missing object is never found");
        const auto answer = protocol::decode<protocol::GetAnswer>(called->answer);
        require(answer.has_value(), "an answer decodes");
        require(answer->metadata.inlined == (known->second != kIsPayload), "the kind is right");
        if (!answer->metadata.inlined) return;
        require(answer->metadata.size == known->second.size(), "the size is right");
        if (with_content)
            require(text_of(Bytes(content).first(called->content_bytes)) == known->second, "the content is the current one");
    }

    void list() {
        Content page(512 + in_.below(8192));
        const std::string after = in_.one_in(2) ? pick_name() : "";
        const std::string prefix = in_.one_in(4) ? "object " : "";
        const auto called = rounds(Command::store_list, [&](protocol::PageArea area) {
            return encoded(protocol::StoreListRequest{area, bytes_of(after), bytes_of(prefix)});
        }, kOut, page);
        if (!called) return;
        const auto answer = protocol::decode<protocol::StoreListAnswer>(called->answer);
        require(answer.has_value(), "an answer decodes");
        Bytes rest = Bytes(page).first(called->content_bytes);
        auto expected = objects_.upper_bound(after);
        const auto listed = [&] { return expected != objects_.end() && !expected->first.starts_with(prefix); };
        for (uint32_t i = 0; i < answer->items; ++i) {
            const auto item = protocol::decode_next<protocol::StoreListItem>(rest);
            while (listed()) ++expected;
            require(item && expected != objects_.end() && text_of(item->name) == expected->first, "a listing leaves out nothing");
            ++expected;
        }
        while (listed()) ++expected;
        require(answer->more || expected == objects_.end(), "a complete listing has all names");
    }

    struct Change {
        std::optional<std::string> removed;
        std::optional<std::pair<std::string, std::string>> added;
    };
    std::optional<Called> one_change(uint8_t flags, Change& change) {
        const std::string name = pick_name();
        const size_t how = in_.below(4);
        if (how == 0) {
            change.removed = name;
            return rounds(Command::store_remove, [&](protocol::PageArea area) {
                return encoded(protocol::StoreNameRequest{area, flags, bytes_of(name)});
            });
        }
        if (how == 1) {
            const std::string to = pick_name();
            const auto known = next_.find(name);
            change.removed = name;
            if (known != next_.end()) change.added = {to, known->second};
            return rounds(Command::store_rename, [&](protocol::PageArea area) {
                const auto replace = static_cast<uint8_t>(flags | protocol::kStoreReplace);
                return encoded(protocol::StoreRenameRequest{area, replace, bytes_of(name), bytes_of(to)});
            });
        }
        std::string content = content_of(name, ++version_, false).substr(0, in_.below(701));
        protocol::StorePutRequest put;
        put.flags = flags;
        put.name = bytes_of(name);
        put.size = content.size();
        change.added = {name, content};
        return rounds(Command::store_put, [&](protocol::PageArea area) {
            put.area = area;
            return encoded(put);
        }, kIn, {reinterpret_cast<std::byte*>(content.data()), content.size()});
    }
    void apply(const Change& change) {
        if (change.removed) next_.erase(*change.removed);
        if (change.added) next_[change.added->first] = change.added->second;
    }

    void single() {
        next_ = objects_;
        Change change;
        const auto called = one_change(protocol::kStoreSingle, change);
        if (!called) return;
        const auto answer = protocol::decode<protocol::ChangeAnswer>(called->answer);
        require(answer.has_value(), "an answer decodes");
        apply(change);
        commit({answer->transaction, answer->generation});
    }
    void batch() {
        const auto opened = world_.call(session_, static_cast<uint32_t>(Command::store_open), encoded(protocol::OpenRequest{
            world_.attacker.header.store_id, world_.attacker.header.anchor, world_.attacker.header.key_check}));
        const auto status = protocol::decode<protocol::StoreStatus>(opened.answer);
        require(opened.result == 0 && status, "a store opens");
        const auto begun = world_.call(session_, static_cast<uint32_t>(Command::store_begin),
                                       encoded(protocol::BeginRequest{status->generation}));
        if (begun.result != 0) return;
        const auto transaction = protocol::decode<protocol::BeginAnswer>(begun.answer);
        require(transaction.has_value(), "an answer decodes");
        next_ = objects_;
        bool known = true;  // whether next_ is right: not after a change that did not end
        for (size_t changes = in_.below(6); changes > 0; --changes) {
            Change change;
            if (one_change(0, change)) apply(change);
            else if (last_result_ == ~0U) known = false;
        }
        const auto prepared = rounds(Command::store_prepare, [](protocol::PageArea area) {
            Content request(4);
            Writer out(request);
            out.u16(area.brought);
            out.u16(area.room);
            return request;
        });
        const protocol::TransactionRequest request{transaction->transaction, transaction->generation};
        if (prepared && known) return commit(request);
        (void)world_.call(session_, static_cast<uint32_t>(Command::store_abort), encoded(request));
    }
    void commit(const protocol::TransactionRequest& request) {
        if (in_.one_in(8)) return;
        const auto committed = world_.call(session_, static_cast<uint32_t>(Command::store_commit), encoded(request));
        if (committed.result == 0) objects_ = next_;
        const auto again = world_.call(session_, static_cast<uint32_t>(Command::store_commit), encoded(request));
        require(again.result != 0, "a transaction is committed once");
    }

    // Reads one of the two segments, or both in one call, which may then end before the second.
    void read_segments() {
        constexpr size_t kRest = UserStore::kPayloadBytes - UserStore::kSegmentBytes;
        const uint32_t number = in_.u8() % 3;
        const bool both = number == 0 && in_.one_in(2);
        protocol::SegmentsRequest request;
        request.payload = last_payload_;
        request.number = number;
        request.last = both || number == 1;
        request.content_bytes = both ? UserStore::kPayloadBytes : number == 1 ? kRest : UserStore::kSegmentBytes;
        Content memory(request.content_bytes + (both ? 2 : 1) * engine::kTagBytes);
        const Bytes sealed = world_.attacker.sealed;
        const size_t at = std::min(sealed.size(), size_t{number % 2} * (UserStore::kSegmentBytes + engine::kTagBytes));
        copy_bytes(sealed.subspan(at, std::min(memory.size(), sealed.size() - at)), memory);
        meddle(in_, memory);
        const Called called = world_.call(session_, static_cast<uint32_t>(Command::store_read_segments), encoded(request),
                                          kInOut, memory);
        if (called.result != 0) return;
        require(called.content_bytes == request.content_bytes || (both && called.content_bytes == UserStore::kSegmentBytes),
                "segments have the right size");
        for (const std::byte b : Bytes(memory).first(called.content_bytes))
            require(b == std::byte{'p'}, "a segment has the sealed content");
    }
    void open_payload() {
        Content none(1);
        const auto called = rounds(Command::store_get, [&](protocol::PageArea area) {
            return encoded(protocol::StoreNameRequest{area, 0, bytes_of(UserStore::kPayload)});
        }, kOut, none);
        if (!called) return;
        const auto answer = protocol::decode<protocol::GetAnswer>(called->answer);
        if (answer && !answer->metadata.inlined) last_payload_ = answer->metadata.payload;
    }

    void one_step() {
        switch (in_.below(10)) {
        case 0:
        case 1: return get(Command::store_get);
        case 2: return get(Command::store_stat);
        case 3: return list();
        case 4:
        case 5: return single();
        case 6: return batch();
        case 7: return open_payload();
        case 8: return read_segments();
        default:
            world_.close(session_);
            session_ = world_.session_of(kAttacker);
        }
    }

    Input& in_;
    World world_;
    uint32_t session_;
    std::map<std::string, std::string> objects_;  // the committed ones
    std::map<std::string, std::string> next_;     // the objects after the running transaction's commit
    unsigned version_ = 1;
    uint32_t last_result_ = 0;
    protocol::Id last_payload_{};
};

}  // namespace

void run_page_service(Bytes input) {
    Input in(input);
    Client(in).run();
}

}  // namespace festore::fuzz
