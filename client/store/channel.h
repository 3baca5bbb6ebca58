// SPDX-License-Identifier: BSD-2-Clause
// Calls of the store's commands, and the page service: each call brings the sealed pages that it needs; pages that the TA misses
// are read from the page file, and the call is repeated (protocol/store_messages.h). A page that does not match is read again;
// it is damaged only if it still does not match the root record that the TEE had when the page was read (rule 9).
// Thread safety: one thread at a time.
#pragma once
#include "base/host/guarded_memory.h"
#include "client/store/page_cache.h"
#include "client/tee/session.h"
#include "client/store/disk/directory.h"
#include "client/store/errors.h"

#include <functional>
#include <map>

namespace festore {

// The source of sessions. A session that has failed is dropped, and the next one has another serial().
class SessionSource {
public:
    virtual Result<Session*> session() = 0;
    virtual void drop() = 0;
    [[nodiscard]] virtual uint64_t serial() const = 0;

protected:
    ~SessionSource() = default;
};

// The TA's answer, and the pages that it wants stored.
struct StoreReply {
    uint32_t result = 0;
    uint32_t origin = 0;
    std::vector<std::byte> answer;
    GuardedBytes content;  // plaintext or a listing; for Payload::output and inout
    protocol::PageAnswer pages;
    std::map<uint32_t, std::vector<std::byte>> written;

    [[nodiscard]] bool ok() const { return result == TEEC_SUCCESS; }
    [[nodiscard]] bool died() const { return result == TEEC_ERROR_TARGET_DEAD || result == TEEC_ERROR_COMMUNICATION; }
};

class StoreChannel {
public:
    StoreChannel(SessionSource& sessions, StoreDirectory& directory) : sessions_(sessions), directory_(directory) {}

    struct Request {
        protocol::Command command{};
        // Encodes the request for the given page area.
        std::function<void(protocol::PageArea, Writer&)> encode;
        Payload use = Payload::none;  // of the content
        Bytes content;                // for input and inout
        size_t content_room = 0;      // for output and inout
        bool has_area = false;
        size_t room = 0;              // pages that the TA may give back
        std::function<void()> meanwhile;  // work on files, done while the TEE works, or before it
        std::string about;            // the object's name: pages that it needed the last time are brought at once
        // For work that continues over several calls: whether this call made progress before it missed a page. Then the progress
        // counts, and the next call continues from there.
        std::function<bool(const StoreReply&)> got_on;
        bool passes_over = false;  // a page that cannot be read (EIO) counts as damaged: the work continues past it
    };
    // One call, repeated until it is done or fails. An Error: the TEE did not answer, or the directory failed, or is
    // damaged. Any answer of the TEE is in the reply. busy: other writers changed the store too often meanwhile.
    Result<StoreReply> call(const Request& request, const Operation& operation);

    // Pages to bring with the next call, before the TA asks for them.
    void expect(std::vector<uint32_t> pages) { expected_ = std::move(pages); }

    // From now on each page is read from the file again.
    void forget_pages() { cache_.forget_pages(); }
    // The page that made the last call fail; 0: no page did.
    [[nodiscard]] uint32_t damaged_page() const { return damaged_page_; }

    // Writes what the TA gave back to the page file; it is not yet synced.
    Result<void> store_pages(const StoreReply& reply);

private:
    struct Brought {
        std::vector<std::byte> bytes;
        uint64_t known_generation = kNoGeneration;  // of the root record when it was read
    };
    static constexpr uint64_t kNoGeneration = UINT64_MAX;
    using Pages = std::map<uint32_t, Brought>;

    Result<Reply> invoke(Session& session, const Request& request, const Pages& pages);
    Result<void> add_fresh(Pages& pages, uint32_t page, uint64_t generation, bool passes_over);
    Result<void> add_remembered(Pages& pages, uint32_t page, bool passes_over);
    Result<void> take_needs(Pages& pages, const Request& request, const protocol::PageAnswer& answer,
                            const Operation& operation);
    Result<StoreReply> read_reply(Session& session, const Request& request, const Reply& reply, size_t brought,
                                  const Operation& operation);

    SessionSource& sessions_;
    StoreDirectory& directory_;
    std::vector<uint32_t> expected_;
    PageCache cache_;
    uint32_t damaged_page_ = 0;
};

}  // namespace festore
