// SPDX-License-Identifier: BSD-2-Clause
// Each format: a round trip with every field set, every truncation, garbage from every offset, future versions.
// Also: malformed pages that authenticate cause errors, never a crash.
#include "engine/page_allocator.h"
#include "engine/records/store_claim.h"
#include "tests/engine/formats.h"
#include "tests/engine/rounds.h"

namespace festore::engine {
namespace {

TEST(Rule03RootRecord, RoundTripSizeAndGarbage) {
    const RootRecordBytes bytes = encoded(example_record());
    const Outcome<RootRecord> back = decode_root_record(bytes);
    ASSERT_TRUE(back);
    EXPECT_EQ(encoded(*back), bytes);
    for (size_t i = kRootNameOffset; i < kRootRecordBytes; ++i) EXPECT_EQ(bytes[i], std::byte{0});
    for (size_t size = 0; size < bytes.size(); ++size) EXPECT_FALSE(decode_root_record(Bytes(bytes).first(size)));
    std::vector<std::byte> longer(bytes.begin(), bytes.end());
    longer.push_back(std::byte{0});
    EXPECT_FALSE(decode_root_record(longer));
    std::mt19937_64 random(1);
    for (size_t offset = 0; offset < bytes.size(); ++offset) {
        for (int i = 0; i < 50; ++i) {
            RootRecordBytes garbage = bytes;
            garbage[offset] = static_cast<std::byte>(random());
            for (size_t k = offset + 1; i > 25 && k < bytes.size(); ++k) garbage[k] = static_cast<std::byte>(random());
            const Outcome<RootRecord> decoded = decode_root_record(garbage);
            EXPECT_TRUE(!decoded || encoded(*decoded) == garbage) << offset;
        }
    }
}

TEST(Rule03RootRecord, ContradictionsAndVersionsFromTheFuture) {
    const auto code = [](const std::function<void(RootRecord&)>& change) {
        RootRecord r = example_record();
        change(r);
        const Outcome<RootRecord> decoded = decode_root_record(encoded(r));
        return decoded ? Code::success : decoded.error().code;
    };
    EXPECT_EQ(code([](RootRecord&) {}), Code::success);
    EXPECT_EQ(code([](RootRecord& r) { r.index.page = r.page_count; }), Code::corrupt_object);
    EXPECT_EQ(code([](RootRecord& r) { r.index.page = 1; }), Code::corrupt_object);
    EXPECT_EQ(code([](RootRecord& r) { r.index = {}; }), Code::corrupt_object);
    EXPECT_EQ(code([](RootRecord& r) { r.height = 0; }), Code::corrupt_object);
    EXPECT_EQ(code([](RootRecord& r) { r.height = limits::kIndexHeightMax + 1; }), Code::corrupt_object);
    EXPECT_EQ(code([](RootRecord& r) { r.page_count = 1; }), Code::corrupt_object);
    EXPECT_EQ(code([](RootRecord& r) { r.free_pages = 13; }), Code::corrupt_object);
    EXPECT_EQ(code([](RootRecord& r) { r.changes = kChangesMax; }), Code::success);
    EXPECT_EQ(code([](RootRecord& r) { r.changes = kChangesMax + 1; }), Code::corrupt_object);
    EXPECT_EQ(code([](RootRecord& r) { r.flags = 63 | kRootTwoCiphers; }), Code::success);
    for (int bit = 8; bit < 24; ++bit)
        EXPECT_EQ(code([&](RootRecord& r) { r.flags = 1U << bit; }), Code::not_supported) << "a required bit, " << bit;
    for (int bit = 24; bit < 32; ++bit)
        EXPECT_EQ(code([&](RootRecord& r) { r.flags = 1U << bit; }), Code::success) << "an ignorable bit, " << bit;
    RootRecord marked = example_record();
    marked.flags = kRootMadeUnasked;
    EXPECT_EQ(decode_root_record(encoded(marked))->flags, kRootMadeUnasked);
    EXPECT_EQ(code([](RootRecord& r) { r.cipher = Cipher{3}; }), Code::corrupt_object);
    EXPECT_EQ(code([](RootRecord& r) { r.anchor = Anchor{0}; }), Code::corrupt_object);
    RootRecordBytes bytes = encoded(example_record());
    bytes[4] = std::byte{2};
    EXPECT_EQ(decode_root_record(bytes).error().code, Code::not_supported);
    bytes = encoded(example_record());
    bytes[5] = std::byte{kFormatMinor + 1};
    EXPECT_EQ(decode_root_record(bytes).error().code, Code::not_supported);
}

TEST(Rule03RootRecord, OneOf10IsReadAndBecomes11) {
    const Outcome<RootRecord> old = decode_root_record(as_written_by_1_0(record_of_1_0()));
    ASSERT_TRUE(old);
    EXPECT_EQ(old->minor, 0);
    EXPECT_EQ(old->changes, kChangesOfUpgrade) << "above all versions, which 1.0 counted for each name";
    const Outcome<RootRecord> now = decode_root_record(encoded(*old));
    ASSERT_TRUE(now);
    EXPECT_EQ(now->minor, kFormatMinor);
    EXPECT_EQ(now->changes, old->changes);
    RootRecord flagged = record_of_1_0();
    flagged.flags |= kRootOfAnotherTable;
    EXPECT_EQ(decode_root_record(as_written_by_1_0(flagged)).error().code, Code::corrupt_object);
    RootRecordBytes counted = as_written_by_1_0(record_of_1_0());
    counted[232] = std::byte{1};
    EXPECT_EQ(decode_root_record(counted).error().code, Code::corrupt_object);
}

TEST(Rule08FreeList, NamesOnlyPagesThatTheFileHas) {
    constexpr uint32_t kPageCount = 100;
    const auto accepts = [](std::initializer_list<uint32_t> numbers) {
        PageBytes page{};
        Writer out(page);
        out.u16(static_cast<uint16_t>(numbers.size()));
        out.bytes(std::array<std::byte, kFreeListHeaderBytes - 2>{});
        for (const uint32_t number : numbers) out.u32(number);
        const auto checked = check_free_list_page(page, kPageCount);
        return checked && checked->count == numbers.size();
    };
    EXPECT_TRUE(accepts({}));
    EXPECT_TRUE(accepts({kFirstPage, 50, kPageCount - 1}));
    EXPECT_FALSE(accepts({50, kPageCount})) << "after the end";
    EXPECT_FALSE(accepts({UINT32_MAX}));
    EXPECT_FALSE(accepts({50, kFirstPage - 1})) << "a recovery copy";
    EXPECT_FALSE(accepts({0}));
}

TEST(EntryFormat, RoundTripTruncationAndWhatNewerVersionsAdd) {
    for (const Entry& entry : {example_inline_entry(), example_payload_entry()}) {
        std::vector<std::byte> bytes(encoded_size(entry));
        Writer out(bytes);
        encode(entry, out);
        ASSERT_TRUE(out.ok() && out.room() == 0);
        const Outcome<Entry> back = decode_entry(bytes);
        ASSERT_TRUE(back);
        std::vector<std::byte> again(bytes.size());
        Writer out_again(again);
        encode(*back, out_again);
        EXPECT_EQ(again, bytes);
        for (size_t size = 0; size < bytes.size(); ++size) EXPECT_FALSE(decode_entry(Bytes(bytes).first(size)));
        bytes.push_back(std::byte{0x55});
        EXPECT_TRUE(decode_entry(bytes)) << "a newer minor version may add fields at the end";
    }
}

// Only a content in its own file can be sealed with another cipher than the page with its entry.
TEST(EntryFormat, TheOtherCipherIsAPayloadsOnly) {
    const auto decodes = [](Entry entry, uint8_t flags) {
        std::vector<std::byte> bytes(encoded_size(entry));
        Writer out(bytes);
        encode(entry, out);
        bytes[kEntryFlagsOffset] = std::byte{flags};
        return decode_entry(bytes).has_value();
    };
    EXPECT_TRUE(decodes(example_payload_entry(), kEntryOtherCipher));
    EXPECT_TRUE(decodes(example_payload_entry(), kEntryOtherCipher | kEntryWriteOnce | kEntryKept));
    EXPECT_FALSE(decodes(example_payload_entry(), kEntryOtherCipher | kEntryKept));
    EXPECT_FALSE(decodes(example_inline_entry(), kEntryOtherCipher));
    for (int bit = 3; bit < 8; ++bit) EXPECT_FALSE(decodes(example_payload_entry(), static_cast<uint8_t>(1U << bit))) << bit;
    Entry entry = example_payload_entry();
    for (const Cipher store : {Cipher::aes_256_gcm, Cipher::chacha20_poly1305}) {
        entry.flags = 0;
        EXPECT_EQ(content_cipher(store, entry), store);
        entry.flags = kEntryOtherCipher;
        EXPECT_NE(content_cipher(store, entry), store);
    }
}

// Does everything that can be done to a store whose pages are authentic garbage.
void use(TestStore& store) {
    store.reopen();
    (void)store.list();
    (void)store.get("m");
    for (const char* name : {"a", "mmmm", "zz"}) {
        if (!store.transaction->begin(store.keys, store.root)) return;
        (void)store.put(name, std::string(300, 'c'));
        (void)store.remove("n50");
        (void)store.rename("n20", name, true);
        (void)store.prepare();
        store.give_up();
    }
}

// Uses a store of height 1 or 2 whose root page (or free list) was changed by `change` and properly sealed.
void with_malformed_page(size_t objects, bool free_list, const std::function<void(PageBytes&, std::mt19937_64&)>& change,
                         size_t times) {
    TestStore store(16);
    for (int i = 0; i < 2; ++i) {
        store.begin();
        for (size_t k = 0; k < objects; ++k) ASSERT_TRUE(store.put("n" + std::to_string(k), std::string(50, 'c')));
        ASSERT_TRUE(store.commit());
    }
    const RootRecord root = store.root;
    const Disk disk = store.disk;
    const PageContext context{root.store_id, root.epoch, root.cipher};
    PageRef& place = free_list ? store.root.free_list : store.root.index;
    const PageKind kind = free_list ? PageKind::free_list : root.height == 1 ? PageKind::leaf : PageKind::inner;
    PageBytes plain{};
    ASSERT_TRUE(open_page(store.crypto, store.keys, context, kind, place, disk.read(place.page), plain));
    std::mt19937_64 random(objects);
    for (size_t i = 0; i < times; ++i) {
        store.root = root;
        store.disk = disk;
        PageBytes changed = plain;
        change(changed, random);
        PageBytes sealed{};
        place = seal_page(store.crypto, store.keys, context, kind, place.page, root.generation, changed, sealed).value();
        store.disk.write(place.page, sealed);
        use(store);
    }
}

TEST(MalformedPages, ThatAuthenticateAreErrorsAndNeverACrash) {
    const auto one_byte = [](PageBytes& page, std::mt19937_64& random) {
        page[random() % 256] = static_cast<std::byte>(random());
    };
    const auto tail = [](PageBytes& page, std::mt19937_64& random) {
        for (size_t i = random() % 200; i < kPageBytes; ++i) page[i] = static_cast<std::byte>(random());
    };
    for (const size_t objects : {size_t{20}, size_t{200}}) {
        for (const bool free_list : {false, true}) {
            with_malformed_page(objects, free_list, one_byte, rounds(600));
            with_malformed_page(objects, free_list, tail, rounds(200));
        }
    }
}

TEST(MalformedPages, CheckTakesOnlyWhatCanBeWalked) {
    std::mt19937_64 random(9);
    PageBytes page{};
    Node node(page);
    node.start(0, 7);
    for (int i = 0; i < 20; ++i) {
        const std::string name = "name" + std::to_string(10 + i);
        const Entry entry = example_inline_entry();
        Writer out(node.insert(node.count(), bytes_of(name), encoded_size(entry)));
        encode(entry, out);
    }
    ASSERT_TRUE(Node::check(page, 0));
    EXPECT_FALSE(Node::check(page, 1)) << "another level";
    size_t accepted = 0;
    for (size_t i = 0; i < rounds(200000); ++i) {
        PageBytes changed = page;
        const size_t end = Node::kHeaderBytes + node.used();
        for (auto k = random() % 3 + 1; k > 0; --k) changed[random() % end] = static_cast<std::byte>(random());
        if (!Node::check(changed, 0)) continue;
        ++accepted;
        const Node walked(changed);
        size_t bytes = 0;
        for (size_t e = 0; e < walked.count(); ++e) {
            ASSERT_TRUE(decode_entry(walked.value(e)));
            ASSERT_TRUE(walked.find(walked.key(e)).found);
            bytes += walked.entry_bytes(e);
        }
        ASSERT_EQ(bytes, walked.used());
    }
    EXPECT_GT(accepted, 0U);
}

TEST(StoreHeader, RoundTripAndRefusals) {
    std::array<std::byte, protocol::kStoreHeaderBytes> bytes{};
    Writer out(bytes);
    encode(example_header(), out);
    ASSERT_TRUE(out.ok() && out.room() == 0);
    const auto back = protocol::decode_store_header(bytes);
    ASSERT_TRUE(back);
    std::array<std::byte, protocol::kStoreHeaderBytes> again{};
    Writer out_again(again);
    encode(*back, out_again);
    EXPECT_EQ(again, bytes);
    for (size_t size = 0; size < bytes.size(); ++size) EXPECT_FALSE(protocol::decode_store_header(Bytes(bytes).first(size)));
    bytes[8] = std::byte{2};
    EXPECT_EQ(protocol::decode_store_header(bytes).error().code, Code::not_supported);
    bytes[8] = std::byte{1};
    bytes[10] = std::byte{3};
    EXPECT_EQ(protocol::decode_store_header(bytes).error().code, Code::bad_format) << "an unknown kind of TEE";
    const auto name = protocol::payload_name(filled<std::array<std::byte, 16>>(0xf8));
    EXPECT_EQ(std::string(name.data(), name.size()), "f8f9fafbfcfdfeff0001020304050607");
    EXPECT_EQ(protocol::page_offset(0xFFFFFFFF), 0xFFFFFFFFULL * 4096);
}

TEST(StoreHeader, OfAStoreWithAName) {
    protocol::StoreHeader header = example_header();
    header.set_name("web.1_a-B");
    EXPECT_EQ(protocol::header_bytes(header), protocol::kNamedStoreHeaderBytes);
    std::array<std::byte, protocol::kNamedStoreHeaderBytes> bytes{};
    Writer out(bytes);
    encode(header, out);
    ASSERT_TRUE(out.ok() && out.room() == 0);
    const auto back = protocol::decode_store_header(bytes);
    ASSERT_TRUE(back);
    EXPECT_EQ(back->name(), "web.1_a-B");
    EXPECT_EQ(back->store_id, header.store_id);
    for (size_t size = 0; size < bytes.size(); ++size) EXPECT_FALSE(protocol::decode_store_header(Bytes(bytes).first(size))) << size;
    const auto refused = [&](size_t offset, uint8_t value) {
        auto changed = bytes;
        changed[offset] = std::byte{value};
        return !protocol::decode_store_header(changed);
    };
    EXPECT_TRUE(refused(9, 0)) << "a minor version without names, but with a name's length";
    EXPECT_TRUE(refused(9, 2)) << "a newer minor version";
    EXPECT_TRUE(refused(64, 0)) << "no name";
    EXPECT_TRUE(refused(64, 8)) << "shorter than the name";
    EXPECT_TRUE(refused(64, 10)) << "longer than the name";
    EXPECT_TRUE(refused(64, 64)) << "longer than there is room for";
    EXPECT_TRUE(refused(65, '/')) << "not a character of a name";
    EXPECT_TRUE(refused(127, 'x')) << "a byte after the name";
    for (const std::string_view none : {"", "default", "a/b", "a b"}) {
        header.set_name(none);
        EXPECT_EQ(protocol::header_bytes(header), protocol::kStoreHeaderBytes) << none;
    }
    header.set_name(std::string(63, 'n'));
    EXPECT_EQ(header.name().size(), 63U);
    header.set_name(std::string(64, 'n'));
    EXPECT_EQ(header.name().size(), 0U);
}

TEST(Rule03RootRecord, OfAStoreWithAName) {
    RootRecord record = example_record();
    record.name = filled<StoreNameTag>(0xe0);
    EXPECT_EQ(decode_root_record(encoded(record)).error().code, Code::corrupt_object) << "a name without its flag";
    record.flags |= kRootNamed;
    const Outcome<RootRecord> back = decode_root_record(encoded(record));
    ASSERT_TRUE(back);
    EXPECT_EQ(back->name, record.name);
    record.name = {};
    EXPECT_EQ(decode_root_record(encoded(record)).error().code, Code::corrupt_object) << "a flag without a name";
}

TEST(StoreClaims, RoundTripAndGarbage) {
    const StoreClaim claim = StoreClaim::of(example_record().store_id, bytes_of("web"), bytes_of("/srv/web")).value();
    std::array<std::byte, kStoreClaimBytesMax> bytes{};
    Writer out(bytes);
    encode(claim, out);
    ASSERT_TRUE(out.ok());
    const Bytes encoded = out.written();
    const auto back = decode_store_claim(encoded);
    ASSERT_TRUE(back);
    EXPECT_EQ(back->store_id, claim.store_id);
    EXPECT_EQ(text_of(back->name()), "web");
    EXPECT_EQ(text_of(back->directory()), "/srv/web");
    for (size_t size = 0; size < encoded.size(); ++size) EXPECT_FALSE(decode_store_claim(encoded.first(size))) << size;
    EXPECT_FALSE(decode_store_claim(Bytes(bytes).first(encoded.size() + 1)));
    const auto code = [&](size_t offset, uint8_t value) {
        auto changed = bytes;
        changed[offset] = std::byte{value};
        const auto decoded = decode_store_claim(Bytes(changed).first(encoded.size()));
        return decoded ? Code::success : decoded.error().code;
    };
    EXPECT_EQ(code(0, 'x'), Code::corrupt_object);
    EXPECT_EQ(code(5, kFormatMinor + 1), Code::not_supported);
    EXPECT_EQ(code(6, 1), Code::corrupt_object) << "a reserved byte";
    EXPECT_EQ(code(24, 200), Code::corrupt_object) << "a name longer than the rest";
    EXPECT_EQ(code(25, '/'), Code::corrupt_object) << "not a name";
    EXPECT_FALSE(StoreClaim::of({}, std::vector<std::byte>(64), {}));
    EXPECT_FALSE(StoreClaim::of({}, {}, std::vector<std::byte>(256)));
}

}  // namespace
}  // namespace festore::engine
