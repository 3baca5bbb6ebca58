// SPDX-License-Identifier: BSD-2-Clause
// Rule 14: the segments of a payload come in order, each once, the last once; and each opens only in its place.
#include "engine/segments.h"
#include "tests/engine/openssl_crypto.h"

#include <algorithm>
#include <functional>
#include <gtest/gtest.h>
#include <vector>

namespace festore::engine {
namespace {

using Content = std::vector<std::byte>;
constexpr uint32_t kSegment = limits::kSegmentBytesMin;

class Rule14Segments : public testing::TestWithParam<Cipher> {
protected:
    Upload begin() {
        NewPayload payload;
        payload.id.fill(std::byte{++ids_});
        payload.key.fill()[3] = std::byte{ids_};
        return Upload::begin(GetParam(), store_id_, std::move(payload), kSegment).value();
    }
    static Content content_of(size_t size) {
        Content content(size);
        for (size_t i = 0; i < size; ++i) content[i] = static_cast<std::byte>(i * 31 + (i >> 8));
        return content;
    }
    // Seals all segments. Returns the file's bytes.
    Content seal_all(Upload& upload, const Content& content) {
        Content file;
        const auto count = static_cast<uint32_t>(segments_of(content.size(), kSegment));
        for (uint32_t n = 0; n < count; ++n) {
            const uint32_t size = segment_content_bytes(n, content.size(), kSegment);
            Content sealed(size + kTagBytes);
            EXPECT_TRUE(upload.seal(crypto_, n, n + 1 == count, Bytes(content).subspan(size_t{n} * kSegment, size), sealed));
            EXPECT_EQ(file.size(), segment_offset(n, kSegment));
            file.insert(file.end(), sealed.begin(), sealed.end());
        }
        EXPECT_EQ(file.size(), payload_file_bytes(content.size(), kSegment));
        EXPECT_TRUE(upload.is_complete());
        return file;
    }
    Status open(const Entry& entry, uint32_t number, Bytes sealed, Content& plain) {
        plain.resize(segment_content_bytes(number, entry.size, entry.payload.segment_bytes));
        return open_segment(crypto_, GetParam(), store_id_, entry, number, sealed, plain);
    }
    static Bytes segment_in(const Content& file, uint32_t n) {
        const size_t offset = segment_offset(n, kSegment);
        return Bytes(file).subspan(offset, std::min<size_t>(kSegment + kTagBytes, file.size() - offset));
    }

