// SPDX-License-Identifier: BSD-2-Clause
// An independent check of a store: page by page from the root record, without frames, caches or the code that
// changes it.
#include "tests/engine/store.h"

namespace festore::engine {
namespace {

class Verifier {
public:
    explicit Verifier(TestStore& store) : store_(store), root_(store.root), uses_(store.root.page_count) {}

    Model all() {
        if (root_.height > 0) visit(root_.index, static_cast<uint8_t>(root_.height - 1), {}, std::nullopt);
        const uint32_t tree_pages = pages_;
        free_list();
        for (uint32_t page = kFirstPage; page < root_.page_count; ++page)
            EXPECT_EQ(uses_[page], 1) << "page " << page << " of " << root_.page_count;
        EXPECT_EQ(root_.objects, model_.size());
        EXPECT_EQ(root_.content_bytes, bytes_);
        EXPECT_EQ(tree_pages + list_pages_ + root_.free_pages + kFirstPage, root_.page_count);
        return std::move(model_);
    }

private:
    bool open(const PageRef& ref, PageKind kind, PageBytes& plain) {
        EXPECT_GE(ref.page, kFirstPage);
        EXPECT_LT(ref.page, root_.page_count);
        if (ref.page >= root_.page_count || !store_.disk.contains(ref.page)) {
            ADD_FAILURE() << "page " << ref.page << " is missing";
            return false;
        }
        ++uses_[ref.page];
        const Status opened = open_page(store_.crypto, store_.keys, {root_.store_id, root_.epoch, root_.cipher}, kind, ref,
                                        store_.disk.read(ref.page), plain);
        EXPECT_TRUE(opened) << "page " << ref.page;
        return opened.has_value();
    }

    // Checks a page, whose names are >= first and < end. Returns the bytes that it uses.
    size_t visit(const PageRef& ref, uint8_t level, const std::string& first, const std::optional<std::string>& end) {
        PageBytes plain{};
        if (!open(ref, level == 0 ? PageKind::leaf : PageKind::inner, plain)) return 0;
        ++pages_;
        EXPECT_TRUE(Node::check(plain, level));
        const Node node(plain);
        EXPECT_LE(node.generation(), root_.generation);
        for (size_t i = Node::kHeaderBytes + node.used(); i < kPageBytes; ++i) EXPECT_EQ(plain[i], std::byte{0});
        size_t used_before = Node::kRoom;
        for (size_t i = 0; i < node.count(); ++i) {
            const std::string key(text_of(node.key(i)));
            EXPECT_GE(key, first);
            EXPECT_TRUE(!end || key < *end);
            if (level == 0) {
                const Entry entry = decode_entry(node.value(i)).value();
                bytes_ += entry.size;
                model_[key] = {std::string(text_of(entry.content)), entry.version};
                continue;
            }
            EXPECT_TRUE(i > 0 || key == first) << "a page above the leaves begins with the key that its parent has for it";
            const std::optional<std::string> next =
                i + 1 < node.count() ? std::optional(std::string(text_of(node.key(i + 1)))) : end;
            const size_t used = visit(node.child(i), static_cast<uint8_t>(level - 1), key, next);
            EXPECT_FALSE(used < Node::kUnderfull && used_before < Node::kUnderfull) << "two neighbours are underfull";
            used_before = used;
        }
        return node.used();
    }

    void free_list() {
        uint32_t numbers = 0;
        PageBytes plain{};
        for (PageRef ref = root_.free_list; !ref.is_none();) {
            if (!open(ref, PageKind::free_list, plain)) return;
            ++list_pages_;
            Reader in(plain);
            const size_t count = in.u16();
            in.u16(), in.u32(), in.u64();
            ref = read_page_ref(in);
            for (size_t i = 0; i < count; ++i, ++numbers) {
                const uint32_t page = in.u32();
                ASSERT_LT(page, root_.page_count);
                ++uses_[page];
            }
        }
        EXPECT_EQ(numbers, root_.free_pages);
    }

    TestStore& store_;
    const RootRecord root_;
    std::vector<int> uses_;
    Model model_;
    uint64_t bytes_ = 0;
    uint32_t pages_ = 0;
    uint32_t list_pages_ = 0;
};

}  // namespace

Model TestStore::verify() { return Verifier(*this).all(); }

}  // namespace festore::engine
