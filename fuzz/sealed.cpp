// SPDX-License-Identifier: BSD-2-Clause
// Data that are sealed correctly but may hold anything: an index whose pages the input describes, which is then read and
// changed; root records, recovery copies, headers, entries, segments. The engine may report damage; it must come to an end.
#include "engine/records/recovery.h"
#include "engine/segments.h"
#include "engine/transaction.h"
#include "fuzz/target.h"
#include "protocol/store_files.h"
#include "tests/engine/openssl_crypto.h"

#include <map>
#include <memory>

namespace festore::fuzz {
namespace {

using namespace engine;

constexpr std::array<std::byte, 32> kDeviceKey{};

bool is_expected(Code code) {
    switch (code) {
    case Code::corrupt_object:
    case Code::item_not_found:
    case Code::access_conflict:
    case Code::version_conflict:
    case Code::write_once:
    case Code::limit_exceeded:
    case Code::short_buffer:
    case Code::busy:
    case Code::bad_state: return true;
    default: return false;
    }
}

// A call that brings all existing pages.
class AllPages final : public CallPages {
public:
    explicit AllPages(std::map<uint32_t, PageBytes>& pages) : pages_(pages) {}
    bool contains(uint32_t page) override { return pages_.contains(page); }
    Status read(uint32_t page, PageBytes& sealed) override {
        sealed = pages_.at(page);
        return {};
    }
    size_t room() override { return room_; }
    Status write(uint32_t page, const PageBytes& sealed) override {
        if (room_ == 0) return fail(Code::short_buffer);
        --room_;
        pages_[page] = sealed;
        return {};
    }

private:
    std::map<uint32_t, PageBytes>& pages_;
    size_t room_ = 128;
};

class Sink final : public IndexReader::Sink {
public:
    bool take(Bytes name, const Entry& entry) override {
        require(is_valid(entry), "a listed entry is valid");
        require(!name.empty(), "a listed name is not empty");
        return ++count < 2000;
    }
    size_t count = 0;
};

class Index {
public:
    explicit Index(Input& input) : in_(input), frames_(Pages::kFramesMin + input.below(30)) {
        NewStore wanted;
        wanted.login = 1;
        root_ = *make_store(crypto_, kDeviceKey, wanted);
        keys_ = *derive_store_keys(crypto_, kDeviceKey, root_);
        context_ = {root_.store_id, root_.epoch, root_.cipher};
        root_.page_count = kFirstPage + 40;
        root_.generation = 1 + in_.u8();
        root_.objects = in_.u8();
        root_.content_bytes = root_.objects == 0 ? 0 : in_.u16();
        build();
        pages_ = std::make_unique<Pages>(frames_, scratch_, crypto_);
        pages_->attach(keys_, context_);
    }

