// SPDX-License-Identifier: BSD-2-Clause
#include "base/host/destination.h"

#include "base/host/interrupts.h"
#include "base/host/error.h"
#include "base/host/text.h"
#include "base/result.h"

#include <array>
#include <cerrno>
#include <climits>
#include <deque>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/magic.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/vfs.h>

namespace festore {
namespace {

constexpr int kLinksMax = 40;  // as the kernel
constexpr int kReaderPauseMilliseconds = 20;
constexpr int kFolderFlags = O_PATH | O_DIRECTORY | O_CLOEXEC;

bool is_trusted(uid_t owner) { return owner == geteuid() || owner == 0; }

bool is_same(const struct stat& a, const struct stat& b) {
    return a.st_dev == b.st_dev && a.st_ino == b.st_ino && (a.st_mode & S_IFMT) == (b.st_mode & S_IFMT);
}

class Walk {
public:
    explicit Walk(const std::string& file) : file_(file) {}
    Result<Destination> run();
    Result<Descriptor> run_to_folder();

private:
    Error failure(int reason) const {
        const std::string operation = "write " + quote(file_);
        errno = reason;
        return unexpected(system_error(operation));
    }
    Error refusal(const std::string& piece, std::string_view why) const {
        return unexpected({ErrorCode::not_permitted, fmt::format("cannot write {}: {} {}", quote(file_), quote(piece), why), 0, 0});
    }
    // The end of a path that is not a folder.
    struct End {
        std::string piece;
        struct stat found {};
        bool is_own_descriptor = false;  // then `found` is not set
        bool is_there = false;
        std::optional<Descriptor> held;  // while it is open, no other file gets this one's inode number
    };
    // Enters folders and follows links. None: the path ends in a folder.
    Result<std::optional<End>> go();
    bool enter(const char* folder);
    // What other users can do with the names in the current folder.
    struct Others {
        bool can_move = false;  // rename them
        bool can_add = false;   // add names, also for files of the caller that lie elsewhere
    };
    [[nodiscard]] Result<Others> others() const;
    // True if they may have put there what is found. True of everything below a folder that they may have put there.
    [[nodiscard]] Result<bool> may_be_placed() const;
    void add_in_front(std::string_view path);
    Result<void> follow(int link, const std::string& piece, const struct stat& found);
    [[nodiscard]] bool is_own_descriptors() const;
    Result<Destination> of_descriptor(const std::string& piece);
    Result<Destination> in_folder(const std::string& piece) const;
    Result<Destination> stream(const End& end) const;
    [[nodiscard]] Result<void> check_stream(const std::string& piece, const struct stat& found) const;

