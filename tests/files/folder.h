// SPDX-License-Identifier: BSD-2-Clause
// A folder for each test, and functions for its files.
#pragma once
#include <algorithm>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace festore {

class FolderTest : public testing::Test {
protected:
    static constexpr uid_t kOther = 4321;

    FolderTest() {
        std::string name = testing::TempDir() + "/festore-files.XXXXXX";
        folder_ = mkdtemp(name.data());
        descriptor_ = open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    }
    ~FolderTest() override {
        close(descriptor_);
        std::filesystem::remove_all(folder_);
    }
    std::vector<std::string> names() const {
        std::vector<std::string> names;
        for (const auto& entry : std::filesystem::directory_iterator(folder_)) names.push_back(entry.path().filename().string());
        std::sort(names.begin(), names.end());
        return names;
    }
    std::string path(const std::string& name) const { return (folder_ / name).string(); }
    void put(const std::string& name, const std::string& content) const { std::ofstream(path(name)) << content; }
    std::string content(const std::string& name) const {
        std::ifstream in(path(name));
        return {std::istreambuf_iterator<char>(in), {}};
    }
    void give_away(const std::string& name) const { ASSERT_EQ(lchown(path(name).c_str(), kOther, kOther), 0); }

    std::filesystem::path folder_;
    int descriptor_ = -1;
};

using Names = std::vector<std::string>;

}  // namespace festore
