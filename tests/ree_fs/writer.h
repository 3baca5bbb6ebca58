// SPDX-License-Identifier: BSD-2-Clause
// What the tests of the writer share: another owner, and everything that a storage holds, as the verifier sees it.
#pragma once
#include "ree_fs/writer/memory_supplicant.h"
#include "ree_fs/writer/storage.h"
#include "tests/ree_fs/synthetic.h"

namespace festore::ree_fs::test {

inline constexpr Uuid kOtherTa =
    Uuid::from_fields(0xb7e89fc1, 0x5044, 0x431e, {0xb4, 0xc5, 0x9f, 0xb6, 0xae, 0x25, 0x64, 0x23});

using Objects = std::map<std::pair<Uuid, std::string>, Buffer>;

// Reads a storage only with the verifier, which shares no code with the writer's reading. `faults` gets what is wrong.
inline Objects verified(const MemorySupplicant::Files& files, std::string& faults) {
    Objects objects;
    const auto list = files.find("dirf.db");
    if (list == files.end()) return objects;
    const auto content = [&](const std::string& name, const Expected& expected) {
        Memory got;
        const auto file = files.find(name);
        if (file == files.end()) {
            faults += name + " is missing\n";
            return got.bytes;
        }
        MemorySource source(*file->second);
        OpenOutcome outcome = open_file(source, derive_tsk(sample_ssk(), expected.owner), expected);
        if (!outcome.file || !read_content(source, *outcome.file, &got, outcome.findings) ||
            outcome.findings.any_damage())
            faults += name + ": " + text_of_findings(outcome.findings) + "\n";
        return got.bytes;
    };
    const DirFile directory = parse_dirfile(content("dirf.db", {}));
    faults += text_of_findings(directory.findings);
    for (const DirEntry& entry : directory.entries) {
        objects[{entry.owner, entry.id}] = content(name_of_file(entry.file_number), {entry.owner, entry.root_hash});
    }
    return objects;
}

// An object's content as the writer's own code reads it.
inline Buffer content_of(StoredObject& object) {
    Buffer content(static_cast<size_t>(object.length()));
    const Outcome<size_t> size = object.read(0, content);
    EXPECT_TRUE(size && *size == content.size());
    return content;
}

}  // namespace festore::ree_fs::test