    const std::string& file_;
    std::optional<Descriptor> folder_;
    std::deque<std::string> pieces_;
    int links_ = 0;
    bool is_named_by_link_ = false;  // a link named the file itself
    bool is_misled_ = false;         // others may have exchanged a folder on the path
};

bool Walk::enter(const char* folder) {
    folder_.emplace(open(folder, kFolderFlags));
    return folder_->valid();
}

void Walk::add_in_front(std::string_view path) {
    std::deque<std::string> pieces;
    for (size_t at = 0; at <= path.size();) {
        const size_t end = std::min(path.find('/', at), path.size());
        pieces.emplace_back(path.substr(at, end - at));
        at = end + 1;
    }
    pieces_.insert(pieces_.begin(), pieces.begin(), pieces.end());
}

// In a sticky folder others cannot move what is there, but they can add to it.
Result<Walk::Others> Walk::others() const {
    struct stat folder {};
    if (fstat(folder_->get(), &folder) != 0) return failure(errno);
    const bool can_write = (folder.st_mode & (S_IWGRP | S_IWOTH)) != 0;
    const bool is_sticky = (folder.st_mode & S_ISVTX) != 0;
    const bool is_theirs = !is_trusted(folder.st_uid);
    return Others{is_theirs || (can_write && !is_sticky), is_theirs || can_write};
}

Result<bool> Walk::may_be_placed() const {
    const Others can = FESTORE_TRY(others());
    return is_misled_ || can.can_add;
}

Result<void> Walk::follow(int link, const std::string& piece, const struct stat& found) {
    struct stat folder {};
    if (++links_ > kLinksMax) return failure(ELOOP);
    if (fstat(folder_->get(), &folder) != 0) return failure(errno);
    if (!is_trusted(found.st_uid)) return refusal(piece, "is a link of another user");
    // If the system lets users make hard links to files of others, another user may have put this one here.
    if (found.st_nlink != 1) return refusal(piece, "is a link that has other names as well");
    const bool placed = FESTORE_TRY(may_be_placed());
    if (placed)
        return refusal(piece, "is a link that other users may have put there; name the place that it leads to");
    struct statfs system {};
    constexpr ino_t kRootOfProc = 1;
    if (fstatfs(folder_->get(), &system) != 0) return failure(errno);
    if (system.f_type == PROC_SUPER_MAGIC && folder.st_ino != kRootOfProc)
        return refusal(piece, "is a link of a process");  // its text need not be its target
    std::array<char, PATH_MAX> text{};
    const ssize_t size = readlinkat(link, "", text.data(), text.size());
    if (size <= 0 || static_cast<size_t>(size) == text.size()) return failure(size < 0 ? errno : ENAMETOOLONG);
    const std::string_view target(text.data(), static_cast<size_t>(size));
    if (target.front() == '/' && !enter("/")) return failure(errno);
    is_named_by_link_ = is_named_by_link_ || pieces_.empty();
    add_in_front(target);
    return {};
}

// True if the folder is /proc/self/fd, to which /dev/stdout, /dev/fd/3 and the like lead.
bool Walk::is_own_descriptors() const {
    struct stat folder {};
    struct stat own {};
    return fstat(folder_->get(), &folder) == 0 && stat("/proc/self/fd", &own) == 0 && is_same(folder, own);
}

Result<Destination> Walk::of_descriptor(const std::string& piece) {
    const auto number = piece.find_first_not_of("0123456789") == std::string::npos && piece.size() < 10 ? std::stoi(piece) : -1;
    Descriptor copy(fcntl(number, F_DUPFD_CLOEXEC, 0));
    if (!copy.valid()) return failure(errno);
    return Destination{Descriptor(-1), {}, std::move(copy), true};
}

Result<Destination> Walk::in_folder(const std::string& piece) const {
    Descriptor folder(openat(folder_->get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder.valid()) return failure(errno);
    return Destination{std::move(folder), piece, {}, false};
}

Result<void> Walk::check_stream(const std::string& piece, const struct stat& found) const {
    const bool is_pipe = S_ISFIFO(found.st_mode);
    if (!is_trusted(found.st_uid)) return refusal(piece, is_pipe ? "is a pipe of another user" : "is a device of another user");
    if (is_pipe && found.st_nlink != 1) return refusal(piece, "is a pipe that has other names as well");
    constexpr mode_t kOthers = S_IRWXG | S_IRWXO;
    const bool placed = FESTORE_TRY(is_pipe && (found.st_mode & kOthers) != 0 ? may_be_placed() : false);
    if (placed)
        return refusal(piece, "is a pipe that others can read, and may have put there; make one anew with mkfifo -m 600, or choose a "
                              "folder of your own");
    return {};
}

// Opens without blocking, then checks again: meanwhile it may have been exchanged, or made accessible to others.
Result<Destination> Walk::stream(const End& end) const {
    const std::string& piece = end.piece;
    const bool is_pipe = S_ISFIFO(end.found.st_mode);
    FESTORE_CHECK(check_stream(piece, end.found));
    while (true) {
        Descriptor opened(openat(folder_->get(), piece.c_str(), O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
        if (!opened.valid() && errno == ENXIO && is_pipe) {  // it has no reader yet
            if (!InterruptsHeld::check())
                return unexpected({ErrorCode::failure, fmt::format("cannot write {}: interrupted", quote(file_)), 0, 0});
            (void)poll(nullptr, 0, kReaderPauseMilliseconds);
            continue;
        }
        struct stat now {};
        if (!opened.valid() || fstat(opened.get(), &now) != 0) return failure(errno);
        if (!is_same(end.found, now)) return refusal(piece, "was replaced meanwhile");
        FESTORE_CHECK(check_stream(piece, now));
        return Destination{Descriptor(-1), {}, std::move(opened), false};
    }
}

Result<std::optional<Walk::End>> Walk::go() {
    if (!enter(file_.starts_with('/') ? "/" : ".")) return failure(errno);
    add_in_front(file_);
    while (!pieces_.empty()) {
        End end;
        end.piece = pieces_.front();
        pieces_.pop_front();
        if (end.piece.empty() || end.piece == ".") continue;
        const bool last = pieces_.empty();
        end.is_own_descriptor = last && is_own_descriptors();
        if (end.is_own_descriptor) return end;
        Descriptor opened(openat(folder_->get(), end.piece.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
        end.is_there = opened.valid();
        if (!end.is_there && errno == ENOENT && last) return end;
        if (!end.is_there || fstat(opened.get(), &end.found) != 0) return failure(errno);
        if (S_ISLNK(end.found.st_mode)) {
            FESTORE_CHECK(follow(opened.get(), end.piece, end.found));
        } else if (S_ISDIR(end.found.st_mode)) {
            const Others can = FESTORE_TRY(others());
            // Only users who may write to a folder can move it to another parent; others() sees that if it is the last folder.
            is_misled_ = is_misled_ || (can.can_move && end.piece != "..");
            folder_.emplace(std::move(opened));
        } else if (last) {
            end.held.emplace(std::move(opened));
            return end;
        } else {
            return failure(ENOTDIR);
        }
    }
    return std::nullopt;
}

Result<Destination> Walk::run() {
    const auto end = FESTORE_TRY(go());
    if (!end) return failure(EISDIR);
    const std::string& piece = end->piece;
    const mode_t mode = end->found.st_mode;
    if (end->is_own_descriptor) return of_descriptor(piece);
    if (!end->is_there) return is_named_by_link_ ? Result<Destination>(failure(ENOENT)) : in_folder(piece);
    if (S_ISREG(mode)) return in_folder(piece);
    if (S_ISSOCK(mode)) return failure(ENXIO);
    return stream(*end);
}

Result<Descriptor> Walk::run_to_folder() {
    const auto end = FESTORE_TRY(go());
    if (end && end->is_own_descriptor) return refusal(end->piece, "is a link of a process");
    if (end && end->is_there) return failure(ENOTDIR);
    const char* const name = end ? end->piece.c_str() : ".";
    if (end && mkdirat(folder_->get(), name, 0700) != 0 && errno != EEXIST) return failure(errno);
    struct stat folder {};
    Descriptor opened(openat(folder_->get(), name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!opened.valid() || fstat(opened.get(), &folder) != 0) return failure(errno);
    if (!is_trusted(folder.st_uid)) return refusal(file_, "is a folder of another user");
    return opened;
}

}  // namespace

Result<Destination> find_destination(const std::string& file) { return Walk(file).run(); }

Result<Descriptor> make_folder(const std::string& folder) {
    const size_t last = folder.find_last_not_of('/');
    const std::string path = last == std::string::npos ? folder : folder.substr(0, last + 1);
    return Walk(path).run_to_folder();
}

}  // namespace festore
