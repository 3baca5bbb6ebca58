// SPDX-License-Identifier: BSD-2-Clause
#include "inspect/store_objects.h"

#include "engine/segments.h"

namespace festore::inspect {
namespace {

std::string path_of_payload(const std::string& name) { return std::string(protocol::kPayloadFolder) + "/" + name; }

std::string payload_file(Bytes id) {
    std::array<std::byte, 16> bytes{};
    copy_bytes(id, bytes);
    const protocol::PayloadName name = protocol::payload_name(bytes);
    return {name.data(), name.size()};
}

// A buffer for plaintext, so wiped.
class PlainBuffer {
public:
    explicit PlainBuffer(size_t size) : bytes_(size) {}
    PlainBuffer(const PlainBuffer&) = delete;
    PlainBuffer& operator=(const PlainBuffer&) = delete;
    ~PlainBuffer() { wipe(bytes_); }
    [[nodiscard]] MutableBytes first(size_t size) { return MutableBytes(bytes_).first(size); }

private:
    std::vector<std::byte> bytes_;
};

}  // namespace

void ObjectReader::take(Bytes name, const engine::Entry& entry) {
    StoreObject object;
    object.name = text_of(name);
    object.version = entry.version;
    object.created = entry.created;
    object.modified = entry.modified;
    object.size = entry.size;
    object.write_once = (entry.flags & engine::kEntryWriteOnce) != 0;
    object.kept = (entry.flags & engine::kEntryKept) != 0;
    object.cipher = engine::content_cipher(root_.cipher, entry);
    (void)sha_.finish();  // discards what a damaged object left
    out_ = extractor_ == nullptr ? nullptr : extractor_->begin("", file_name_of(object.name));
    if (entry.kind == engine::EntryKind::inlined) {
        content(entry.content);
        object.whole = true;
    } else {
        object.payload = payload_file(entry.payload.id);
        object.whole = read_payload(object, entry);
    }
    if (object.whole) object.sha256 = sha_.finish();
    if (out_ != nullptr) object.extracted_to = extractor_->end(object.whole);
    objects_.push_back(std::move(object));
}

void ObjectReader::content(Bytes plain) {
    sha_.add(plain);
    if (out_ != nullptr) out_->take(plain);
}

void ObjectReader::damage(const StoreObject& object, StorePart part, uint32_t number, uint64_t offset, uint64_t size,
                          std::string text) {
    findings_.add({true, part, path_of_payload(object.payload), number, offset, size, object.name, std::move(text)});
}

bool ObjectReader::read_payload(StoreObject& object, const engine::Entry& entry) {
    if (!used_payloads_.insert(object.payload).second) {
        damage(object, StorePart::file, 0, 0, 0, "another object has it too");
        return false;
    }
    bool denied = false;
    const auto file = reader_.payload(object.payload, &denied);
    if (denied) denied_.push_back(path_of_payload(object.payload));
    if (file == nullptr) {
        // If the folder itself may not be read, nothing is known.
        const bool known = view_.denied.empty() && !denied;
        if (known) damage(object, StorePart::file, 0, 0, 0, "missing, or not a regular file");
        return false;
    }
    const uint64_t expected = engine::payload_file_bytes(entry.size, entry.payload.segment_bytes);
    if (file->size() != expected) {
        damage(object, StorePart::file, 0, 0, file->size(),
               "has " + std::to_string(file->size()) + " bytes, and the index says " + std::to_string(expected));
    }
    return read_segments(object, entry, *file) && file->size() == expected;
}

// Reads all segments, to name each damaged one; if there is damage, what was hashed and passed on before it is discarded.
bool ObjectReader::read_segments(StoreObject& object, const engine::Entry& entry, ree_fs::FileSource& file) {
    const uint32_t segment_bytes = entry.payload.segment_bytes;
    PlainBuffer plain(segment_bytes);
    std::vector<std::byte> sealed(segment_bytes + engine::kTagBytes);
    bool whole = true;
    for (uint32_t n = 0; n < entry.payload.segments; ++n) {
        const uint32_t size = engine::segment_content_bytes(n, entry.size, segment_bytes);
        const uint64_t offset = engine::segment_offset(n, segment_bytes);
        const MutableBytes here = MutableBytes(sealed).first(size + engine::kTagBytes);
        if (!file.read(offset, here)) {
            damage(object, StorePart::segment, n, offset, here.size(), "the file ends before its end, or cannot be read there");
            return false;
        }
        const bool opened =
            engine::open_segment(crypto_, root_.cipher, root_.store_id, entry, n, here, plain.first(size)).has_value();
        if (!opened) damage(object, StorePart::segment, n, offset, here.size(), "does not open: altered");
        whole = whole && opened;
        if (whole) content(plain.first(size));
    }
    return whole;
}

void ObjectReader::find_strangers() {
    for (const auto& [name, bytes] : view_.payloads) {
        if (used_payloads_.contains(name)) continue;
        findings_.add(about_file(false, path_of_payload(name), bytes,
                                 "no object has it: left behind by an interrupted change, or put there"));
    }
}

}  // namespace festore::inspect
