// SPDX-License-Identifier: BSD-2-Clause
#include "ree_fs/inspection.h"

#include "ree_fs/limits.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace festore::ree_fs {
namespace {

// Files to try with the keys of known TAs before a HUK is reported as wrong.
constexpr size_t kFilesTriedForKey = 64;

class Collector final : public ContentSink {
public:
    void take(Bytes content) override { bytes_.insert(bytes_.end(), content.begin(), content.end()); }
    [[nodiscard]] Bytes bytes() const { return bytes_; }

private:
    std::vector<std::byte> bytes_;
};

class Inspector {
public:
    Inspector(const StorageDirectory& directory, const InspectionOptions& options, std::vector<DirectoryName> names)
        : directory_(directory), options_(options) {
        owners_.emplace_back();  // the nil UUID: OP-TEE itself
        owners_.insert(owners_.end(), options.known_owners.begin(), options.known_owners.end());
        for (DirectoryName& name : names) {
            FileReport report;
            report.name = std::move(name);
            result_.files.push_back(std::move(report));
        }
    }

    Inspection run() {
        look();
        if (options_.huk != nullptr) choose_key();
        if (ssk_) read_directory_file();
        for (FileReport& file : result_.files) {
            file.findings.keep_at_most(std::max<size_t>(findings_left_, 2));
            if (file.name.kind == NameKind::numbered) inspect_numbered(file);
            count_findings(file);
        }
        if (!ssk_ || !result_.listed) {
            for (FileReport& file : result_.files) {
                file.findings.keep_at_most(std::max<size_t>(findings_left_, 2));
                scan(file);
                count_findings(file);
            }
        }
        return std::move(result_);
    }

private:
    static bool is_storage(const FileReport& file) {
        return file.name.kind == NameKind::directory_file || file.name.kind == NameKind::numbered;
    }

    FileReport* directory_file() {
        const auto found = std::ranges::find_if(result_.files, [](const FileReport& file) {
            return file.name.kind == NameKind::directory_file && file.name.regular;
        });
        return found == result_.files.end() ? nullptr : &*found;
    }

    void look() {
        result_.no_directory_file = directory_file() == nullptr;
        for (FileReport& file : result_.files) {
            if (!is_storage(file)) continue;
            if (!file.name.regular) {
                file.findings.damage(whole_file(0), "not a regular file: not opened");
                continue;
            }
            const auto source = directory_.open(file.name.name, &file.denied);
            if (file.denied) {
                file.findings.note(whole_file(file.name.size), "not permitted to be read");
                continue;
            }
            if (!source) {
                file.findings.damage(whole_file(file.name.size), "cannot be opened for reading");
                continue;
            }
            file.view = view_file(*source, likely_layout(*source));
        }
    }

    // Chooses the derivation under which dirf.db or, failing that, a file of a known TA is authentic.
    void choose_key() {
        result_.key = KeyState::does_not_fit;
        for (const Derivation derivation : {Derivation::compatible, Derivation::subkey}) {
            Ssk ssk = derive_ssk(*options_.huk, derivation, options_.chip_id);
            if (!opens_something(ssk)) continue;
            result_.key = KeyState::fits;
            result_.derivation = derivation;
            ssk_ = std::move(ssk);
            return;
        }
        const FileReport* const file = directory_file();
        if (file != nullptr && file->denied) result_.key = KeyState::untested;
    }

    // Files without an entry are examined only as long as they do not cost too many reads in all.
    [[nodiscard]] bool affordable() const { return directory_.reads() - reads_for_entries_ < kReadsPerDirectoryMax; }

    // Returns false, and adds a note, for a file that is not worth another look.
    bool worth_a_look(FileReport& file) {
        if (skipped_.contains(&file)) return false;
        if (!affordable()) {
            skipped_.insert(&file);
            file.findings.note(whole_file(file.name.size), "not examined: this directory takes too much work");
            return false;
        }
        if (file.name.links < 2) return true;
        const auto [found, is_new] = seen_.try_emplace(file.name.identity, &file);
        if (is_new || found->second == &file) return true;
        skipped_.insert(&file);
        file.findings.note(whole_file(file.name.size),
                           "another name of " + found->second->name.name + ", examined there");
        return false;
    }

    // If there are too many findings in all, later files keep only their first ones.
    void count_findings(FileReport& file) {
        const size_t kept = file.findings.list().size();
        findings_left_ -= std::min(findings_left_, kept);
    }

    bool opens_something(const Ssk& ssk) {
        if (const FileReport* const file = directory_file()) {
            const auto source = directory_.open(file->name.name);
            if (source && open_file(*source, derive_tsk(ssk, std::nullopt), {}).key_fits) return true;
        }
        size_t tried = 0;
        for (const FileReport& file : result_.files) {
            if (file.name.kind != NameKind::numbered || !file.name.regular || tried++ == kFilesTriedForKey) continue;
            const auto source = directory_.open(file.name.name);
            if (!affordable()) return false;
            if (source && owner_of(*source, ssk)) return true;
        }
        return false;
    }

