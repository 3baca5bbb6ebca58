// SPDX-License-Identifier: BSD-2-Clause
// Reading a whole store back: its index page by page, its free list, and each content segment by segment, without keeping it.
// Damage is noted, and reading goes on past it. Other programs may change the store meanwhile: an object that comes or goes is
// not damage (rule 9).
#include "client/store/store.h"
#include "base/result.h"
#include "client/store/read.h"
#include "client/store/scan.h"

#include "base/writer.h"
#include "protocol/store_care.h"

#include <algorithm>

namespace festore {
namespace {

using protocol::Id;
using protocol::Command;

// Stops a listing that would never end.
constexpr size_t kStepsMax = 100'000'000;

// Whether it is damage of one object or its file. Any other error ends the verification.
bool is_damage(ErrorCode code) {
    return code == ErrorCode::damaged || code == ErrorCode::failure || code == ErrorCode::not_permitted;
}

}  // namespace

class StoreClient::Verification {
public:
    Verification(StoreClient& store, const VerifyOptions& options) : store_(store), options_(options) {}

    Result<VerifyReport> run() {
        if (const auto open = store_.ensure_open({"verify the store", {}}, Missing::is_an_error); !open)
            return unexpected(open.error());
        progress_.objects_total = options_.names.empty() ? store_.status_.objects : options_.names.size();
        progress_.content_bytes_total = options_.names.empty() ? store_.status_.content_bytes : 0;
        store_.channel_.forget_pages();
        FESTORE_CHECK(options_.names.empty() ? everything() : named());
        return std::move(report_);
    }

private:
    Result<void> named() {
        for (const std::string& name : options_.names) {
            FESTORE_CHECK(content(name, true));
            tell();
        }
        return {};
    }

    Result<void> everything() {
        // Listed before the index is read: files that are stored meanwhile are not among them.
        std::vector<std::string> files = FESTORE_TRY(store_.directory_.list_payloads());
        const bool whole = FESTORE_TRY(scan());
        FESTORE_CHECK(free_list());
        note_lost_ranges();
        if (!whole || has_loss_) return {};  // lost entries may refer to them
        count_orphaned(files);
        return options_.remove_orphaned ? remove_orphaned() : Result<void>();
    }

    // Rule 10. Under the writer's lock nobody else commits: so no object will refer to a file that none refers to now, except to an
    // upload's file, which is locked.
    Result<void> remove_orphaned() {
        const Operation operation{"remove what no object refers to", {}};
        if (store_.batch_) return unexpected(transaction_is_running(operation));
        const StoreLock lock = FESTORE_TRY(store_.directory_.lock(LockKind::exclusive, store_.options_.wait));
        // Look again: the locked directory need not be the one that was verified, and others may have changed it since.
        store_.opened_serial_ = 0;
        FESTORE_CHECK(store_.ensure_open(operation, Missing::is_an_error));
        if ((store_.status_.flags & stored::kRootFreshnessLost) != 0)
            return unexpected({ErrorCode::conflict,
                               cannot(operation) + "a repair has not been acknowledged, and the pages it replaced may refer to it", 0, 0,
                               Reason::not_acknowledged});
        const bool loss = FESTORE_TRY(store_.has_unacknowledged_loss(operation));
        if (loss) return {};
        const std::vector<std::string> files = FESTORE_TRY(store_.directory_.list_payloads());
        payloads_.clear();
        index_only_ = true;
        const bool whole = FESTORE_TRY(scan());
        if (!whole) return {};
        const std::vector<std::string> orphans = orphaned(files);
        // A change that was interrupted before its commit may refer to them: a repair must not make it any more.
        if (!orphans.empty()) FESTORE_CHECK(store_.erase_copy(store_.status_.generation + 1));
        for (const std::string& name : orphans) {
            const auto bytes = store_.directory_.size_of_idle_payload(name);
            if (!bytes || !*bytes || !store_.directory_.collect(name)) continue;
            ++report_.removed.files;
            report_.removed.bytes += **bytes;
        }
        store_.drop_old_pages_if_done(operation);  // what a cut acknowledgement has left
        return {};
    }

    // Whether all of the index could be read.
    Result<bool> scan() {
        Scan::Start start;
        start.afresh = true;
        Scan scan(store_, {"verify the store", {}}, start);
        bool whole = true;
        for (size_t step = 0; step < kStepsMax; ++step) {
            const Scan::Step next = FESTORE_TRY(scan.next());
            if (next.is_end) return whole;
            for (const Scan::Item& item : next.items)
                FESTORE_CHECK(take(item));
            if (next.gap) note_gap(*next.gap);
            whole = whole && !next.gap;
        }
        return unexpected(store_nonsense({"verify the store", {}}));
    }

    // A content in the index has been verified with its page.
    Result<void> take(const Scan::Item& item) {
        if (!item.metadata.inlined) payloads_.push_back(item.metadata.payload);
        if (index_only_) return {};
        if ((item.metadata.flags & protocol::kStoredOtherCipher) != 0) ++report_.other_cipher;
        if (item.metadata.inlined) {
            count(item.metadata.size);
        } else {
            FESTORE_CHECK(content(item.name, false));
        }
        tell();
        return {};
    }

