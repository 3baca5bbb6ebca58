// SPDX-License-Identifier: BSD-2-Clause
// Messages for another cipher of an existing store. Since protocol 1.7. Parameters and the page area are those of
// protocol/store_messages.h.
//
// First the index: recipher_begin, rebuild_step until it is complete, rebuild_commit. Contents stay as they are, and their entries say
// so (kStoredOtherCipher). Then each such content: get opens it, begin_upload begins a new payload of the same segment size,
// reseal_segments takes all of its segments in order, reseal puts the new payload into the entry, and commit ends that change. Last, a
// rebuild of the index finds that no such entry is left.
#pragma once
#include "protocol/store_care.h"

namespace festore::protocol {

// As a whole rebuild. not_supported: this TA does not have that cipher.
struct RecipherRequest {  // → RepairAnswer
    PageArea area;
    Cipher cipher = Cipher::aes_256_gcm;
    static constexpr void fields(auto& m, auto& wire) { wire(m.area, m.cipher); }
};
// Content of the segments of one call: half of what other calls take, since each segment is opened and sealed.
inline constexpr uint32_t kResealBytesMax = kCallContentBytesMax / 2;

// Consecutive segments of the payload that get has opened; they become the upload's next ones. The memory holds exactly the sealed
// segments. It returns with the same segments, sealed for the upload: their content stays in the TEE. The first call binds the upload
// to that content: seal_segments and put refuse it from then on.
// bad_state: that payload or upload is not open, or does not have these segments. bad_parameters: these are not the upload's next
// segments; or its segments have another size, or the payload the upload's cipher. corrupt_object: a segment does not open. After an
// error the upload has ended.
struct ResealSegmentsRequest {
    Id from{};            // the open payload
    Id to{};              // the upload
    uint32_t number = 0;  // of the first segment
    uint32_t content_bytes = 0;
    static constexpr void fields(auto& m, auto& wire) { wire(m.from, m.to, m.number, m.content_bytes); }
    [[nodiscard]] bool is_valid() const { return content_bytes <= kResealBytesMax; }
};
// The object gets that upload as its payload, and keeps everything else, including its version. item_not_found. version_conflict: the
// object now has another payload than the upload was made from. bad_state: the upload is incomplete, or was not made from a payload.
struct ResealRequest {
    PageArea area;
    Id payload{};  // the upload
    Bytes name;
    static constexpr void fields(auto& m, auto& wire) { wire(m.area, m.payload, m.name); }
    [[nodiscard]] bool is_valid() const { return is_name(name); }
};

}  // namespace festore::protocol