    std::optional<Uuid> owner_of(FileSource& source, const Ssk& ssk) const {
        for (const Uuid& owner : owners_) {
            if (open_file(source, derive_tsk(ssk, owner), {owner, std::nullopt, layout_}).key_fits) return owner;
        }
        return std::nullopt;
    }

    static void report_opened(FileReport& file, const OpenedFile& opened, bool verified) {
        file.opened = OpenedReport{opened.version(),
                                   opened.counter(),
                                   opened.layout(),
                                   opened.rule(),
                                   static_cast<uint32_t>(opened.tree().nodes.size()),
                                   opened.length(),
                                   verified};
        file.view.layout = opened.layout();
    }

    void read_directory_file() {
        FileReport* const file = directory_file();
        if (file == nullptr) return;
        const auto source = directory_.open(file->name.name);
        if (!source) return;
        OpenOutcome outcome = open_file(*source, derive_tsk(*ssk_, std::nullopt), {});
        file->findings.add_all(outcome.findings);
        if (!outcome.file) return;
        layout_ = outcome.file->layout();
        file->view = view_file(*source, *layout_);
        const bool acceptable = outcome.file->length() <= uint64_t{kDirEntriesMax} * kDirEntryBytes;
        if (!acceptable) file->findings.damage(whole_file(file->name.size), "more entries than this reader accepts");
        Collector content;
        const bool whole = acceptable && read_content(*source, *outcome.file, &content, file->findings);
        reads_for_entries_ = directory_.reads();
        report_opened(*file, *outcome.file, whole && !outcome.findings.any_damage());
        if (!acceptable) return;
        // If dirf.db is damaged, its verified beginning is shown; the owners of the files listed after that are unknown.
        DirFile directory = parse_dirfile(content.bytes());
        result_.listed = whole;
        result_.free_entries = directory.free_entries;
        result_.entries = static_cast<uint32_t>(directory.entries.size());
        result_.directory_findings = std::move(directory.findings);
        assign(std::move(directory.entries));
    }

    void assign(std::vector<DirEntry> entries) {
        std::map<uint32_t, FileReport*> by_number;
        for (FileReport& file : result_.files) {
            if (file.name.kind == NameKind::numbered) by_number[file.name.number] = &file;
        }
        for (DirEntry& entry : entries) {
            if (std::ranges::find(owners_, entry.owner) == owners_.end()) owners_.push_back(entry.owner);
            const auto found = by_number.find(entry.file_number);
            if (found == by_number.end()) {
                result_.without_file.push_back(std::move(entry));
            } else {
                found->second->entry = std::move(entry);
            }
        }
    }

    void inspect_numbered(FileReport& file) {
        if (!ssk_ || !file.name.regular) return;
        const auto source = directory_.open(file.name.name);
        if (!source) return;
        if (file.entry) {
            const uint64_t before = directory_.reads();
            open_recorded(file, *source);
            reads_for_entries_ += directory_.reads() - before;
            return;
        }
        if (result_.listed) {
            file.findings.note(whole_file(file.name.size),
                               "no object has this file: left behind by an interrupted change, or put there");
        }
        if (!worth_a_look(file)) return;
        file.former_owner = owner_of(*source, *ssk_);
        if (!file.former_owner) return;
        OpenOutcome outcome =
            open_file(*source, derive_tsk(*ssk_, file.former_owner), {file.former_owner, std::nullopt, layout_});
        if (!outcome.file) return;
        Findings about_content;
        const bool whole = read_content(*source, *outcome.file, nullptr, about_content);
        report_opened(file, *outcome.file, whole && !outcome.findings.any_damage());
    }

    void open_recorded(FileReport& file, FileSource& source) {
        const DirEntry& entry = *file.entry;
        OpenOutcome outcome =
            open_file(source, derive_tsk(*ssk_, entry.owner), {entry.owner, entry.root_hash, layout_});
        file.findings.add_all(outcome.findings);
        if (!outcome.file) return;
        file.view = view_file(source, outcome.file->layout());
        ContentSink* const receiver =
            options_.receiver != nullptr && !outcome.findings.any_damage() ? options_.receiver->begin(entry) : nullptr;
        ObjectSplitter splitter(!entry.owner.is_nil(), outcome.file->length(), receiver);
        const bool whole =
            read_content(source, *outcome.file, &splitter, file.findings) && !outcome.findings.any_damage();
        report_opened(file, *outcome.file, whole);
        if (whole && !splitter.well_formed()) {
            file.findings.damage(whole_file(file.name.size), "the content does not start with an object's header");
        }
        const bool good = whole && splitter.well_formed();
        if (good) file.object = ObjectReport{splitter.head(), splitter.data_bytes(), splitter.data_hash()};
        if (receiver != nullptr) options_.receiver->end(entry, good);
    }

