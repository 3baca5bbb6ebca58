// SPDX-License-Identifier: BSD-2-Clause
#include "inspect/run.h"

#include "inspect/extract.h"
#include "inspect/files.h"
#include "inspect/report.h"
#include "inspect/store.h"
#include "base/host/text.h"

#include <cerrno>
#include <fcntl.h>
#include <optional>

namespace festore::inspect {
namespace {

InspectAnswer refused(Error error) { return {{}, nlohmann::ordered_json::object(), {std::move(error)}}; }

Error listing_error(const std::string& directory, Code code) {
    if (code == Code::limit_exceeded)
        return {ErrorCode::no_space, escaped(directory) + ": too many names to look at", 0, 0};
    return file_error("cannot list " + escaped(directory));
}

// The error for options that need another one. Checked before any file is read.
std::optional<Error> misuse(const InspectRequest& request) {
    if (!request.extract.empty() && request.huk_file.empty())
        return Error{ErrorCode::usage, "--extract needs the key: give --huk-file", 0, 0};
    if (!request.tee_storage.empty() && request.huk_file.empty())
        return Error{ErrorCode::usage, "--tee-storage needs the key: give --huk-file", 0, 0};
    return std::nullopt;
}

std::optional<Error> extraction_inside(const std::string& into, const std::string& directory, int descriptor) {
    if (into.empty() || !lies_within(into, descriptor)) return std::nullopt;
    return Error{ErrorCode::usage,
                 "--extract into " + escaped(directory) +
                     " itself would change what is looked at: name a folder outside of it",
                 0, 0};
}

InspectAnswer inspect_tee_storage(const InspectRequest& request, int directory, const ree_fs::Huk* huk,
                                  Extractor* extractor) {
    const ree_fs::InspectionOptions options{huk, nullptr, {&kFestoreTa, 1}, extractor};
    const Outcome<ree_fs::Inspection> inspection = inspect_storage(ree_fs::StorageDirectory(directory), options);
    if (!inspection) return refused(listing_error(request.directory, inspection.error().code));
    if (!inspection->recognised()) {
        return refused({ErrorCode::failure,
                        escaped(request.directory) +
                            " is not a storage directory of OP-TEE: neither dirf.db nor numbered files are in it "
                            "(tee-supplicant's default is /var/lib/tee); nor is it a store's",
                        0, 0});
    }
    InspectAnswer answer{inspection_text(request.directory, *inspection),
                         inspection_json(request.directory, *inspection),
                         inspection_errors(request.directory, *inspection)};
    if (inspection->key == ree_fs::KeyState::does_not_fit) answer.errors.push_back(wrong_key(request.directory));
    return answer;
}

}  // namespace

Error wrong_key(const std::string& directory) {
    return {ErrorCode::not_permitted,
            "this hardware unique key does not open " + escaped(directory) +
                ": it is another device's, or this device's has changed since",
            0, 0};
}

InspectAnswer inspect(const InspectRequest& request) {
    if (const auto error = misuse(request)) return refused(*error);
    const OpenFile directory(::open(request.directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!directory.valid()) return refused(file_error("cannot open " + escaped(request.directory)));
    if (const auto error = extraction_inside(request.extract, request.directory, directory.get())) return refused(*error);
    const bool is_store = is_store_directory(directory.get());
    if (!request.tee_storage.empty()) {
        if (!is_store)
            return refused({ErrorCode::usage, "--tee-storage goes with the directory of a store", 0, 0});
        const OpenFile storage(::open(request.tee_storage.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        if (!storage.valid()) return refused(file_error("cannot open " + escaped(request.tee_storage)));
        if (const auto error = extraction_inside(request.extract, request.tee_storage, storage.get()))
            return refused(*error);
    }
    std::optional<ree_fs::Huk> huk;
    if (!request.huk_file.empty()) {
        Result<ree_fs::Huk> read = read_huk(request.huk_file);
        if (!read) return refused(read.error());
        huk.emplace(std::move(*read));
    }
    std::optional<Extractor> extractor;
    if (!request.extract.empty()) extractor.emplace(request.extract);
    InspectAnswer answer = (is_store ? inspect_store : inspect_tee_storage)(
        request, directory.get(), huk ? &*huk : nullptr, extractor ? &*extractor : nullptr);
    if (extractor && !answer.document.empty()) {
        answer.document["extracted"] = nlohmann::ordered_json::array();
        for (const std::string& path : extractor->paths()) answer.document["extracted"].push_back(escaped(path));
        answer.text +=
            "extracted " + std::to_string(extractor->paths().size()) + " objects to " + escaped(request.extract) + "\n";
        answer.errors.insert(answer.errors.end(), extractor->errors().begin(), extractor->errors().end());
    }
    return answer;
}

}  // namespace festore::inspect
