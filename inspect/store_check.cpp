// SPDX-License-Identifier: BSD-2-Clause
#include "inspect/store_check.h"

#include "base/name.h"
#include "client/store/errors.h"
#include "engine/node.h"
#include "engine/page_allocator.h"
#include "engine/reserved.h"
#include "engine/sealing.h"
#include "protocol/store_files.h"

#include <memory>

namespace festore::inspect {
namespace {

using engine::kFirstPage;
using engine::Node;
using engine::PageKind;
using engine::PageRef;

// A decrypted page. It holds keys and contents, so it is wiped.
struct PlainPage {
    engine::PageBytes bytes{};
    PlainPage() = default;
    PlainPage(const PlainPage&) = delete;
    PlainPage& operator=(const PlainPage&) = delete;
    ~PlainPage() { wipe(bytes); }
};

class Checker {
public:
    Checker(engine::Crypto& crypto, const engine::StoreKeys& keys, const engine::RootRecord& root,
            ree_fs::FileSource* pages, EntrySink* sink)
        : crypto_(crypto), keys_(keys), root_(root), pages_(pages), sink_(sink), used_(root.page_count),
          free_(root.page_count) {}

    StoreCheck run() {
        if (root_.height > 0) visit(root_.index, static_cast<uint8_t>(root_.height - 1), {}, nullptr);
        walk_free_list();
        // If a page is missing, so is everything below it, and no count can agree.
        if (result_.whole()) compare();
        list_not_in_use();
        return std::move(result_);
    }

private:
    void damage(uint32_t page, std::string text) { result_.findings.add(about_page(true, page, std::move(text))); }

    // Opens a page to which `what` refers. If it is missing or wrong, adds a finding and returns false.
    bool open(const PageRef& ref, PageKind kind, const std::string& what, engine::PageBytes& plain) {
        if (ref.page < kFirstPage || ref.page >= root_.page_count) {
            damage(ref.page, what + " refers to it, outside of the store's pages");
            return false;
        }
        if (used_[ref.page]) {
            damage(ref.page, what + " refers to it, and so does something else");
            return false;
        }
        used_[ref.page] = true;
        engine::PageBytes sealed{};
        if (pages_ == nullptr || !pages_->read(protocol::page_offset(ref.page), sealed)) {
            damage(ref.page, "the file ends before it, or cannot be read there (" + what + ")");
            return false;
        }
        const engine::PageContext context{root_.store_id, root_.epoch, root_.cipher};
        if (engine::open_page(crypto_, keys_, context, kind, ref, sealed, plain)) return true;
        damage(ref.page, "not the page that belongs here, or altered (" + what + ")");
        return false;
    }

    // The keys of the page are >= first, and < *end.
    void visit(const PageRef& ref, uint8_t level, const std::string& first, const std::string* end) {
        const auto page = std::make_unique<PlainPage>();
        const std::string what = level == 0 ? "a leaf of the index" : "the index, level " + std::to_string(level);
        if (!open(ref, level == 0 ? PageKind::leaf : PageKind::inner, what, page->bytes)) return;
        ++result_.index_pages;
        if (!Node::check(page->bytes, level)) return damage(ref.page, "authentic, but not well-formed (" + what + ")");
        const Node node(page->bytes);
        if (node.generation() > root_.generation) damage(ref.page, "newer than the root record (" + what + ")");
        if (level > 0 && text_of(node.key(0)) != first) damage(ref.page, "does not begin where its parent says");
        for (size_t i = 0; i < node.count(); ++i) {
            const std::string key(text_of(node.key(i)));
            if (key < first || (end != nullptr && key >= *end)) {
                damage(ref.page, "holds a name that does not belong here (" + what + ")");
                return;
            }
            if (level == 0) {
                take(ref.page, node.key(i), node.value(i));
                continue;
            }
            std::string next;
            if (i + 1 < node.count()) next = text_of(node.key(i + 1));
            visit(node.child(i), static_cast<uint8_t>(level - 1), key, i + 1 < node.count() ? &next : end);
        }
    }

