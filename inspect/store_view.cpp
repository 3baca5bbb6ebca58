// SPDX-License-Identifier: BSD-2-Clause
#include "inspect/store_view.h"

#include "base/host/error.h"
#include "base/host/text.h"
#include "engine/records/recovery.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace festore::inspect {
namespace {

using protocol::kHeaderFile;
using protocol::kLockFile;
using protocol::kPageFile;
using protocol::kPayloadFolder;

// Each payload is a name; listing more than this would take too long.
constexpr size_t kPayloadsMax = size_t{1} << 22;
constexpr std::string_view kCopyMagic = "FSRC";
constexpr size_t kCopyIdOffset = 8;


bool is_there(int directory, std::string_view name) {
    struct stat status {};
    return ::fstatat(directory, std::string(name).c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0;
}

Error listing_error(const std::string& folder, Code code) {
    if (code == Code::limit_exceeded) return {ErrorCode::no_space, escaped(folder) + ": too many names to look at", 0, 0};
    return file_error("cannot list " + escaped(folder));
}

}  // namespace

bool is_store_directory(int directory) {
    if (is_there(directory, kHeaderFile)) return true;
    return is_there(directory, kPageFile) && is_there(directory, kPayloadFolder) && !is_there(directory, "dirf.db");
}

StoreViewer::StoreViewer(int directory)
    : descriptor_(directory), directory_(directory),
      payload_folder_(::openat(directory, std::string(kPayloadFolder).c_str(),
                               O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)),
      payloads_(payload_folder_.get()) {}

Result<StoreView> StoreViewer::look(const std::string& shown_name) {
    const auto names = directory_.names();
    if (!names) return unexpected(listing_error(shown_name, names.error().code));
    read_header();
    if (view_.newer) return std::move(view_);
    read_pages();
    for (const ree_fs::DirectoryName& name : *names) look_at_name(name);
    if (const auto listed = list_payloads(shown_name); !listed) return unexpected(listed.error());
    return std::move(view_);
}

std::unique_ptr<ree_fs::FileSource> StoreViewer::payload(const std::string& name, bool* denied) const {
    return payloads_.open(name, denied);
}

bool StoreViewer::read_slot(uint32_t slot, MutableBytes page) const {
    return pages_ != nullptr && pages_->read(protocol::page_offset(slot), page);
}

void StoreViewer::look_at_name(const ree_fs::DirectoryName& name) {
    if (name.name == kHeaderFile || name.name == kPageFile || name.name == kPayloadFolder || name.name == protocol::kNewPageFile ||
        name.name == protocol::kNextPageFile || protocol::is_old_page_file(name.name))
        return;
    if (name.name != kLockFile) {
        view_.strangers.push_back(name.name);
    } else if (!name.regular) {
        view_.findings.add(about_file(true, name.name, 0, "not a regular file"));
    }
}

// Null if it cannot be read; the reason is noted.
std::unique_ptr<ree_fs::FileSource> StoreViewer::open_named(std::string_view name) {
    const std::string file(name);
    bool denied = false;
    auto source = directory_.open(file, &denied);
    if (denied) view_.denied.push_back(file);
    else if (source == nullptr)
        view_.findings.add(about_file(
            true, file, 0, is_there(descriptor_, name) ? "not a regular file, or cannot be opened" : "missing"));
    return source;
}

void StoreViewer::read_header() {
    const auto source = open_named(kHeaderFile);
    if (source == nullptr) return;
    std::array<std::byte, protocol::kNamedStoreHeaderBytes> memory{};
    const bool may_have_name = source->size() == memory.size();
    const MutableBytes bytes = MutableBytes(memory).first(may_have_name ? memory.size() : protocol::kStoreHeaderBytes);
    const auto damage = [&](const std::string& text) {
        view_.findings.add(about_file(true, std::string(kHeaderFile), source->size(), text));
    };
    if (source->size() != bytes.size() || !source->read(0, bytes))
        return damage("has " + std::to_string(source->size()) + " bytes, and a header has " +
                      std::to_string(bytes.size()) + ", or with a name " + std::to_string(memory.size()));
    const auto header = protocol::decode_store_header(bytes);
    if (!header) {
        view_.newer = header.error().code == Code::not_supported;
        if (!view_.newer) damage("is not the header of a store");
        return;
    }
    view_.header = *header;
    if (header->login != 1 && header->login != 2) damage("names an owner that is neither a user nor a group");
}

void StoreViewer::read_pages() {
    pages_ = open_named(kPageFile);
    if (pages_ == nullptr) return;
    view_.has_pages = true;
    view_.page_file_bytes = pages_->size();
    if (const uint64_t odd = pages_->size() % limits::kPageBytes; odd != 0) {
        view_.findings.add(about_file(true, std::string(kPageFile), pages_->size(),
                                      "has " + std::to_string(pages_->size()) + " bytes, which is not a whole number of pages"));
    }
    for (uint32_t slot = 0; slot < engine::kRecoverySlots; ++slot) look_at_slot(slot);
}

void StoreViewer::look_at_slot(uint32_t slot) {
    engine::PageBytes page{};
    if (!read_slot(slot, page)) return;
    const bool zeroes = std::ranges::all_of(page, [](std::byte b) { return b == std::byte{0}; });
    const bool filled = text_of(Bytes(page).first(kCopyMagic.size())) == kCopyMagic;
    view_.slots[slot] = zeroes ? StoreView::Slot::empty : filled ? StoreView::Slot::filled : StoreView::Slot::garbage;
    if (!zeroes && !filled)
        view_.findings.add(about_copy(false, slot, "no recovery copy: altered, or a write that a power cut interrupted"));
    if (!filled || !view_.header) return;
    const Bytes id = Bytes(page).subspan(kCopyIdOffset, view_.header->store_id.size());
    if (text_of(id) != text_of(view_.header->store_id))
        view_.findings.add(about_copy(true, slot, "of another store than the header's: one of the two was altered or exchanged"));
}

Result<void> StoreViewer::list_payloads(const std::string& shown_name) {
    const std::string folder(kPayloadFolder);
    if (!payload_folder_.valid()) {
        struct stat status {};
        if (::fstatat(descriptor_, folder.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(status.st_mode))
            view_.denied.push_back(folder);
        else
            view_.findings.add(about_file(true, folder, 0, "missing, or not a folder"));
        return {};
    }
    const auto names = payloads_.names(kPayloadsMax);
    if (!names) return unexpected(listing_error(shown_name + "/" + folder, names.error().code));
    for (const ree_fs::DirectoryName& name : *names) {
        const bool ours = protocol::is_payload_name(name.name) || protocol::is_upload_name(name.name);
        if (ours && name.regular) view_.payloads.emplace(name.name, name.size);
        else view_.strangers.push_back(folder + "/" + name.name);
    }
    return {};
}

}  // namespace festore::inspect
