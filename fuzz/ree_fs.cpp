// SPDX-License-Identifier: BSD-2-Clause
// Files of OP-TEE's storage: the committed samples with bytes changed, and files whose contents, lengths and lists the
// input chooses before they are sealed with the right keys. They are read with keys and without.
#include "fuzz/target.h"
#include "ree_fs/dirfile.h"
#include "ree_fs/object.h"
#include "ree_fs/scan.h"
#include "tests/ree_fs/synthetic.h"

namespace festore::ree_fs {
namespace {

using fuzz::Input;
using fuzz::require;

struct Samples {
    std::vector<test::SampleFile> files = test::sample_files();
    // The content of each file. For a file without an owner nothing says which version is the newest, so also its previous content,
    // which is read if the newest head is damaged.
    std::vector<std::vector<fuzz::Content>> contents;

    Samples() {
        for (const test::SampleFile& file : files) {
            auto& known = contents.emplace_back();
            require(read(file, file.bytes, known), "a sample is intact");
            if (file.owner) continue;
            MemorySource source(file.bytes);
            const HeadLayout layout = likely_layout(source);
            for (const uint8_t version : {uint8_t{0}, uint8_t{1}}) {
                test::Buffer damaged = file.bytes;
                damaged[head_offset(layout, version)] ^= std::byte{1};
                (void)read(file, damaged, known);
            }
        }
    }

private:
    static bool read(const test::SampleFile& file, Bytes bytes, std::vector<fuzz::Content>& known) {
        MemorySource source(bytes);
        OpenOutcome outcome = open_file(source, derive_tsk(test::sample_ssk(), file.owner), file.expected);
        test::Memory content;
        if (!outcome.file || !read_content(source, *outcome.file, &content, outcome.findings)) return false;
        known.push_back(content.bytes);
        return true;
    }
};

const Samples& samples() {
    static const Samples made;
    return made;
}

// Examines all of a file, whatever it holds. Returns its content if it was verified.
std::optional<fuzz::Content> look(Bytes bytes, const Tsk& tsk, const Expected& expected) {
    MemorySource source(bytes);
    const FileView view = view_file(source, likely_layout(source));
    uint64_t lengths_left = 2000;
    for (uint8_t version = 0; version < 2; ++version) (void)scan_tree(source, view, version, lengths_left);
    OpenOutcome outcome = open_file(source, tsk, expected);
    if (!outcome.file) {
        require(outcome.findings.any_damage(), "a file that does not open has damage");
        return std::nullopt;
    }
    if (outcome.file->length() > (uint64_t{1} << 20)) return std::nullopt;
    test::Memory content;
    ObjectSplitter splitter(expected.owner.has_value(), outcome.file->length(), &content);
    test::Memory whole;
    const bool verified = read_content(source, *outcome.file, &whole, outcome.findings);
    splitter.take(whole.bytes);
    (void)splitter.data_hash();
    (void)parse_dirfile(whole.bytes);
    if (!verified || outcome.findings.any_damage()) return std::nullopt;
    require(whole.bytes.size() == outcome.file->length(), "a content has the file's length");
    return whole.bytes;
}

void changed_sample(Input& in) {
    const size_t which = in.below(samples().files.size());
    const test::SampleFile& sample = samples().files[which];
    test::Buffer bytes = sample.bytes;
    for (size_t changes = in.below(8); changes > 0; --changes) {
        const size_t at = in.u16() % std::min<size_t>(bytes.size(), in.one_in(4) ? bytes.size() : 4400);
        const Bytes with = in.sized(40);
        copy_bytes(with.first(std::min(with.size(), bytes.size() - at)), MutableBytes(bytes).subspan(at));
    }
    if (in.one_in(4)) bytes.resize(in.u16() % bytes.size());
    const auto content = look(bytes, derive_tsk(test::sample_ssk(), sample.owner), sample.expected);
    const auto& known = samples().contents[which];
    require(!content || std::ranges::find(known, *content) != known.end(), "a verified content is right");
}

void sealed(Input& in) {
    const uint8_t what = in.u8();
    const auto layout = what & 1 ? HeadLayout::packed : HeadLayout::padded;
    const auto rule = what & 2 ? HeadRule::whole : HeadRule::first_half;
    const std::optional<Uuid> owner = what & 4 ? std::optional(test::kSampleTa) : std::nullopt;
    test::SyntheticFile file(test::sample_ssk(), owner, layout, rule);
    Hash root{};
    std::vector<test::Buffer> contents;
    for (size_t commits = 1 + what / 64; commits > 0; --commits) {
        const Bytes given = in.sized(1000);
        test::Buffer content(given.begin(), given.end());
        if (in.one_in(4)) content.resize(in.u16() % 30000);
        Meta meta{content.size(), static_cast<uint32_t>(std::max<uint64_t>(blocks_of(content.size()), 1))};
        if (in.one_in(4)) meta.length = in.one_in(2) ? in.u64() : in.u16();
        if (in.one_in(4)) meta.node_id_max = in.one_in(2) ? in.u32() : in.u8();
        root = file.commit_with(content, meta);
        // A shorter length cuts the content; a longer one also reads the rest of its last block.
        if (meta.length <= content.size()) content.resize(static_cast<size_t>(meta.length));
        contents.push_back(std::move(content));
    }
    fuzz::meddle(in, file.image());
    Expected expected;
    if (owner) expected = {owner, root};
    const auto verified = look(file.image(), derive_tsk(test::sample_ssk(), owner), expected);
    if (!verified) return;
    // For a file without an owner nothing says which version is the newest: after a change, the previous one may be read.
    const auto first = owner ? contents.end() - 1 : contents.begin();
    const auto is_it = [&](const test::Buffer& content) {
        return std::ranges::equal(Bytes(*verified).first(std::min(content.size(), verified->size())), content);
    };
    require(std::any_of(first, contents.end(), is_it), "a verified content is the sealed one");
}

}  // namespace
}  // namespace festore::ree_fs

namespace festore::fuzz {

void prepare_ree_fs() { (void)ree_fs::samples(); }

void run_ree_fs(Bytes input) {
    Input in(input);
    switch (in.below(4)) {
    case 0: return (void)ree_fs::look(in.rest(), ree_fs::derive_tsk(ree_fs::test::sample_ssk(), std::nullopt), {});
    case 1: return (void)ree_fs::parse_dirfile(in.rest());
    case 2: return ree_fs::sealed(in);
    default: ree_fs::changed_sample(in);
    }
}

}  // namespace festore::fuzz
