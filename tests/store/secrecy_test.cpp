// SPDX-License-Identifier: BSD-2-Clause
// A reader of a store's files learns neither names nor contents of its objects, anywhere in a file.
#include "tests/store/harness/harness.h"

#include <fstream>
#include <iterator>

namespace festore::store_test {
namespace {

class Secrecy : public StoreTest {
protected:
    // All files below the store's directory, one after another.
    std::string all_files(size_t* count) const {
        std::string bytes;
        *count = 0;
        for (const auto& file : std::filesystem::recursive_directory_iterator(folder_)) {
            if (!file.is_regular_file()) continue;
            std::ifstream in(file.path(), std::ios::binary);
            bytes.append(std::istreambuf_iterator<char>(in), {});
            bytes += file.path().string();
            ++*count;
        }
        return bytes;
    }
};

Content repeated(std::string_view text, size_t size) {
    Content content(size);
    for (size_t i = 0; i < size; ++i) content[i] = static_cast<std::byte>(text[i % text.size()]);
    return content;
}

TEST_F(Secrecy, NeitherNamesNorContentsAreInTheFiles) {
    constexpr std::string_view kText = "PLAIN-TEXT";
    constexpr std::string_view kName = "a-name-of-mine";
    size_t files = 0;
    for (const Cipher cipher : {Cipher::aes_256_gcm, Cipher::chacha20_poly1305}) {
        const std::string directory = cipher == Cipher::aes_256_gcm ? "aes" : "chacha";
        Client client = connect(directory, cipher == Cipher::aes_256_gcm ? 1000 : 1001);
        InitOptions init;
        init.cipher = cipher;
        ASSERT_TRUE(client.store()->init(init));
        for (const size_t size : {size_t{20}, size_t{500}, size_t{5000}, size_t{200000}}) {
            const std::string name = std::string(kName) + " " + std::to_string(size);
            ASSERT_TRUE(client.put(name, repeated(kText, size)));
            ASSERT_TRUE(client.put(name, repeated(kText, size))) << "replaced";
            ASSERT_TRUE(client.store()->rename(name, name + " renamed"));
            EXPECT_EQ(*client.get(name + " renamed"), repeated(kText, size));
        }
        ASSERT_TRUE(client.put("removed " + std::string(kName), repeated(kText, 300)));
        ASSERT_TRUE(client.remove("removed " + std::string(kName)));
        const std::string bytes = all_files(&files);
        EXPECT_GT(bytes.size(), 200000U) << "the contents are among them";
        EXPECT_NE(bytes.find("FSRC"), std::string::npos) << "and the page file, with its recovery copies";
        EXPECT_EQ(bytes.find(kText), std::string::npos) << directory;
        EXPECT_EQ(bytes.find(kName), std::string::npos) << directory;
    }
    EXPECT_GT(files, 6U) << "headers, page files, contents";
}

}  // namespace
}  // namespace festore::store_test
