// SPDX-License-Identifier: BSD-2-Clause
// What the tests of the REE-FS reader share: the committed sample in memory, its keys, and a scratch copy on disk.
#pragma once
#include "ree_fs/inspection.h"
#include "ree_fs/verifier.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

namespace festore::ree_fs::test {

using Buffer = std::vector<std::byte>;

inline const std::filesystem::path kSample = std::filesystem::path(FESTORE_REE_FS_SAMPLES) / "optee-4.5.0-arm64";
inline constexpr Uuid kSampleTa =
    Uuid::from_fields(0x7b9c1f6a, 0x3d52, 0x4c0e, {0x9a, 0x41, 0x5f, 0x2e, 0x8d, 0x0c, 0x1a, 0x77});

inline Buffer load(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    const std::string content{std::istreambuf_iterator<char>(in), {}};
    EXPECT_TRUE(in.good()) << path;
    const Bytes bytes = bytes_of(content);
    return {bytes.begin(), bytes.end()};
}

inline void save(const std::filesystem::path& path, Bytes content) {
    std::ofstream out(path, std::ios::binary | std::ios::trunc);
    out << text_of(content);
    ASSERT_TRUE(out.good()) << path;
}

inline Huk zero_huk(size_t size = 16) {
    const Buffer zeros(size);
    return *Huk::from_bytes(zeros);
}

inline Ssk sample_ssk() { return derive_ssk(zero_huk(), Derivation::compatible); }

class Memory final : public ContentSink {
public:
    void take(Bytes more) override { bytes.insert(bytes.end(), more.begin(), more.end()); }
    Buffer bytes;
};

// dirf.db of the sample, decoded.
inline DirFile sample_directory() {
    const Buffer file = load(kSample / "store/dirf.db");
    MemorySource source(file);
    OpenOutcome outcome = open_file(source, derive_tsk(sample_ssk(), std::nullopt), {});
    Memory content;
    EXPECT_TRUE(outcome.file && read_content(source, *outcome.file, &content, outcome.findings));
    return parse_dirfile(content.bytes);
}

// One file of the sample, with what is needed to open it.
struct SampleFile {
    std::string name;
    Buffer bytes;
    std::optional<Uuid> owner;
    Expected expected;
};

inline std::vector<SampleFile> sample_files() {
    std::vector<SampleFile> files;
    files.push_back({"dirf.db", load(kSample / "store/dirf.db"), std::nullopt, {}});
    for (const DirEntry& entry : sample_directory().entries) {
        const std::string name = name_of_file(entry.file_number);
        files.push_back({name, load(kSample / "store" / name), entry.owner, {entry.owner, entry.root_hash}});
    }
    return files;
}

// The full check of one file: it is opened, its tree is checked, and every block is read.
struct Verdict {
    std::optional<OpenedFile> file;
    Findings findings;
    bool whole = false;
};

inline Verdict verify(Bytes bytes, const Tsk& tsk, const Expected& expected) {
    MemorySource source(bytes);
    OpenOutcome outcome = open_file(source, tsk, expected);
    Verdict verdict{std::move(outcome.file), std::move(outcome.findings), false};
    if (verdict.file) verdict.whole = read_content(source, *verdict.file, nullptr, verdict.findings);
    verdict.whole = verdict.whole && !verdict.findings.any_damage();
    return verdict;
}

inline std::string text_of_findings(const Findings& findings) {
    std::string text;
    for (const Finding& finding : findings.list()) {
        text += std::string(finding.severity == Severity::damage ? "damage" : "note") + ": " + describe(finding.place) +
                ": " + finding.text + "\n";
    }
    return text;
}

inline bool damage_at(const Findings& findings, uint64_t offset) {
    for (const Finding& finding : findings.list()) {
        if (finding.severity == Severity::damage && finding.place.contains(offset)) return true;
    }
    return false;
}

// A folder that is removed with the test.
class Scratch {
public:
    Scratch() {
        std::string name = (std::filesystem::temp_directory_path() / "festore-ree-fs-XXXXXX").string();
        path = ::mkdtemp(name.data()) != nullptr ? name : std::string();
        EXPECT_FALSE(path.empty());
    }
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;
    ~Scratch() { std::filesystem::remove_all(path); }
    // Fills it with the sample's storage directory.
    static void fill(const Scratch& scratch) { std::filesystem::copy(kSample / "store", scratch.path); }

    [[nodiscard]] Inspection inspect(const Huk* huk, ObjectReceiver* receiver = nullptr) const {
        const int descriptor = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        Outcome<Inspection> result = inspect_storage(StorageDirectory(descriptor), {huk, nullptr, {}, receiver});
        ::close(descriptor);
        EXPECT_TRUE(result.has_value());
        return result ? std::move(*result) : Inspection{};
    }

    std::filesystem::path path;
};

inline const FileReport* find(const Inspection& inspection, const std::string& name) {
    for (const FileReport& file : inspection.files) {
        if (file.name.name == name) return &file;
    }
    return nullptr;
}

}  // namespace festore::ree_fs::test