    void take(uint32_t page, Bytes name, Bytes value) {
        const Outcome<engine::Entry> entry = engine::decode_entry(value);
        if (entry && engine::is_reserved(name)) return take_reserved(page, name, *entry);
        if (!entry || check_name(name) != NameFault::none) return damage(page, "holds an entry that is not a valid object");
        ++result_.objects;
        result_.content_bytes += entry->size;
        if (sink_ != nullptr) sink_->take(name, *entry);
    }

    // A reserved entry is not an object. The old record, which holds the store's secret, is not shown.
    void take_reserved(uint32_t page, Bytes key, const engine::Entry& entry) {
        if (!engine::is_lost_range(key)) return;
        const Outcome<engine::LostRange> range = engine::decode_lost_range(entry);
        if (!range) return damage(page, "holds an entry that is not a valid lost range");
        const LostRange names{std::string(text_of(range->from)), std::string(text_of(range->before)), range->acknowledged};
        result_.findings.add(about_root(false, "says that names were lost with damage that was dropped: " + festore::text_of(names)));
    }

    void walk_free_list() {
        const auto page = std::make_unique<PlainPage>();
        for (PageRef ref = root_.free_list; !ref.is_none();) {
            if (!open(ref, PageKind::free_list, "the free list", page->bytes)) return;
            ++result_.list_pages;
            Reader in(page->bytes);
            const size_t count = in.u16();
            const bool zero = in.u16() == 0 && in.u32() == 0;
            const bool newer = in.u64() > root_.generation;
            const PageRef next = engine::read_page_ref(in);
            if (!zero || newer || count > engine::kFreeListNumbersMax)
                return damage(ref.page, "authentic, but not well-formed (the free list)");
            for (size_t i = 0; i < count; ++i) add_free(ref.page, in.u32());
            ref = next;
        }
    }

    void add_free(uint32_t list_page, uint32_t page) {
        ++result_.free_numbers;
        if (page < kFirstPage || page >= root_.page_count)
            damage(list_page, "lists page " + std::to_string(page) + " as free, outside of the store's pages");
        else if (free_[page])
            damage(list_page, "lists page " + std::to_string(page) + " as free a second time");
        else
            free_[page] = true;
    }

    void compare() {
        for (uint32_t page = kFirstPage; page < root_.page_count; ++page) {
            if (used_[page] && free_[page]) damage(page, "in use, and listed as free");
            if (!used_[page] && !free_[page]) damage(page, "neither in use nor listed as free");
        }
        compare("objects", root_.objects, result_.objects);
        compare("bytes of content", root_.content_bytes, result_.content_bytes);
        compare("free pages", root_.free_pages, result_.free_numbers);
    }

    void compare(const std::string& what, uint64_t recorded, uint64_t found) {
        if (recorded == found) return;
        result_.findings.add(about_root(true, "says " + std::to_string(recorded) + " " + what + ", and there are " +
                                                  std::to_string(found)));
    }

    void list_not_in_use() {
        const uint64_t in_file = pages_ == nullptr ? 0 : pages_->size() / limits::kPageBytes;
        const auto pages = static_cast<uint32_t>(std::min<uint64_t>(in_file, limits::kPageCountMax));
        std::vector<PageRange>& ranges = result_.not_in_use;
        for (uint32_t page = kFirstPage; page < pages; ++page) {
            if (page < root_.page_count && (!free_[page] || used_[page])) continue;
            if (!ranges.empty() && ranges.back().second + 1 == page) ranges.back().second = page;
            else ranges.emplace_back(page, page);
        }
    }

    engine::Crypto& crypto_;
    const engine::StoreKeys& keys_;
    const engine::RootRecord& root_;
    ree_fs::FileSource* pages_;
    EntrySink* sink_;
    std::vector<bool> used_;
    std::vector<bool> free_;
    StoreCheck result_;
};

}  // namespace

StoreCheck check_store(engine::Crypto& crypto, const engine::StoreKeys& keys, const engine::RootRecord& root,
                       ree_fs::FileSource* pages, EntrySink* sink) {
    return Checker(crypto, keys, root, pages, sink).run();
}

}  // namespace festore::inspect
