// SPDX-License-Identifier: BSD-2-Clause
#include "engine/node.h"

#include "engine/entry.h"

#include <algorithm>

namespace festore::engine {
namespace {

// Checks one entry of a page that may hold anything.
Status check_entry(Reader& in, uint8_t level, Bytes& key) {
    const size_t size = in.u16();
    const size_t key_bytes = in.u8();
    key = in.bytes(key_bytes);
    if (!in.ok() || size < Node::kEntryOverhead + key_bytes || size > limits::kIndexEntryBytesMax)
        return fail(Code::corrupt_object);
    const Bytes value = in.bytes(size - Node::kEntryOverhead - key_bytes);
    if (!in.ok()) return fail(Code::corrupt_object);
    if (level == 0) {
        if (key.empty() || !decode_entry(value)) return fail(Code::corrupt_object);
        return {};
    }
    if (value.size() != kPageRefBytes) return fail(Code::corrupt_object);
    Reader ref_in(value);
    const PageRef ref = read_page_ref(ref_in);
    if (ref.page < kFirstPage || ref.is_pending()) return fail(Code::corrupt_object);
    return {};
}

}  // namespace

int compare_keys(Bytes a, Bytes b) {
    const size_t common = std::min(a.size(), b.size());
    const int order = common == 0 ? 0 : __builtin_memcmp(a.data(), b.data(), common);
    if (order != 0) return order;
    return a.size() < b.size() ? -1 : a.size() > b.size() ? 1 : 0;
}

Status Node::check(const PageBytes& bytes, uint8_t level) {
    Reader in(bytes);
    const uint8_t actual_level = in.u8();
    const uint8_t zero = in.u8();
    const size_t count = in.u16();
    const size_t used = in.u16();
    const uint16_t zero_2 = in.u16();
    in.u64();
    if (actual_level != level || zero != 0 || zero_2 != 0 || used > kRoom) return fail(Code::corrupt_object);
    if (level > 0 && count == 0) return fail(Code::corrupt_object);
    Reader entries(in.bytes(used));
    Bytes previous;
    for (size_t i = 0; i < count; ++i) {
        Bytes key;
        FESTORE_CHECK(check_entry(entries, level, key));
        if (i > 0 && compare_keys(previous, key) >= 0) return fail(Code::corrupt_object);
        previous = key;
    }
    if (!entries.done()) return fail(Code::corrupt_object);
    return {};
}

void Node::start(uint8_t level, uint64_t generation) {
    bytes_.fill(std::byte{0});
    bytes_[0] = static_cast<std::byte>(level);
    set_generation(generation);
}

void Node::set_generation(uint64_t generation) {
    Writer out(MutableBytes(bytes_).subspan(8, 8));
    out.u64(generation);
}

void Node::set_counts(size_t count, size_t used) {
    Writer out(MutableBytes(bytes_).subspan(2, 4));
    out.u16(static_cast<uint16_t>(count));
    out.u16(static_cast<uint16_t>(used));
}

size_t Node::offset_of(size_t i) const {
    size_t offset = kHeaderBytes;
    for (size_t k = 0; k < i; ++k) offset += size_at(offset);
    return offset;
}

Bytes Node::key(size_t i) const { return key_at(offset_of(i)); }

Bytes Node::value(size_t i) const {
    const size_t offset = offset_of(i);
    const size_t head = kEntryOverhead + static_cast<size_t>(bytes_[offset + 2]);
    return Bytes(bytes_).subspan(offset + head, size_at(offset) - head);
}

size_t Node::entry_bytes(size_t i) const { return size_at(offset_of(i)); }

Node::Position Node::find(Bytes key) const {
    size_t offset = kHeaderBytes;
    const size_t n = count();
    for (size_t i = 0; i < n; ++i) {
        const int order = compare_keys(key_at(offset), key);
        if (order >= 0) return {i, order == 0};
        offset += size_at(offset);
    }
    return {n, false};
}

size_t Node::child_of(Bytes key) const {
    const Position p = find(key);
    return p.found || p.index == 0 ? p.index : p.index - 1;
}

PageRef Node::child(size_t i) const {
    Reader in(value(i));
    return read_page_ref(in);
}

void Node::set_child(size_t i, const PageRef& ref) {
    const Bytes place = value(i);
    Writer out(MutableBytes(bytes_).subspan(static_cast<size_t>(place.data() - bytes_.data()), place.size()));
    encode(ref, out);
}

size_t Node::index_of_page(uint32_t page) const {
    size_t offset = kHeaderBytes;
    const size_t n = count();
    for (size_t i = 0; i < n; ++i) {
        const size_t next = offset + size_at(offset);
        Reader in(Bytes(bytes_).subspan(next - kPageRefBytes, 4));
        if (in.u32() == page) return i;
        offset = next;
    }
    return n;
}

MutableBytes Node::insert(size_t i, Bytes key, size_t value_bytes) {
    const size_t offset = offset_of(i);
    const size_t size = entry_bytes(key.size(), value_bytes);
    const size_t end = kHeaderBytes + used();
    __builtin_memmove(bytes_.data() + offset + size, bytes_.data() + offset, end - offset);
    const MutableBytes place = MutableBytes(bytes_).subspan(offset, size);
    std::fill(place.begin(), place.end(), std::byte{0});
    Writer out(place);
    out.u16(static_cast<uint16_t>(size));
    out.u8(static_cast<uint8_t>(key.size()));
    out.bytes(key);
    set_counts(count() + 1, used() + size);
    return place.last(value_bytes);
}

void Node::erase(size_t i) {
    const size_t offset = offset_of(i);
    const size_t size = size_at(offset);
    const size_t end = kHeaderBytes + used();
    __builtin_memmove(bytes_.data() + offset, bytes_.data() + offset + size, end - offset - size);
    __builtin_memset(bytes_.data() + end - size, 0, size);
    set_counts(count() - 1, used() - size);
}

void Node::move_tail(size_t i, Node to) {
    const size_t offset = offset_of(i);
    const size_t size = kHeaderBytes + used() - offset;
    const MutableBytes tail = MutableBytes(bytes_).subspan(offset, size);
    copy_bytes(tail, MutableBytes(to.bytes_).subspan(kHeaderBytes + to.used(), size));
    to.set_counts(to.count() + count() - i, to.used() + size);
    std::fill(tail.begin(), tail.end(), std::byte{0});
    set_counts(i, used() - size);
}

size_t Node::split_point(size_t index, size_t bytes, bool append) const {
    const size_t n = count();
    if (append) return n;
    const size_t half = (used() + bytes) / 2;
    size_t left = 0;
    size_t offset = kHeaderBytes;
    for (size_t k = 0; k <= n; ++k) {  // over n + 1 entries, including the new one
        const size_t size = k == index ? bytes : size_at(offset);
        if (left + size > half) {
            const bool nearer_without = left + size - half > half - left;
            return std::clamp<size_t>(nearer_without ? k : k + 1, 1, n);
        }
        left += size;
        if (k != index) offset += size;
    }
    return n;
}

}  // namespace festore::engine
