// SPDX-License-Identifier: BSD-2-Clause
#include "ree_fs/inspection.h"

#include "ree_fs/limits.h"

#include <algorithm>
#include <map>

namespace festore::ree_fs {
namespace {

// Files tried, with the keys of known TAs, before a HUK is said not to fit.
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
            if (file.name.kind == NameKind::numbered) inspect_numbered(file);
        }
        if (!ssk_ || !result_.listed) {
            for (FileReport& file : result_.files) survey(file);
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
            const auto source = directory_.open(file.name.name);
            if (!source) {
                file.findings.damage(whole_file(file.name.size), "cannot be opened for reading");
                continue;
            }
            file.view = view_file(*source, likely_layout(*source));
        }
    }

    // Of the two derivations the one under which something is authentic: dirf.db, else a file of a TA that is known.
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
        report_opened(*file, *outcome.file, whole && !outcome.findings.any_damage());
        if (!acceptable) return;
        // Of a damaged dirf.db the verified beginning is shown; what a file behind it belongs to cannot be known.
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
            open_recorded(file, *source);
            return;
        }
        if (result_.listed) {
            file.findings.note(whole_file(file.name.size),
                               "no object has this file: left behind by an interrupted change, or put there");
        }
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

    void survey(FileReport& file) {
        if (!is_storage(file) || !file.name.regular || file.opened || file.entry) return;
        const auto source = directory_.open(file.name.name);
        if (!source || file.findings.any_damage()) return;
        check_heads(file);
        if (!file.view.chosen) return;
        file.survey = survey_tree(*source, file.view, *file.view.chosen);
        file.findings.add_all(file.survey->findings);
    }

    // What the heads themselves give away.
    static void check_heads(FileReport& file) {
        const FileView& view = file.view;
        for (uint8_t version = 0; version < 2; ++version) {
            if (!view.heads[version]) {
                file.findings.damage(place_of_head(view.layout, version),
                                     "the file ends at " + std::to_string(view.size) + ", before the end of this");
                return;
            }
            if (view.heads[version]->counter % 2 != version && !view.heads[version]->is_blank()) {
                file.findings.damage(place_of_counter(view.layout, version), "a counter that this version never has");
            }
        }
        if (!view.chosen) {
            file.findings.damage(place_of_counter(view.layout, 0),
                                 "the counters contradict each other, OP-TEE takes neither version");
        } else if (view.heads[*view.chosen]->is_blank()) {
            file.findings.damage(place_of_head(view.layout, *view.chosen),
                                 "the version that the counters choose is blank");
        }
        if (!view.heads[0]->is_blank() && view.heads[0]->sealed_fek != view.heads[1]->sealed_fek) {
            Place place = place_of_head(view.layout, view.chosen.value_or(0));
            place.offset += kHeadSealedFekOffset;
            place.size = kFekBytes;
            file.findings.damage(place, "the two heads have different file keys, one of them was altered");
        }
    }

    const StorageDirectory& directory_;
    const InspectionOptions& options_;
    std::vector<Uuid> owners_;
    std::optional<Ssk> ssk_;
    std::optional<HeadLayout> layout_;  // of dirf.db
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

Result<Inspection> inspect_storage(const StorageDirectory& directory, const InspectionOptions& options) {
    std::vector<DirectoryName> names = FESTORE_TRY(directory.names());
    return Inspector(directory, options, std::move(names)).run();
}

}  // namespace festore::ree_fs