    void note_gap(const Scan::Gap& gap) {
        std::string text = "cannot verify the store: page " + std::to_string(gap.page) +
                           " of its index is damaged, missing, or replaced by an older one; the objects " + text_of(gap.names) +
                           " are lost with it";
        report_.damaged.push_back({"", {ErrorCode::damaged, std::move(text), 0, 0}});
    }

    // If they cannot be read, that counts as damage, too.
    void note_lost_ranges() {
        const auto ranges = store_.lost_ranges({"verify the store", {}});
        if (!ranges) report_.damaged.push_back({"", ranges.error()});
        if (!ranges) return;
        for (const LostRange& range : *ranges) {
            has_loss_ = has_loss_ || !range.acknowledged;
            if (!range.acknowledged) report_.damaged.push_back({"", names_missing(missing_of(range))});
        }
    }

    void count(uint64_t bytes) {
        ++report_.objects;
        report_.content_bytes += bytes;
        ++progress_.objects;
    }
    void tell() const {
        if (options_.on_progress) options_.on_progress(progress_);
    }

    // `asked_for`: the object should exist.
    Result<void> content(const std::string& name, bool asked_for) {
        const uint64_t bytes_before = progress_.content_bytes;
        const Result<uint64_t> size = read_content(name);
        progress_.content_bytes = bytes_before + size.value_or(0);
        if (size) {
            count(*size);
            return {};
        }
        if (size.error().code == ErrorCode::not_found) {
            if (asked_for) report_.absent.push_back(name);
            return {};
        }
        if (!is_damage(size.error().code)) return unexpected(size.error());
        report_.damaged.push_back({name, size.error()});
        return {};
    }

    // Reads a content as `get` does, without keeping its parts.
    Result<uint64_t> read_content(const std::string& name) {
        const Operation operation{"verify", name, Storage::store};
        const uint64_t bytes_before = progress_.content_bytes;
        MissedPayload missed;
        return store_.read<uint64_t>(operation, [&](bool& again) -> Result<uint64_t> {
            const auto reader = FESTORE_TRY(store_.find(operation, missed, again));
            std::vector<std::byte> part(protocol::kCallContentBytesMax);
            for (size_t parts = 1; reader->position() < reader->info().size; ++parts) {
                const Result<size_t> got = store_.read_on(*reader, part, operation);
                wipe(part);
                again = !got && got.error().code == ErrorCode::busy;
                if (!got) return unexpected(got.error());
                progress_.content_bytes = bytes_before + reader->position();
                if (parts % 32 == 0) tell();
            }
            return reader->info().size;
        });
    }

    // The free list is needed for changes only, so damage in it costs no object.
    Result<void> free_list() {
        const Operation operation{"verify the store", {}};
        const Result<bool> done = store_.read<bool>(operation, [&](bool& again) -> Result<bool> {
            bool from_start = true;
            for (size_t step = 0; step < kStepsMax; ++step) {
                StoreChannel::Request request;
                request.command = Command::store_free_list;
                request.has_area = true;
                request.encode = [&from_start](protocol::PageArea area, Writer& out) {
                    encode(protocol::FreeListRequest{area, std::exchange(from_start, false)}, out);
                };
                const StoreReply reply = FESTORE_TRY(store_.look_up(operation, request, again));
                const auto answer = protocol::decode<protocol::FreeListAnswer>(reply.answer);
                if (!answer) return unexpected(store_nonsense(operation));
                if (answer->next_page == 0) return true;
                store_.channel_.expect({answer->next_page});
            }
            return unexpected(store_nonsense(operation));
        });
        if (done) return {};
        if (!is_damage(done.error().code)) return unexpected(done.error());
        Error error = done.error();
        error.message += "; it belongs to the list of free pages: all objects can be read, and none can be changed";
        report_.damaged.push_back({"", std::move(error)});
        return {};
    }

    [[nodiscard]] std::vector<std::string> orphaned(const std::vector<std::string>& files) const {
        std::vector<std::string> known;
        for (const Id& id : payloads_) {
            const protocol::PayloadName name = protocol::payload_name(id);
            known.emplace_back(name.data(), name.size());
        }
        std::sort(known.begin(), known.end());
        std::vector<std::string> found;
        for (const std::string& name : files)
            if (!std::binary_search(known.begin(), known.end(), name)) found.push_back(name);
        return found;
    }

    void count_orphaned(const std::vector<std::string>& files) {
        VerifyReport::Orphaned found;
        for (const std::string& name : orphaned(files)) {
            const auto bytes = store_.directory_.size_of_idle_payload(name);
            if (!bytes) continue;  // it cannot be looked at; no object refers to it either
            if (!*bytes) continue;
            ++found.files;
            found.bytes += **bytes;
        }
        report_.orphaned = found;
    }

    StoreClient& store_;
    const VerifyOptions& options_;
    VerifyProgress progress_;
    VerifyReport report_;
    std::vector<Id> payloads_;
    bool index_only_ = false;  // no contents are read
    bool has_loss_ = false;    // names were lost, and nobody has acknowledged it
};

Result<VerifyReport> StoreClient::verify(const VerifyOptions& options) { return Verification(*this, options).run(); }

}  // namespace festore
