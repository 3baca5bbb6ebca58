// SPDX-License-Identifier: BSD-2-Clause
// Writes objects to OUTDIR/TA-UUID/OBJECT-ID, or a store's to OUTDIR/NAME, percent-encoded, mode 0600. Overwrites nothing,
// follows no link that it finds, leaves nothing of an object that is not whole. After the first system error nothing
// more is written.
#pragma once
#include "base/host/new_file.h"
#include "festore/error.hpp"
#include "ree_fs/inspection.h"

#include <optional>
#include <set>
#include <string>
#include <vector>

namespace festore::inspect {

// Keeps letters, digits and "-_.~"; everything else, and a leading dot, becomes %XX.
std::string percent_encoded(std::string_view id);

// The file for an object of this name: percent-encoded. If that is too long for a file's name: its beginning, "=", and the
// name's SHA-256, so that no two objects get the same file.
std::string file_name_of(std::string_view name);

class Extractor final : public ree_fs::ObjectReceiver, private ree_fs::ContentSink {
public:
    // If `folder` is missing, it is made (0700) when the first object comes.
    explicit Extractor(std::string folder);
    Extractor(const Extractor&) = delete;
    Extractor& operator=(const Extractor&) = delete;
    ~Extractor() override;

    ree_fs::ContentSink* begin(const ree_fs::DirEntry& entry) override;
    void end(const ree_fs::DirEntry& entry, bool whole) override;

    // The same for one file, in the folder `subfolder` of OUTDIR, or in OUTDIR itself for "". Null: it cannot be written.
    // Call end() after each that is not null; it returns the path, or "" if the file was not kept.
    ree_fs::ContentSink* begin(const std::string& subfolder, const std::string& file);
    std::string end(bool whole);

    [[nodiscard]] const std::vector<std::string>& paths() const { return paths_; }
    [[nodiscard]] const std::vector<Error>& errors() const { return errors_; }

private:
    bool open_folder();
    void is_taken();
    bool open_subfolder(const std::string& subfolder);
    void take(Bytes content) override;
    void failed(const std::string& what, const std::string& path);

    std::string folder_;
    int folder_descriptor_ = -1;
    int subfolder_descriptor_ = -1;
    std::optional<NewFile> file_;  // named when it is whole
    std::set<std::string> collected_;  // subfolders from which the leftovers of killed processes are removed
    std::string file_name_;
    std::string file_path_;
    bool broken_ = false;  // after a system error: nothing more is written
    std::vector<std::string> paths_;
    std::vector<Error> errors_;
};

}  // namespace festore::inspect
