// SPDX-License-Identifier: BSD-2-Clause
// Rule 13: no nonce is used under one key for two different texts, even with a constant random source, over crashes
// and aborted transactions (which repeat generation and page).
#include "engine/segments.h"
#include "tests/engine/store.h"

namespace festore::engine {
namespace {

TEST(Rule13Nonces, NeverForTwoTextsEvenWithAConstantRandomSource) {
    for (const bool constant : {true, false}) {
        TestStore store(8);
        std::map<std::string, std::string> nonces;
        store.crypto.constant_random = constant;
        store.crypto.nonces = &nonces;
        std::mt19937_64 random(11);
        size_t given_up = 0;
        for (int i = 0; i < 300; ++i) {
            const RootRecord before = store.root;
            store.begin();
            for (int k = 0; k < 3; ++k) {
                const std::string name = "name" + std::to_string(random() % 300);
                ASSERT_TRUE(store.put(name, std::string(random() % 500, static_cast<char>('a' + random() % 26))));
            }
            ASSERT_TRUE(store.prepare());
            PageBytes slot{};
            ASSERT_TRUE(seal_recovery_copy(store.crypto, store.device_key, nullptr, store.transaction->record(), {}, slot));
            if (random() % 3 == 0) {  // a crash before the root record: the next transaction has the same generation and pages
                store.root = before;
                store.give_up();
                store.reopen();
                ++given_up;
                continue;
            }
            store.root = store.transaction->record();
            store.give_up();
        }
        EXPECT_EQ(store.crypto.repeated_nonces, 0U);
        EXPECT_GT(nonces.size(), 1000U);
        EXPECT_GT(given_up, 50U);
        store.crypto.nonces = nullptr;
        store.verify();
    }
}

TEST(Rule13Nonces, DependOnEachOfTheirInputs) {
    TestStore store;
    store.crypto.constant_random = true;
    PageBytes plain{};
    const auto nonce = [&](uint64_t epoch, uint64_t generation, uint32_t page) {
        return make_page_nonce(store.crypto, store.keys, epoch, generation, page, plain).value();
    };
    const Nonce first = nonce(1, 2, 3);
    EXPECT_EQ(nonce(1, 2, 3), first) << "the random source is constant";
    EXPECT_NE(nonce(9, 2, 3), first);
    EXPECT_NE(nonce(1, 9, 3), first);
    EXPECT_NE(nonce(1, 2, 9), first);
    for (const size_t at : {size_t{0}, size_t{2000}, kPageBytes - 1}) {
        plain[at] = std::byte{1};
        EXPECT_NE(nonce(1, 2, 3), first);
        plain[at] = std::byte{0};
    }
    store.crypto.constant_random = false;
    EXPECT_NE(nonce(1, 2, 3), first);
}

TEST(Rule13Nonces, BeyondTwoToTheThirtyOnePagesTheStoreRefusesChanges) {
    TestStore store;
    store.root.pages_sealed = limits::kPagesSealedMax - 1000;
    store.begin();
    ASSERT_TRUE(store.put("n", "c"));
    ASSERT_TRUE(store.commit());
    store.root.pages_sealed = limits::kPagesSealedMax - 3;
    store.begin();
    EXPECT_EQ(store.put("m", "c").error().code, Code::limit_exceeded);
    store.give_up();
    store.root.pages_sealed = limits::kPagesSealedMax;
    EXPECT_EQ(store.transaction->begin(store.keys, store.root).error().code, Code::limit_exceeded);
    EXPECT_EQ(store.get("n")->content, "c") << "reading still works";
}

TEST(Rule13Secrets, AreMixedWithTheDeviceKey) {
    TestStore one;
    TestStore other;
    one.crypto.constant_random = other.crypto.constant_random = true;
    other.device_key.fill(std::byte{8});
    const RootRecord a = make_store(one.crypto, one.device_key, {}).value();
    const RootRecord b = make_store(other.crypto, other.device_key, {}).value();
    EXPECT_NE(a.secret, b.secret);
    EXPECT_NE(a.store_id, b.store_id);
    EXPECT_NE(a.epoch, b.epoch);
    const auto salt = [&](std::string_view s) { return make_payload(one.crypto, one.keys, 5, bytes_of(s)).value(); };
    EXPECT_NE(salt("1").id, salt("2").id) << "the salt keeps payloads apart when the random source does not";
    EXPECT_FALSE(salt("1").key.equals(salt("2").key.expose()));
    const RootRecord later = make_store(one.crypto, one.device_key, {}, bytes_of("another time")).value();
    EXPECT_NE(later.store_id, a.store_id) << "and a store that is made again";
    EXPECT_NE(later.epoch, a.epoch);
    EXPECT_NE(later.secret, a.secret);
    RootRecord next = one.root;
    next.transaction_id = make_transaction_id(one.crypto, one.keys, one.root).value();
    EXPECT_NE(make_transaction_id(one.crypto, one.keys, next).value(), next.transaction_id);
}

TEST(Rule34Payloads, AKeyDependsOnWhatItSeals) {
    TestStore store;
    store.crypto.constant_random = true;
    const auto key = [&](std::string_view salt, std::string_view content) {
        NewPayload payload = make_payload(store.crypto, store.keys, 5, {}).value();
        EXPECT_TRUE(bind_payload(store.crypto, payload, bytes_of(salt), bytes_of(content)));
        return std::string(text_of(payload.key.expose()));
    };
    EXPECT_EQ(key("s", "content"), key("s", "content"));
    EXPECT_NE(key("s", "content"), key("s", "contents"));
    EXPECT_NE(key("s", "content"), key("t", "content"));
    const std::string constant = key("s", "content");
    store.crypto.constant_random = false;
    EXPECT_NE(key("s", "content"), constant);
}

TEST(Rule34Payloads, AreBoundOnceAndBeforeTheirFirstSegment) {
    TestStore store;
    const auto begin = [&] {
        return Upload::begin(Cipher::aes_256_gcm, store.root.store_id, make_payload(store.crypto, store.keys, 5, {}).value(), 4096).value();
    };
    std::array<std::byte, 4096 + kTagBytes> sealed{};
    const std::string content(4096, 'c');
    Upload twice = begin();
    EXPECT_TRUE(twice.is_new());
    ASSERT_TRUE(twice.bind(store.crypto, {}, bytes_of(content)));
    EXPECT_FALSE(twice.is_new());
    EXPECT_EQ(twice.bind(store.crypto, {}, bytes_of(content)).error().code, Code::bad_state);
    EXPECT_FALSE(twice.seal(store.crypto, 0, false, bytes_of(content), sealed)) << "any error ends the upload";
    Upload late = begin();
    ASSERT_TRUE(late.seal(store.crypto, 0, false, bytes_of(content), sealed));
    EXPECT_FALSE(late.is_new());
    EXPECT_EQ(late.bind(store.crypto, {}, bytes_of(content)).error().code, Code::bad_state);
}

TEST(Rule16Keys, OnePerPurposeStoreOwnerAndEpoch) {
    TestStore store;
    const RootRecord base = store.root;
    std::set<std::string> seen;
    const auto add = [&](const RootRecord& record, size_t fresh) {
        const StoreKeys keys = derive_store_keys(store.crypto, store.device_key, record).value();
        size_t added = 0;
        for (const Key* key : {&keys.page, &keys.nonce, &keys.payload})
            added += seen.insert(std::string(text_of(key->expose()))).second ? size_t{1} : 0;
        EXPECT_EQ(added, fresh);
    };
    add(base, 3);
    add(base, 0);
    RootRecord r = base;
    r.epoch ^= 1;
    add(r, 2);  // the payload key outlives epochs
    for (const auto change : {+[](RootRecord& c) { c.store_id[0] ^= std::byte{1}; }, +[](RootRecord& c) { c.login ^= 3; },
                              +[](RootRecord& c) { c.identity.bytes[15] ^= std::byte{1}; },
                              +[](RootRecord& c) { c.secret[0] ^= std::byte{1}; }}) {
        r = base;
        change(r);
        add(r, 3);
    }
}

TEST(Rule16Binding, APageOpensInItsOwnPlaceOnly) {
    for (const Cipher cipher : {Cipher::aes_256_gcm, Cipher::chacha20_poly1305}) {
        TestStore store(64, cipher);
        const PageContext context{store.root.store_id, store.root.epoch, cipher};
        PageBytes plain{};
        PageBytes sealed{};
        PageBytes out{};
        plain[17] = std::byte{5};
        const PageRef ref = seal_page(store.crypto, store.keys, context, PageKind::leaf, 9, 4, plain, sealed).value();
        const auto opens = [&](const PageContext& c, PageKind kind, const PageRef& r) {
            return open_page(store.crypto, store.keys, c, kind, r, sealed, out).has_value();
        };
        EXPECT_TRUE(opens(context, PageKind::leaf, ref));
        EXPECT_EQ(out, plain);
        EXPECT_FALSE(opens(context, PageKind::inner, ref));
        PageRef other = ref;
        other.page = 10;
        EXPECT_FALSE(opens(context, PageKind::leaf, other));
        PageContext wrong = context;
        wrong.epoch ^= 1;
        EXPECT_FALSE(opens(wrong, PageKind::leaf, ref));
        wrong = context;
        wrong.store_id[3] ^= std::byte{1};
        EXPECT_FALSE(opens(wrong, PageKind::leaf, ref));
        wrong = context;
        wrong.cipher = cipher == Cipher::aes_256_gcm ? Cipher::chacha20_poly1305 : Cipher::aes_256_gcm;
        EXPECT_FALSE(opens(wrong, PageKind::leaf, ref));
        for (size_t i = 0; i < kNonceBytes; ++i) {
            other = ref;
            other.nonce[i] ^= std::byte{0x80};
            EXPECT_FALSE(opens(context, PageKind::leaf, other));
        }
        for (size_t i = 0; i < kTagBytes; ++i) {
            other = ref;
            other.tag[i] ^= std::byte{0x80};
            EXPECT_FALSE(opens(context, PageKind::leaf, other));
        }
    }
}

}  // namespace
}  // namespace festore::engine
