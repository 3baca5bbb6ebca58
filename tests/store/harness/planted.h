// SPDX-License-Identifier: BSD-2-Clause
// What a hostile member of a group plants in a store's directory, and the files outside of it that must stay as they are.
#pragma once
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace festore::store_test {

// A folder outside of the store with a file, a payload's name and a store's names in it.
class Outside {
public:
    struct Item {
        std::string content;
        unsigned mode = 0;
        unsigned gid = 0;
        bool operator==(const Item&) const = default;
    };
    using State = std::map<std::string, Item>;

    explicit Outside(std::filesystem::path folder) : folder_(std::move(folder)) { restore(); }
    [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }
    [[nodiscard]] std::filesystem::path file() const { return folder_ / "precious"; }
    void restore();
    // All names, with contents, modes and groups.
    [[nodiscard]] State state() const;

private:
    std::filesystem::path folder_;
};

struct Plant {
    const char* name;
    // Replaces what is there. False if it cannot be put there.
    std::function<bool(const std::filesystem::path& at, const Outside& outside)> put;
    bool is_hard_link = false;
    bool is_folder = false;
    bool is_possible = true;
    const char* why_not = "";
};
std::vector<Plant> plants();
// Also unmounts what is mounted there.
void remove_planted(const std::filesystem::path& at);

// Aborts the test program with a message if it lives longer than a minute: then a call hangs.
class Timer {
public:
    explicit Timer(const char* what);
    ~Timer();
    Timer(const Timer&) = delete;
    Timer& operator=(const Timer&) = delete;
};

std::filesystem::path only_file_of(const std::filesystem::path& folder);
unsigned group_of(const std::filesystem::path& path);
void write_file(const std::filesystem::path& path, const std::string& content);
std::string read_file(const std::filesystem::path& path);

}  // namespace festore::store_test