    OpenSslCrypto crypto_;
    StoreId store_id_{};
    uint8_t ids_ = 0;
};

TEST_P(Rule14Segments, RoundTripOfEverySizeAroundTheBorders) {
    for (const size_t size : {0UL, 1UL, kSegment - 1UL, kSegment + 0UL, kSegment + 1UL, 2UL * kSegment, 3UL * kSegment + 7}) {
        Upload upload = begin();
        const Content content = content_of(size);
        const Content file = seal_all(upload, content);
        const Entry entry = upload.entry();
        EXPECT_EQ(entry.size, size);
        EXPECT_EQ(entry.payload.segments, segments_of(size, kSegment));
        Content all;
        for (uint32_t n = 0; n < entry.payload.segments; ++n) {
            Content plain;
            ASSERT_TRUE(open(entry, n, segment_in(file, n), plain));
            all.insert(all.end(), plain.begin(), plain.end());
        }
        EXPECT_EQ(all, content);
    }
}

TEST_P(Rule14Segments, ExactlyTheNextNumberAndAnyErrorEndsTheUpload) {
    const Content whole = content_of(kSegment);
    Content sealed(kSegment + kTagBytes);
    const auto code = [&](const std::function<Status(Upload&)>& what) {
        Upload upload = begin();
        EXPECT_TRUE(upload.seal(crypto_, 0, false, whole, sealed));
        const Status done = what(upload);
        const Code first = done ? Code::success : done.error().code;
        if (!done) {
            EXPECT_EQ(upload.seal(crypto_, 1, false, whole, sealed).error().code, Code::bad_state);
            EXPECT_FALSE(upload.is_complete());
            const Entry entry = upload.entry();
            EXPECT_TRUE(std::all_of(entry.payload.key.begin(), entry.payload.key.end(), [](std::byte b) { return b == std::byte{0}; }))
                << "the key is gone";
        }
        return first;
    };
    EXPECT_EQ(code([&](Upload& u) { return u.seal(crypto_, 1, false, whole, sealed); }), Code::success);
    EXPECT_EQ(code([&](Upload& u) { return u.seal(crypto_, 0, false, whole, sealed); }), Code::bad_parameters);
    EXPECT_EQ(code([&](Upload& u) { return u.seal(crypto_, 2, false, whole, sealed); }), Code::bad_parameters);
    EXPECT_EQ(code([&](Upload& u) { return u.seal(crypto_, 1, false, Bytes(whole).first(9), MutableBytes(sealed).first(25)); }),
              Code::bad_parameters) << "only the last may be short";
    EXPECT_EQ(code([&](Upload& u) { return u.seal(crypto_, 1, true, {}, MutableBytes(sealed).first(16)); }),
              Code::bad_parameters) << "an empty segment must be the only one";
    EXPECT_EQ(code([&](Upload& u) { return u.seal(crypto_, 1, false, whole, MutableBytes(sealed).first(kSegment)); }),
              Code::bad_parameters);
    EXPECT_EQ(code([&](Upload& u) {
                  crypto_.fail_at(1);
                  const Status done = u.seal(crypto_, 1, false, whole, sealed);
                  crypto_.fail_at(0);
                  return done;
              }),
              Code::generic);
    Upload upload = begin();
    ASSERT_TRUE(upload.seal(crypto_, 0, true, whole, sealed));
    EXPECT_EQ(upload.seal(crypto_, 1, true, whole, sealed).error().code, Code::bad_state) << "the last only once";
}

TEST_P(Rule14Segments, EveryByteEveryTruncationEveryOtherPlaceIsDamage) {
    Upload upload = begin();
    const Content content = content_of(2 * kSegment + 100);
    const Content file = seal_all(upload, content);
    const Entry entry = upload.entry();
    Content plain;
    for (uint32_t n = 0; n < 3; ++n) {
        const Bytes intact = segment_in(file, n);
        Content sealed(intact.begin(), intact.end());
        for (size_t i = 0; i < sealed.size(); ++i) {
            sealed[i] ^= std::byte{4};
            ASSERT_EQ(open(entry, n, sealed, plain).error().code, Code::corrupt_object);
            ASSERT_TRUE(std::all_of(plain.begin(), plain.end(), [](std::byte b) { return b == std::byte{0}; }))
                << "no plaintext is returned before its tag is verified (rule 15)";
            sealed[i] ^= std::byte{4};
        }
        for (size_t size = 0; size < sealed.size(); size += 37)
            ASSERT_EQ(open(entry, n, Bytes(sealed).first(size), plain).error().code, Code::corrupt_object);
        for (uint32_t other = 0; other < 3; ++other) {
            if (other != n) {
                EXPECT_FALSE(open(entry, n, segment_in(file, other), plain));
            }
        }
    }
    EXPECT_EQ(open(entry, 3, segment_in(file, 2), plain).error().code, Code::bad_parameters);
    // If the index has another length, the last segment is not the last, or is too long.
    Entry shorter = entry;
    shorter.size = 2 * kSegment;
    shorter.payload.segments = 2;
    EXPECT_TRUE(open(shorter, 0, segment_in(file, 0), plain));
    EXPECT_FALSE(open(shorter, 1, segment_in(file, 1), plain));
    // The same segment of another object with the same content, and of another store.
    Upload second = begin();
    const Content other_file = seal_all(second, content);
    EXPECT_FALSE(open(entry, 0, segment_in(other_file, 0), plain));
    store_id_[5] ^= std::byte{1};
    EXPECT_FALSE(open(entry, 0, segment_in(file, 0), plain));
}

TEST_P(Rule14Segments, Rule16ASegmentBelongsToOnePayload) {
    Upload upload = begin();
    const Content file = seal_all(upload, content_of(1000));
    const Entry entry = upload.entry();
    Content plain;
    ASSERT_TRUE(open(entry, 0, file, plain));
    Entry other = entry;
    const Content other_id(entry.payload.id.size(), std::byte{0x77});
    other.payload.id = other_id;
    EXPECT_FALSE(open(other, 0, file, plain)) << "the same key, another payload";
    other = entry;
    other.payload.segment_bytes = 2 * kSegment;
    EXPECT_FALSE(open(other, 0, file, plain)) << "segments of another size";
    other = entry;
    const Content other_key(entry.payload.key.size(), std::byte{0x77});
    other.payload.key = other_key;
    EXPECT_FALSE(open(other, 0, file, plain)) << "another key";
}

TEST_P(Rule14Segments, SizesBeyondFourGibibytes) {
    const uint64_t size = limits::kObjectBytesMax;
    EXPECT_EQ(segments_of(size, kSegment), uint64_t{1} << 28);
    EXPECT_EQ(segments_of(size - 1, kSegment), uint64_t{1} << 28);
    EXPECT_EQ(payload_file_bytes(size, kSegment), size + (uint64_t{16} << 28));
    EXPECT_EQ(segment_offset((1U << 28) - 1, kSegment), ((uint64_t{1} << 28) - 1) * (kSegment + 16ULL));
    EXPECT_EQ(segment_content_bytes((1U << 28) - 1, size - 1, kSegment), kSegment - 1);
    NewPayload payload;
    EXPECT_FALSE(Upload::begin(GetParam(), store_id_, std::move(payload), 5000));
    EXPECT_FALSE(Upload::begin(GetParam(), store_id_, {}, limits::kSegmentBytesMax * 2));
}

INSTANTIATE_TEST_SUITE_P(Ciphers, Rule14Segments, testing::Values(Cipher::aes_256_gcm, Cipher::chacha20_poly1305));

}  // namespace
}  // namespace festore::engine
