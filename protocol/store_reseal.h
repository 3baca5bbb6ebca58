// SPDX-License-Identifier: BSD-2-Clause
// Messages for another cipher of a store that is there. Since protocol 1.7. Encoding, parameters and the page area are those of
// protocol/store_messages.h.
//
// First the index: recipher_begin, rebuild_step until it is complete, rebuild_commit. Contents stay as they are, and their entries say so
// (kStoredOtherCipher). Then each such content: get opens it, begin_upload begins a new payload of the same segment size, reseal_segments
// takes all of its segments in order, reseal puts the new payload into the entry, and commit ends that. Last a rebuild of the index, which
// finds that no such entry is left.
#pragma once
#include "protocol/store_care.h"

namespace festore::protocol {

// As a whole rebuild. not_supported: this TA has not that cipher.
struct RecipherRequest {  // 5 bytes → RepairAnswer
    PageArea area;
    uint8_t cipher = 1;  // 1 AES-256-GCM, 2 ChaCha20-Poly1305
};
// Content of the segments of one call: each is opened and sealed, so half of what other calls take.
inline constexpr uint32_t kResealBytesMax = kCallContentBytesMax / 2;

// Segments in a row of the payload that get has opened, the upload's next ones. The memory holds all of them sealed, and nothing else; it
// comes back with the same ones, sealed for the upload: their content stays in the TEE. With the first call the upload becomes one of that
// content only: seal_segments is refused for it, and so is a put of it.
// bad_state: not that payload, or that upload, or segments that it has not got. bad_parameters: not the upload's next ones; or its segments
// have another size, or the payload its cipher. corrupt_object: a segment does not open. After an error the upload is over.
struct ResealSegmentsRequest {  // 40 bytes
    Id from{};            // the payload that is open
    Id to{};              // the upload
    uint32_t number = 0;  // of the first segment
    uint32_t content_bytes = 0;
};
// The object gets that upload as its payload, and keeps everything else, its version too. item_not_found; version_conflict: by now it has
// another payload than the upload was made of. bad_state: the upload is not complete, or was not made of a payload.
struct ResealRequest {  // 21 + name
    PageArea area;
    Id payload{};  // the upload
    Bytes name;
};

void encode(const RecipherRequest& m, Writer& out);
void encode(const ResealSegmentsRequest& m, Writer& out);
void encode(const ResealRequest& m, Writer& out);

template <>
Result<RecipherRequest> decode_store(Bytes input);
template <>
Result<ResealSegmentsRequest> decode_store(Bytes input);
template <>
Result<ResealRequest> decode_store(Bytes input);

}  // namespace festore::protocol
