// SPDX-License-Identifier: BSD-2-Clause
// For tests that read or change the trusted storage without the TA: ids of stored objects, objects of the first demo,
// forged and damaged objects.
#pragma once
#include "sim/include/tee_internal_api.h"
#include "tests/ta/harness/harness.h"

#include <algorithm>
#include <optional>

namespace festore::ta {

inline std::string text(Bytes b) { return std::string(text_of(b)); }

class StorageTest : public TaTest {
protected:
    explicit StorageTest(const sim::Config& config = {}) : TaTest(config) {}

    struct Listed {
        std::vector<std::string> names;  // sorted
        std::vector<std::string> legacy;
        uint32_t damaged = 0;
        int pages = 0;
    };
    // All pages of the listing, requested as a client does.
    Listed list(uint32_t session, std::string_view prefix = {}, size_t page_size = limits::kListBufferBytesMax) {
        Listed all;
        Content cursor;
        for (bool more = true; more && all.pages < 2000; ++all.pages) {
            Content page(page_size);
            const protocol::ListRequest request{storage_, cursor, bytes_of(prefix)};
            const Answer answer = call(session, protocol::Command::list, request, &page, kOut);
            const auto decoded = protocol::decode<protocol::ListAnswer>(answer.answer);
            EXPECT_EQ(answer.result, 0U);
            if (answer.result != 0 || !decoded) break;
            Bytes rest = Bytes(page).first(answer.payload_size);
            for (uint32_t i = 0; i < decoded->entries; ++i) {
                const auto entry = protocol::decode_next<protocol::ListEntry>(rest);
                EXPECT_TRUE(entry);
                if (!entry) return all;
                const bool legacy = (entry->metadata.flags & protocol::kObjectLegacy) != 0;
                all.names.push_back(text(entry->name));
                if (legacy) all.legacy.push_back(text(entry->name));
            }
            EXPECT_TRUE(rest.empty());
            all.damaged += decoded->damaged;
            cursor.assign(decoded->cursor.begin(), decoded->cursor.end());
            more = decoded->more;
        }
        std::sort(all.names.begin(), all.names.end());
        return all;
    }
    std::optional<protocol::Metadata> metadata(uint32_t session, std::string_view name) {
        const Answer answer =
            call(session, protocol::Command::stat, protocol::NameRequest{storage_, bytes_of(name)});
        const auto decoded = protocol::decode<protocol::Metadata>(answer.answer);
        return answer.result == 0 && decoded ? std::optional(*decoded) : std::nullopt;
    }
    // The content, or nothing if the TA returns an error.
    std::optional<Content> content(uint32_t session, std::string_view name) {
        Content buffer(64 * 1024);
        const Answer answer = get(session, name, buffer);
        if (answer.result != 0) return std::nullopt;
        buffer.resize(answer.payload_size);
        return buffer;
    }
    uint32_t public_session() {
        uint32_t session = 0;
        EXPECT_EQ(open(the_public(), &session), 0U);
        return session;
    }

    [[nodiscard]] uint32_t tee_storage() const {
        return storage_ == protocol::Storage::ree ? TEE_STORAGE_PRIVATE_REE : TEE_STORAGE_PRIVATE_RPMB;
    }
    std::vector<Content> ids() { return tee_.stored_ids(tee_storage(), protocol::kTaUuid); }
    // Puts a new object and returns the id that it has in the storage.
    Content put_new(uint32_t session, std::string_view name, const Content& content) {
        const std::vector<Content> before = ids();
        EXPECT_EQ(put(session, name, content), 0U);
        std::vector<Content> fresh;
        for (const Content& id : ids())
            if (std::find(before.begin(), before.end(), id) == before.end()) fresh.push_back(id);
        EXPECT_EQ(fresh.size(), 1U);
        return fresh.empty() ? Content{} : fresh.front();
    }
    std::optional<Content> stored(Bytes id) { return tee_.stored_object(tee_storage(), protocol::kTaUuid, id); }
    void forge(Bytes id, Bytes content) {
        EXPECT_TRUE(tee_.store_object(tee_storage(), protocol::kTaUuid, id, content));
    }
    void damage(Bytes id) { tee_.damage_object(tee_storage(), protocol::kTaUuid, id); }
};

}  // namespace festore::ta