    void work() {
        transaction_ = std::make_unique<IndexTransaction>(*pages_, *numbers_);
        for (int step = 0; step < 24 && !in_.empty(); ++step) {
            const uint8_t what = in_.u8();
            if (what < 64) find();
            else if (what < 96) list();
            else change();
        }
        if (!transaction_->is_running()) return;
        for (int call = 0; call < 100; ++call) {
            AllPages io(sealed_);
            const auto prepared = transaction_->prepare(io);
            if (!prepared) return require(is_expected(prepared.error().code), "prepare() fails with an expected error");
            if (*prepared == IndexTransaction::Prepared::yes) return;
        }
        require(false, "prepare() comes to an end");
    }

private:
    // From the bottom up: a page may refer to earlier pages, to itself, or to pages that do not exist.
    void build() {
        const size_t count = in_.below(10);
        for (size_t i = 0; i < count; ++i) {
            const uint8_t what = in_.u8();
            PageBytes plain{};
            const auto level = static_cast<uint8_t>(what % 4);
            const bool free_list = what >= 240;
            if (free_list) fill_free_list(plain);
            else fill_node(plain, level);
            if (what & 128) meddle(in_, MutableBytes(plain).first(in_.one_in(2) ? 64 : plain.size()));
            const PageKind kind = free_list ? PageKind::free_list : level == 0 ? PageKind::leaf : PageKind::inner;
            const uint32_t page = in_.one_in(16) ? static_cast<uint32_t>(in_.below(44)) : kFirstPage + static_cast<uint32_t>(i);
            const auto ref = seal_page(crypto_, keys_, context_, kind, page, root_.generation, plain, sealed_[page]);
            require(ref.has_value(), "sealing works");
            refs_.push_back(*ref);
            if (free_list) root_.free_list = *ref;
            else root_.index = *ref, root_.height = static_cast<uint8_t>(level + 1);
        }
        if (in_.one_in(8)) root_.height = static_cast<uint8_t>(in_.below(limits::kIndexHeightMax + 1));
        if (in_.one_in(8)) root_.page_count = kFirstPage + static_cast<uint32_t>(in_.below(50));
        root_.free_pages = root_.free_list.is_none() ? 0 : in_.u8();
    }
    PageRef reference() {
        if (refs_.empty() || in_.one_in(16)) return {in_.u32() % 60, {}, {}};
        return refs_[in_.below(refs_.size())];
    }
    void fill_free_list(PageBytes& plain) {
        Writer out(plain);
        const size_t count = in_.one_in(8) ? in_.u16() : in_.below(40);
        out.u16(static_cast<uint16_t>(count));
        out.u16(0);
        out.u32(0);
        out.u64(in_.one_in(8) ? in_.u64() : root_.generation);
        encode(in_.one_in(2) ? reference() : PageRef{}, out);
        for (size_t i = 0; i < std::min<size_t>(count, 1000); ++i) out.u32(in_.one_in(16) ? in_.u32() : in_.u8() % 60U);
    }
    // Keys mostly ascend.
    void fill_node(PageBytes& plain, uint8_t level) {
        Node node(plain);
        node.start(level, root_.generation);
        std::string key;
        const size_t entries = in_.below(40);
        for (size_t i = 0; i < entries && !in_.empty(); ++i) {
            const uint8_t shape = in_.u8();
            if (level == 0 || i > 0) key = std::string(1, static_cast<char>('a' + i)) + std::string(text_of(in_.bytes(shape % 8)));
            if (shape >= 250) key.resize(std::min<size_t>(limits::kNameBytesMax, key.size() + 250), 'k');
            std::array<std::byte, limits::kIndexEntryBytesMax> value{};
            Writer out(value);
            if (level > 0) encode(reference(), out);
            else leaf_value(shape, key.size(), out);
            if (shape % 32 == 31) meddle(in_, value);
            if (node.used() + Node::entry_bytes(key.size(), out.size()) > Node::kRoom) return;
            copy_bytes(out.written(), node.insert(node.count(), bytes_of(key), out.size()));
        }
    }
    void leaf_value(uint8_t shape, size_t key_bytes, Writer& out) {
        static constexpr std::array<std::byte, 48> kIdAndKey{};
        std::array<std::byte, limits::kIndexEntryBytesMax> content{};
        Entry entry;
        entry.flags = shape % 16 == 3 ? kEntryWriteOnce : 0;
        entry.version = in_.one_in(32) ? in_.u64() : 1;
        if (shape % 8 == 5) {
            entry.kind = EntryKind::payload;
            entry.size = in_.u16();
            entry.payload = {Bytes(kIdAndKey).first(16), Bytes(kIdAndKey).last(32), 4096,
                             static_cast<uint32_t>(segments_of(entry.size, 4096))};
        } else {
            entry.size = std::min<size_t>(in_.u8() * size_t{shape % 4U + 1}, inline_bytes_max(key_bytes));
            entry.content = Bytes(content).first(static_cast<size_t>(entry.size));
        }
        encode(entry, out);
    }

    std::string pick() {
        return std::string(1, static_cast<char>('a' + in_.below(42))) + std::string(text_of(in_.bytes(in_.below(8))));
    }

    // Runs the rounds of one operation. Returns whether it was done.
    template <class F>
    bool rounds(F&& operation) {
        for (int round = 0; round < 200; ++round) {
            AllPages io(sealed_);
            const Outcome<ChangeProgress> progress = operation(io);
            if (!progress) {
                require(is_expected(progress.error().code), "an operation fails with an expected error");
                return false;
            }
            if (*progress == ChangeProgress::done) return true;
            // A client would stop at a page that is missing or does not match its reference.
            for (const Need& need : pages_->needs().list())
                if (need.mismatch || !sealed_.contains(need.page)) return false;
        }
        require(false, "an operation comes to an end");
        return false;
    }
    Tree tree() const { return {root_.index, root_.height, root_.page_count}; }
    void find() {
        const std::string name = pick();
        const Tree tree = this->tree();
        (void)rounds([&](CallPages& io) -> Outcome<ChangeProgress> {
            pages_->begin_call(io, tree, nullptr);
            IndexReader reader(*pages_, tree);
            const ChangeProgress progress = FESTORE_TRY(reader.find(bytes_of(name)));
            if (progress == ChangeProgress::done) require(is_valid(reader.entry()), "an entry that is found is valid");
            return progress;
        });
    }
    void list() {
        const std::string after = in_.one_in(2) ? pick() : "";
        const Tree tree = this->tree();
        (void)rounds([&](CallPages& io) -> Outcome<ChangeProgress> {
            pages_->begin_call(io, tree, nullptr);
            IndexReader reader(*pages_, tree);
            Sink sink;
            return FESTORE_TRY(reader.list({bytes_of(after), {}}, sink)).progress;
        });
    }
    void change() {
        if (!transaction_->is_running()) {
            transaction_->end();
            if (!transaction_->begin(keys_, root_)) return;
        }
        const std::string name = pick();
        const size_t how = in_.below(4);
        Effect effect;
        if (how == 0) {
            (void)rounds([&](CallPages& io) { return transaction_->remove(io, bytes_of(name), effect); });
        } else if (how == 1) {
            const std::string to = pick();
            (void)rounds([&](CallPages& io) { return transaction_->rename(io, bytes_of(name), bytes_of(to), true, effect); });
        } else {
            const Content content(in_.below(900));
            PutArguments put;
            put.name = bytes_of(name);
            put.entry.size = content.size();
            put.entry.content = content;
            (void)rounds([&](CallPages& io) { return transaction_->put(io, put, effect); });
        }
    }

