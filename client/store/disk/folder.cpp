// SPDX-License-Identifier: BSD-2-Clause
#include "client/store/disk/folder.h"

#include "base/result.h"
#include "client/errors.h"

#include <cerrno>
#include <cstring>
#include <utility>

namespace festore {
namespace {

using Kind = Files::Information::Kind;

const char* text_of(Kind kind) {
    switch (kind) {
    case Kind::file: return "a regular file";
    case Kind::folder: return "a folder";
    case Kind::link: return "a symbolic link";
    case Kind::fifo: return "a FIFO";
    case Kind::socket: return "a socket";
    case Kind::device: break;
    }
    return "a device";
}

Error refused(const std::string& text) { return {ErrorCode::damaged, text, 0, 0}; }

}  // namespace

Error error_of_file(std::string_view verb, const std::string& file, int number) {
    ErrorCode code = ErrorCode::failure;
    if (number == ENOSPC || number == EDQUOT || number == EFBIG) code = ErrorCode::no_space;
    if (number == EACCES || number == EPERM || number == EROFS) code = ErrorCode::not_permitted;
    if (number == ENOENT || number == ENOTDIR || number == ELOOP) code = ErrorCode::damaged;  // somebody has changed the directory
    if (number == EWOULDBLOCK) code = ErrorCode::busy;
    return {code, "cannot " + std::string(verb) + " " + quote(file) + ": " + std::strerror(number), 0, 0};
}

void StoreFolder::close() {
    if (is_open()) files_.close(std::exchange(handle_, Files::kNoHandle));
}

Result<bool> StoreFolder::take(Handle opened, bool& changed) {
    Information information;
    if (const int fault = files_.information(opened, information); fault != 0) {
        files_.close(opened);
        return unexpected(error_of_file("look at", path_, fault));
    }
    changed = !is_open() || !is_same(information, information_);
    if (!changed) {
        files_.close(opened);
        return true;
    }
    close();
    handle_ = opened;
    information_ = information;
    return true;
}

Result<bool> StoreFolder::is_in_place() const {
    Handle opened = Files::kNoHandle;
    Information information;
    int fault = files_.open_folder(path_, opened);
    if (fault == 0) fault = files_.information(opened, information);
    if (opened != Files::kNoHandle) files_.close(opened);
    if (fault == ENOENT || fault == ENOTDIR) return false;
    if (fault != 0) return unexpected(error_of_file("open", path_, fault));
    return is_same(information, information_);
}

Result<bool> StoreFolder::open(bool& changed) {
    Handle opened = Files::kNoHandle;
    const int fault = files_.open_folder(path_, opened);
    is_not_a_folder_ = fault == ENOTDIR;
    if (fault == 0) return take(opened, changed);
    changed = is_open();
    close();
    if (fault == ENOENT) return false;
    return unexpected(error_of_file("open", path_, fault));
}

Result<bool> StoreFolder::open_in(const StoreFolder& above, std::string_view name, bool& changed) {
    const std::optional<Information> found = FESTORE_TRY(above.look(name, Kind::folder));
    if (found && is_open() && is_same(*found, information_)) {
        changed = false;
        return true;
    }
    changed = is_open();
    close();
    if (!found) return false;
    Handle opened = Files::kNoHandle;
    int fault = files_.open_folder(above.handle(), std::string(name), opened);
    if (fault == ENOENT) return false;
    if (fault != 0) return unexpected(error_of_file("open", path_, fault));
    // Somebody may have replaced it since.
    Information information;
    if (fault = files_.information(opened, information); fault == 0) {
        const auto checked = above.check(name, information, Kind::folder);
        if (checked) return take(opened, changed);
        files_.close(opened);
        return unexpected(checked.error());
    }
    files_.close(opened);
    return unexpected(error_of_file("look at", path_, fault));
}

Result<void> StoreFolder::check(std::string_view name, const Information& information, Kind kind) const {
    const std::string path = quote(path_of(name));
    if (information.kind != kind)
        return unexpected(refused(path + " is " + text_of(information.kind) + " where the store has " + text_of(kind) +
                                  ": it was not used; remove it, and put back what was there before"));
    if (information.mount != information_.mount && information.mount != 0 && information_.mount != 0)
        return unexpected(refused(path + " is a mount point, and not part of the store: it was not used; unmount it"));
    return {};
}

// One look by name gives the file's identity together with the number of its names. With two looks, a link that is moved in between
// would count as a second name of itself.
Result<void> StoreFolder::check_names(std::string_view name, const Information& opened) const {
    Information named;
    const int fault = files_.information(handle_, std::string(name), named);
    if (fault != 0 && fault != ENOENT) return unexpected(error_of_file("look at", path_of(name), fault));
    if (fault != 0 || !is_same(opened, named))
        return unexpected({ErrorCode::busy, quote(path_of(name)) + " was replaced while it was opened; repeat it", 0, 0});
    if (named.names <= 1) return {};
    return unexpected(refused(quote(path_of(name)) + " has other names as well (hard links), and writing it would change them: nothing "
                                                     "was written; replace it by a copy of itself, or remove the other names "
                                                     "(a repair that was interrupted leaves pages.old: repair it, or, when its record "
                                                     "is intact, remove pages.old)"));
}

Result<std::optional<Files::Information>> StoreFolder::look(std::string_view name, Kind kind) const {
    Information information;
    const int fault = files_.information(handle_, std::string(name), information);
    if (fault == ENOENT) return std::nullopt;
    if (fault != 0) return unexpected(error_of_file("look at", path_of(name), fault));
    FESTORE_CHECK(check(name, information, kind));
    return information;
}

// Checked before it is opened, since opening a device can have side effects; and after, since only an open file cannot be
// exchanged any more.
Result<Files::Handle> StoreFolder::open_file(std::string_view verb, std::string_view name, Files::Open how, unsigned mode) const {
    if (how != Files::Open::create_new)
        FESTORE_CHECK(look(name, Kind::file));
    Handle file = Files::kNoHandle;
    int fault = files_.open(handle_, std::string(name), how, mode, file);
    Information information;
    if (fault == 0) fault = files_.information(file, information);
    Result<void> checked;
    if (fault == 0) checked = check(name, information, Kind::file);
    if (fault == 0 && checked && how != Files::Open::read) checked = check_names(name, information);
    if (fault == 0 && checked) return file;
    if (file != Files::kNoHandle) files_.close(file);
    if (!checked) return unexpected(checked.error());
    Error error = error_of_file(verb, path_of(name), fault);
    const bool may_make = how == Files::Open::create || how == Files::Open::create_new;
    if (fault == ENOENT && !may_make) error.code = ErrorCode::not_found;
    return unexpected(std::move(error));
}

int StoreFolder::compare(Handle file, std::string_view name, bool& same) const {
    Information opened;
    Information named;
    int fault = files_.information(file, opened);
    if (fault == 0) fault = files_.information(handle_, std::string(name), named);
    same = fault == 0 && is_same(opened, named);
    return fault;
}

bool StoreFolder::is_named(Handle file, std::string_view name) const {
    bool same = false;
    return file != Files::kNoHandle && compare(file, name, same) == 0 && same;
}

}  // namespace festore