    // Without an entry it is unknown which version is in force, and whether the file is only left over from a power cut.
    // So a fault is damage only if no version explains it. Any fault of dirf.db is damage, since that file must be whole.
    void scan(FileReport& file) {
        if (!is_storage(file) || !file.name.regular || file.opened || file.entry) return;
        const auto source = directory_.open(file.name.name);
        if (!source || file.findings.any_damage() || !worth_a_look(file)) return;
        const HeadState heads = check_heads(file);
        if (heads == HeadState::unusable) return;
        const uint8_t first = file.view.chosen.value_or(0);
        Scan scan = scan_tree(*source, file.view, first, lengths_left_);
        if (heads == HeadState::doubtful && scan.findings.any_damage()) {
            Scan other = scan_tree(*source, file.view, first ^ 1U, lengths_left_);
            if (!other.findings.any_damage()) {
                file.findings.add_all_as_notes(scan.findings);
                scan = std::move(other);
            }
        }
        if (file.name.kind == NameKind::numbered && (scan.truncated || unwritten(file.view))) {
            file.findings.add_all_as_notes(scan.findings);
        } else {
            file.findings.add_all(scan.findings);
        }
        scan.findings = {};
        file.scan = std::move(scan);
    }

    static bool unwritten(const FileView& view) {
        return std::ranges::all_of(view.roots, [](const std::optional<Node>& root) {
            return !root || (root->hash == Hash{} && root->fields == Node{}.fields);
        });
    }

    enum class HeadState : uint8_t {
        good,
        doubtful,  // one of the two heads was altered
        unusable,  // nothing more can be examined
    };

    // Checks the heads, without a key.
    static HeadState check_heads(FileReport& file) {
        const FileView& view = file.view;
        const bool numbered = file.name.kind == NameKind::numbered;
        const auto found = [&](const Place& place, const std::string& text) {
            file.findings.add({numbered ? Severity::note : Severity::damage, place, text});
        };
        for (uint8_t version = 0; version < 2; ++version) {
            if (view.heads[version]) continue;
            found(place_of_head(view.layout, version),
                  "the file ends at " + std::to_string(view.size) + ", before the end of this" +
                      (numbered ? ": left behind by a power cut, or cut off" : ""));
            return HeadState::unusable;
        }
        const Head& head0 = *view.heads[0];
        const Head& head1 = *view.heads[1];
        HeadState state = HeadState::good;
        if (!view.chosen) {
            found(place_of_counter(view.layout, 0),
                  "the counters contradict each other: neither version can be in force");
            if (!numbered) return HeadState::unusable;
            state = HeadState::doubtful;
        } else if (view.heads[*view.chosen]->is_blank()) {
            found(place_of_head(view.layout, *view.chosen), "the version that the counters choose is blank");
            state = HeadState::doubtful;
        }
        const bool neighbours = head0.counter + 1 == head1.counter || head1.counter + 1 == head0.counter;
        if (view.chosen && !head0.is_blank() && !neighbours) {
            state = HeadState::doubtful;
            note_both(file, kHeadMetaOffset + meta_bytes(view.layout), 4,
                      "are not those of two commits that follow each other (" + std::to_string(head0.counter) +
                          " and " + std::to_string(head1.counter) + ")",
                      "counters");
        }
        if (!head0.is_blank() && head0.sealed_fek != head1.sealed_fek) {
            state = HeadState::doubtful;
            note_both(file, kHeadSealedFekOffset, kFekBytes, "differ", "file keys");
        }
        return state;
    }

    // Only the key can show which of the two was altered.
    static void note_both(FileReport& file, uint32_t offset, uint32_t size, const std::string& how, const char* what) {
        for (uint8_t version = 0; version < 2; ++version) {
            Place place = place_of_head(file.view.layout, version);
            place.offset += offset;
            place.size = size;
            file.findings.note(place, std::string("the ") + what + " of head 0 and head 1 " + how +
                                          ": one of the two was altered, without the key it cannot be told which");
        }
    }

    const StorageDirectory& directory_;
    const InspectionOptions& options_;
    std::vector<Uuid> owners_;
    std::optional<Ssk> ssk_;
    std::optional<HeadLayout> layout_;  // of dirf.db
    uint64_t reads_for_entries_ = 0;  // of dirf.db, and of files that it records
    uint64_t lengths_left_ = kLengthsTriedPerDirectoryMax;
    size_t findings_left_ = kFindingsPerDirectoryMax;
    std::map<std::pair<uint64_t, uint64_t>, const FileReport*> seen_;  // files with several names, examined already
    std::set<const FileReport*> skipped_;
    Inspection result_;
};

}  // namespace

bool Inspection::any_damage() const {
    return no_directory_file || !without_file.empty() || directory_findings.any_damage() ||
           std::ranges::any_of(files, [](const FileReport& file) { return file.findings.any_damage(); });
}

bool Inspection::recognised() const {
    return std::ranges::any_of(files, [](const FileReport& file) {
        return file.name.kind == NameKind::directory_file || file.name.kind == NameKind::numbered;
    });
}

Outcome<Inspection> inspect_storage(const StorageDirectory& directory, const InspectionOptions& options) {
    std::vector<DirectoryName> names = FESTORE_TRY(directory.names());
    return Inspector(directory, options, std::move(names)).run();
}

}  // namespace festore::ree_fs
