// SPDX-License-Identifier: BSD-2-Clause
// The worked bytes of docs/format-store.md must match the code. FESTORE_PRINT_WORKED=1 prints them, for the document
// when a format changes.
#include "engine/records/store_claim.h"
#include "tests/engine/formats.h"

#include <fstream>
#include <sstream>

namespace festore::engine {
namespace {

std::string hex(Bytes bytes) {
    std::string text;
    for (size_t i = 0; i < bytes.size(); ++i) {
        char byte[4];
        (void)std::snprintf(byte, sizeof byte, "%02x", static_cast<unsigned>(bytes[i]));
        text += i % 16 == 0 ? "    " : i % 8 == 0 ? "  " : " ";
        text += byte;
        if (i % 16 == 15 || i + 1 == bytes.size()) text += "\n";
    }
    return text;
}

// The indented block after the line "Worked: NAME".
std::string documented(const std::string& name) {
    std::ifstream file(FESTORE_FORMAT_DOCUMENT);
    EXPECT_TRUE(file) << FESTORE_FORMAT_DOCUMENT;
    std::string line;
    while (std::getline(file, line) && !line.starts_with("Worked: " + name)) {}
    std::string block;
    bool in_block = false;
    while (std::getline(file, line)) {
        if (line.starts_with("    ")) block += line + "\n";
        else if (in_block) break;
        in_block = line.starts_with("    ");
    }
    return block;
}

void expect_documented(const std::string& name, Bytes bytes) {
    if (std::getenv("FESTORE_PRINT_WORKED") != nullptr) std::printf("Worked: %s\n\n%s\n", name.c_str(), hex(bytes).c_str());
    EXPECT_EQ(documented(name), hex(bytes)) << name;
}

class WorkedBytes : public testing::Test {
protected:
    WorkedBytes() {
        crypto_.constant_random = true;
        for (size_t i = 0; i < device_key_.size(); ++i) device_key_[i] = static_cast<std::byte>(i);
        keys_ = derive_store_keys(crypto_, device_key_, example_record()).value();
    }
    OpenSslCrypto crypto_;
    std::array<std::byte, 32> device_key_{};
    StoreKeys keys_;
};

TEST_F(WorkedBytes, RootRecord) {
    RootRecordBytes bytes{};
    encode(example_record(), bytes);
    expect_documented("root record", bytes);
}

TEST_F(WorkedBytes, Keys) {
    expect_documented("page key", keys_.page.expose());
    expect_documented("nonce key", keys_.nonce.expose());
    expect_documented("payload base key", keys_.payload.expose());
    expect_documented("key-check value", key_check_value(crypto_, device_key_, example_record().store_id).value());
}

TEST_F(WorkedBytes, Pages) {
    PageBytes plain{};
    Node leaf(plain);
    leaf.start(0, 5);
    const Entry inlined = example_inline_entry();
    const Entry payload = example_payload_entry();
    Writer second(leaf.insert(0, bytes_of("large"), encoded_size(payload)));
    encode(payload, second);
    Writer first(leaf.insert(0, bytes_of("hello"), encoded_size(inlined)));
    encode(inlined, first);
    ASSERT_TRUE(Node::check(plain, 0));
    expect_documented("leaf", Bytes(plain).first(Node::kHeaderBytes + leaf.used()));

    const PageContext context{example_record().store_id, example_record().epoch, example_record().cipher};
    PageBytes sealed{};
    const PageRef ref = seal_page(crypto_, keys_, context, PageKind::leaf, 2, 5, plain, sealed).value();
    std::array<std::byte, kPageRefBytes> bytes{};
    Writer out(bytes);
    encode(ref, out);
    expect_documented("reference to the sealed leaf", bytes);
    expect_documented("start of the sealed leaf", Bytes(sealed).first(32));

    Node inner(plain);
    inner.start(1, 5);
    Writer left(inner.insert(0, {}, kPageRefBytes));
    encode(PageRef{3, filled<Nonce>(0x30), filled<Tag>(0x40)}, left);
    Writer right(inner.insert(1, bytes_of("m"), kPageRefBytes));
    encode(PageRef{4, filled<Nonce>(0x50), filled<Tag>(0x60)}, right);
    expect_documented("inner page", Bytes(plain).first(Node::kHeaderBytes + inner.used()));

    auto memory = std::make_unique<NumberMemory>();
    PageAllocator numbers(*memory);
    RootRecord base;
    base.page_count = 12;
    numbers.begin(base);
    for (const uint32_t page : {7U, 10U, 11U}) ASSERT_TRUE(numbers.give_up(page));
    numbers.encode_list_page(0, 1, PageRef{9, filled<Nonce>(0x50), filled<Tag>(0x60)}, 5, plain);
    expect_documented("page of the free list", Bytes(plain).first(kFreeListHeaderBytes + 12));
}

TEST_F(WorkedBytes, AllowList) {
    std::array<std::byte, kAllowListBytesMax> memory{};
    expect_documented("list of who may store", example_allow_list(memory));
}

TEST_F(WorkedBytes, RootTable) {
    TableHeaderBytes header{};
    encode(example_table_header(), header);
    expect_documented("table header", Bytes(header).first(4 + 4 + 16 + 8 + 2 * sizeof(RetiredId)));
    RootRecordBytes tombstone{};
    encode(example_tombstone(), tombstone);
    expect_documented("tombstone", Bytes(tombstone).first(44));
}

TEST_F(WorkedBytes, RecoveryCopy) {
    PageBytes slot{};
    ASSERT_TRUE(seal_recovery_copy(crypto_, device_key_, nullptr, example_record(), example_place(), slot));
    expect_documented("recovery copy", Bytes(slot).first(24 + 12 + 16 + 16));
}

TEST_F(WorkedBytes, Segment) {
    NewPayload payload;
    payload.id = filled<PayloadId>(0xa0);
    copy_bytes(filled<std::array<std::byte, 32>>(0xc0), payload.key.fill());
    Upload upload = Upload::begin(Cipher::chacha20_poly1305, example_record().store_id, std::move(payload), 65536).value();
    std::array<std::byte, 7 + kTagBytes> sealed{};
    ASSERT_TRUE(upload.seal(crypto_, 0, true, bytes_of("content"), sealed));
    expect_documented("segment", sealed);
}

TEST_F(WorkedBytes, Header) {
    std::array<std::byte, protocol::kStoreHeaderBytes> bytes{};
    Writer out(bytes);
    encode(example_header(), out);
    expect_documented("header", bytes);
}

TEST_F(WorkedBytes, NamedStore) {
    const StoreNameTag tag = store_name_tag(crypto_, device_key_, bytes_of("web")).value();
    expect_documented("name of a store", tag);
    protocol::StoreHeader header = example_header();
    header.set_name("web");
    std::array<std::byte, protocol::kNamedStoreHeaderBytes> bytes{};
    Writer out(bytes);
    encode(header, out);
    expect_documented("what a header with a name has behind it", Bytes(bytes).subspan(protocol::kStoreHeaderBytes, 4));
    const StoreClaim claim = StoreClaim::of(example_record().store_id, bytes_of("web"), bytes_of("/srv/web")).value();
    std::array<std::byte, kStoreClaimBytesMax> claimed{};
    Writer claim_out(claimed);
    encode(claim, claim_out);
    expect_documented("claim", claim_out.written());
}

TEST_F(WorkedBytes, CanDiffer) {
    std::array<std::byte, 4> nothing{};
    EXPECT_NE(documented("root record"), hex(nothing));
    EXPECT_EQ(documented("a block that the document lacks"), "");
}

}  // namespace
}  // namespace festore::engine