    Input& in_;
    OpenSslCrypto crypto_;
    RootRecord root_;
    StoreKeys keys_;
    PageContext context_;
    std::map<uint32_t, PageBytes> sealed_;
    std::vector<PageRef> refs_;
    std::vector<Frame> frames_;
    PageBytes scratch_{};
    std::unique_ptr<NumberMemory> numbers_ = std::make_unique<NumberMemory>();
    std::unique_ptr<Pages> pages_;
    std::unique_ptr<IndexTransaction> transaction_;
};

void record(Input& in) {
    RootRecordBytes bytes{};
    copy_bytes(in.bytes(bytes.size()), bytes);
    const auto decoded = decode_root_record(bytes);
    if (!decoded) return;
    RootRecordBytes again{};
    encode(*decoded, again);
    const auto twice = decode_root_record(again);
    const bool is_of_1_0 = decoded->minor == 0;  // becomes a record of this version
    require(twice.has_value() && (is_of_1_0 || std::ranges::equal(again, bytes)), "a decoded record is encoded to the same bytes");
    OpenSslCrypto crypto;
    PageBytes slot{};
    RecoveryCopy copy;
    require(seal_recovery_copy(crypto, kDeviceKey, nullptr, *decoded, {}, slot).has_value(), "sealing works");
    require(open_recovery_copy(crypto, kDeviceKey, nullptr, slot, copy).has_value(), "a sealed recovery copy opens");
    const PageBytes before = slot;
    meddle(in, slot);
    const auto opened = open_recovery_copy(crypto, kDeviceKey, nullptr, slot, copy);
    require(opened.has_value() == (slot == before), "a recovery copy opens if, and only if, it is unchanged");
    if (!opened) return;
    RootRecordBytes of_opened{};
    encode(copy.record, of_opened);
    require(std::ranges::equal(of_opened, again), "an opened recovery copy has the sealed record");
}

void entry(Input& in) {
    const auto decoded = decode_entry(in.rest());
    if (!decoded) return;
    require(is_valid(*decoded), "a decoded entry is valid");
    Content again(encoded_size(*decoded));
    Writer out(again);
    encode(*decoded, out);
    require(out.ok() && out.room() == 0, "an encoded entry has the computed size");
    require(std::ranges::equal(again, in.rest().first(again.size())), "a decoded entry is encoded to the same bytes");
}

void node(Input& in) {
    const auto level = static_cast<uint8_t>(in.u8() % limits::kIndexHeightMax);
    PageBytes page{};
    copy_bytes(in.bytes(page.size()), page);
    if (!Node::check(page, level)) return;
    const Node checked(page);
    for (size_t i = 0; i < checked.count(); ++i) {
        const auto position = checked.find(checked.key(i));
        require(position.found && position.index == i, "each key is found");
        if (level == 0) require(decode_entry(checked.value(i)).has_value(), "each value of a leaf is an entry");
    }
}

void segment(Input& in) {
    OpenSslCrypto crypto;
    NewPayload payload;
    Entry described;
    std::array<std::byte, 48> id_and_key{};
    described.kind = EntryKind::payload;
    described.size = in.u64();
    described.payload = {Bytes(id_and_key).first(16), Bytes(id_and_key).last(32), in.u32(), in.u32()};
    if (!is_valid(described)) {
        described.payload.segment_bytes = 4096;
        described.size %= 20000;
        described.payload.segments = static_cast<uint32_t>(segments_of(described.size, 4096));
    }
    auto upload = Upload::begin(Cipher::aes_256_gcm, {}, std::move(payload), 4096);
    require(upload.has_value(), "an upload begins");
    for (uint32_t number = 0; number < 6; ++number) {
        const bool last = in.one_in(3);
        Content plain(last ? in.u16() % 5000 : 4096);
        std::ranges::fill(plain, static_cast<std::byte>('a' + number));
        Content sealed(plain.size() + kTagBytes);
        const uint32_t sealed_as = in.one_in(16) ? in.u32() : number;
        if (!upload->seal(crypto, sealed_as, last, plain, sealed)) break;
        const Content before = sealed;
        meddle(in, sealed);
        Content opened(in.one_in(4) ? in.u16() % 5000 : plain.size());
        const uint32_t opened_as = in.one_in(4) ? in.u32() : number;
        if (!open_segment(crypto, Cipher::aes_256_gcm, {}, described, opened_as, sealed, opened)) continue;
        require(sealed == before && opened_as == sealed_as, "a segment opens only if it is unchanged and in its place");
        require(last == (opened_as + 1 == described.payload.segments), "the last segment opens only as the last one");
        require(opened == plain, "a segment has the sealed content");
    }
}

}  // namespace

void run_sealed(Bytes input) {
    Input in(input);
    switch (in.below(8)) {
    case 0: return record(in);
    case 1: return entry(in);
    case 2: return node(in);
    case 3: return segment(in);
    default: Index(in).work();
    }
}

}  // namespace festore::fuzz
