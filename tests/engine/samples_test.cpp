// SPDX-License-Identifier: BSD-2-Clause
// Stores that versions 1.0 and 1.1 wrote, which every later version must read and write. FESTORE_WRITE_SAMPLES=1 writes new
// ones of this version into the source folder: only for a new format version, beside the old ones.
#include "tests/engine/formats.h"

#include <fstream>

namespace festore::engine {
namespace {

constexpr uint32_t kSegment = limits::kSegmentBytesMin;
constexpr size_t kLargeBytes = 2 * kSegment + 1000;

struct Sample {
    const char* version;
    Cipher cipher;
    [[nodiscard]] std::string folder() const {
        const char* const name = cipher == Cipher::aes_256_gcm ? "aes-gcm" : "chacha20";
        return std::string(FESTORE_ENGINE_SAMPLES) + "/" + version + "-" + name;
    }
    [[nodiscard]] bool is_of_1_0() const { return std::string_view(version) == "1.0"; }
};
const std::string kThisVersion = std::to_string(kFormatMajor) + "." + std::to_string(kFormatMinor);

std::string content_of(size_t i) { return std::string(i * 3 % 200, static_cast<char>('a' + i % 26)); }
std::string name_of(size_t i) { return "folder/object-" + std::to_string(i); }

// In 1.0, each name has its own count of versions. Since 1.1, one count covers all changes.
Model expected_objects(const Sample& sample) {
    Model model;
    uint64_t changes = 0;
    const auto put = [&](const std::string& name, const std::string& content, uint64_t version_in_1_0) {
        ++changes;
        model[name] = {content, sample.is_of_1_0() ? version_in_1_0 : changes};
    };
    for (size_t i = 0; i < 150; ++i) put(name_of(i), content_of(i), 1);
    for (size_t i = 0; i < 150; ++i) {
        if (i % 10 == 7) model.erase(name_of(i));
        else if (i % 5 == 0) put(name_of(i), content_of(i), 2);
    }
    put("größe", "UTF-8", 1);
    put(std::string(255, 'n'), "", 1);
    return model;
}

std::vector<std::byte> large_content() {
    std::vector<std::byte> content(kLargeBytes);
    for (size_t i = 0; i < content.size(); ++i) content[i] = static_cast<std::byte>(i * 7 + i / 251);
    return content;
}

std::vector<std::byte> read_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    EXPECT_TRUE(file) << path;
    const std::string text((std::istreambuf_iterator<char>(file)), {});
    return {bytes_of(text).begin(), bytes_of(text).end()};
}
void write_file(const std::string& path, Bytes bytes) {
    std::ofstream(path, std::ios::binary).write(text_of(bytes).data(), static_cast<std::streamsize>(bytes.size()));
}

void write_sample(const Sample& sample) {
    const Cipher cipher = sample.cipher;
    TestStore store(64, cipher, 2026);
    store.begin();
    for (size_t i = 0; i < 150; ++i) ASSERT_TRUE(store.put(name_of(i), i % 5 == 0 ? "first" : content_of(i)));
    ASSERT_TRUE(store.commit());
    store.begin();
    for (size_t i = 0; i < 150; ++i) {
        if (i % 10 == 7) {
            ASSERT_TRUE(store.remove(name_of(i)));
        } else if (i % 5 == 0) {
            ASSERT_TRUE(store.put(name_of(i), content_of(i)));
        }
    }
    ASSERT_TRUE(store.put("größe", "UTF-8"));
    ASSERT_TRUE(store.put(std::string(255, 'n'), ""));
    const std::vector<std::byte> content = large_content();
    Upload upload = Upload::begin(cipher, store.root.store_id, make_payload(store.crypto, store.keys, 2, {}).value(), kSegment).value();
    std::vector<std::byte> file(payload_file_bytes(content.size(), kSegment));
    for (uint32_t n = 0; n < 3; ++n) {
        const uint32_t size = segment_content_bytes(n, content.size(), kSegment);
        ASSERT_TRUE(upload.seal(store.crypto, n, n == 2, Bytes(content).subspan(size_t{n} * kSegment, size),
                                MutableBytes(file).subspan(segment_offset(n, kSegment), size + kTagBytes)));
    }
    ASSERT_TRUE(store.put_entry("large", upload.entry()));
    ASSERT_TRUE(store.commit());

    RootRecordBytes root{};
    encode(store.root, root);
    write_file(sample.folder() + "/root-record", root);
    std::vector<std::byte> pages(store.root.page_count * kPageBytes);
    for (const auto& [page, bytes] : store.disk.pages())
        copy_bytes(bytes, MutableBytes(pages).subspan(protocol::page_offset(page), kPageBytes));
    write_file(sample.folder() + "/pages", pages);
    write_file(sample.folder() + "/payload", file);
}

class Samples : public testing::TestWithParam<Sample> {
protected:
    // Loads the sample's store. Its device key is the test's.
    void load() {
        store_.root = decode_root_record(read_file(GetParam().folder() + "/root-record")).value();
        store_.keys = derive_store_keys(store_.crypto, store_.device_key, store_.root).value();
        const std::vector<std::byte> pages = read_file(GetParam().folder() + "/pages");
        ASSERT_EQ(pages.size(), store_.root.page_count * kPageBytes);
        for (uint32_t page = 0; page < store_.root.page_count; ++page) {
            PageBytes bytes{};
            copy_bytes(Bytes(pages).subspan(protocol::page_offset(page), kPageBytes), bytes);
            store_.disk.write(page, bytes);
        }
        store_.reopen();
    }
    TestStore store_;
};

TEST_P(Samples, AreReadAndWritten) {
    if (std::getenv("FESTORE_WRITE_SAMPLES") != nullptr && GetParam().version == kThisVersion) write_sample(GetParam());
    load();
    Model found = store_.verify();
    EXPECT_EQ(found.erase("large"), 1U);
    EXPECT_EQ(found, expected_objects(GetParam()));
    Model listed = store_.list("folder/").value();
    EXPECT_EQ(listed.size(), 135U);

    store_.begin();
    const uint64_t changes = store_.root.changes;
    for (const auto& [name, object] : found) EXPECT_LE(object.version, changes) << name;
    EXPECT_EQ(store_.put("written later", "x")->version, changes + 1) << "no version comes twice";
    for (const auto& [name, object] : listed) ASSERT_TRUE(store_.remove(name));
    ASSERT_TRUE(store_.commit());
    EXPECT_EQ(store_.verify().size(), 4U);
    store_.reopen();
    EXPECT_EQ(store_.root.minor, kFormatMinor);
}

TEST_P(Samples, ThePayloadIsRead) {
    load();
    Call call;
    call.in = store_.disk.pages();
    const Tree tree{store_.root.index, store_.root.height, store_.root.page_count};
    store_.pages->begin_call(call, tree, nullptr);
    IndexReader reader(*store_.pages, tree);
    ASSERT_EQ(reader.find(bytes_of("large")).value(), ChangeProgress::done);
    const Entry& entry = reader.entry();
    const std::vector<std::byte> file = read_file(GetParam().folder() + "/payload");
    std::vector<std::byte> content(static_cast<size_t>(entry.size));
    for (uint32_t n = 0; n < entry.payload.segments; ++n) {
        const uint32_t size = segment_content_bytes(n, entry.size, kSegment);
        ASSERT_TRUE(open_segment(store_.crypto, GetParam().cipher, store_.root.store_id, entry, n,
                                 Bytes(file).subspan(segment_offset(n, kSegment), size + kTagBytes),
                                 MutableBytes(content).subspan(size_t{n} * kSegment, size)));
    }
    EXPECT_EQ(content, large_content());
}

TEST_P(Samples, TheRecoveryCopyIsRead) {
    load();
    const uint32_t slot = recovery_slot(store_.root.generation);
    const auto open = [&](uint32_t number, RecoveryCopy& copy) {
        return open_recovery_copy(store_.crypto, store_.device_key, nullptr, store_.disk.read(number), copy).has_value();
    };
    RecoveryCopy copy;
    ASSERT_TRUE(open(slot, copy));
    EXPECT_EQ(copy.record.generation, store_.root.generation);
    EXPECT_EQ(copy.record.index, store_.root.index);
    EXPECT_FALSE(copy.at) << "these stores were in no table";
    ASSERT_TRUE(open(1 - slot, copy));
    EXPECT_EQ(copy.record.generation + 1, store_.root.generation);
}

INSTANTIATE_TEST_SUITE_P(Versions, Samples,
                         testing::Values(Sample{"1.0", Cipher::aes_256_gcm}, Sample{"1.0", Cipher::chacha20_poly1305},
                                         Sample{"1.1", Cipher::aes_256_gcm}, Sample{"1.1", Cipher::chacha20_poly1305}));

}  // namespace
}  // namespace festore::engine
