// SPDX-License-Identifier: BSD-2-Clause
// Random operations on a storage, compared with a model; after each one the verifier finds exactly the model's objects, and
// no file that no entry names.
#include "tests/ree_fs/writer.h"

#include <algorithm>
#include <random>

namespace festore::ree_fs::test {
namespace {

class Model : public testing::TestWithParam<std::tuple<HeadLayout, HeadRule>> {};

size_t some_size(std::mt19937& random) {
    constexpr std::array<size_t, 8> kSizes = {0, 1, 100, 4095, 4096, 4097, 12288, 140000};
    return kSizes[random() % kSizes.size()] + (random() % 4 == 0 ? random() % 3000 : 0);
}

TEST_P(Model, AgreesAfterEveryOperation) {
    const auto [layout, rule] = GetParam();
    std::mt19937 random(20261126);
    MemorySupplicant disk;
    const Huk huk = zero_huk();
    auto storage = std::make_unique<Storage>(disk, huk, Derivation::compatible, Format{layout, rule});
    Objects model;
    std::map<std::pair<Uuid, std::string>, std::unique_ptr<StoredObject>> held;
    for (int step = 0; step < 400; ++step) {
        const std::pair<Uuid, std::string> key = {random() % 2 == 0 ? kSampleTa : kOtherTa,
                                                  "object " + std::to_string(random() % 6)};
        const Bytes id = bytes_of(key.second);
        const bool there = model.contains(key);
        const Buffer bytes = pattern(some_size(random), static_cast<uint8_t>(step));
        const size_t at = some_size(random);
        SCOPED_TRACE("step " + std::to_string(step));
        const unsigned what = random() % 8;
        if (what == 0) {
            held.clear();
            storage = std::make_unique<Storage>(disk, huk, Derivation::compatible, Format{layout, rule});
        } else if (what <= 2) {
            held.erase(key);
            const bool overwrite = random() % 2 == 0;
            const Bytes first = Bytes(bytes).first(bytes.size() / 3);
            const auto made = storage->create(key.first, id, {first, Bytes(bytes).subspan(first.size())}, overwrite);
            ASSERT_EQ(made.has_value(), overwrite || !there);
            if (made) model[key] = bytes;
        } else if (what == 3) {
            held.erase(key);
            ASSERT_EQ(storage->remove(key.first, id).has_value(), there);
            model.erase(key);
        } else if (what == 4) {
            const std::pair<Uuid, std::string> to = {key.first, "object " + std::to_string(random() % 6)};
            held.erase(key);
            held.erase(to);
            const bool good = there && !model.contains(to);
            ASSERT_EQ(storage->rename(key.first, id, bytes_of(to.second)).has_value(), good);
            if (good) {
                model[to] = model[key];
                model.erase(key);
            }
        } else {
            if (!held.contains(key)) {
                auto opened = storage->open(key.first, id);
                ASSERT_EQ(opened.has_value(), there);
                if (!there) continue;
                held[key] = std::move(*opened);
            }
            StoredObject& object = *held[key];
            Buffer& content = model[key];
            if (what == 5) {
                ASSERT_TRUE(object.resize(at));
                content.resize(at);
            } else {
                ASSERT_TRUE(object.write(at, bytes));
                if (!bytes.empty()) content.resize(std::max(content.size(), at + bytes.size()));
                if (!bytes.empty()) copy_bytes(bytes, MutableBytes(content).subspan(at));
            }
            ASSERT_TRUE(content_of(object) == content);
        }
        std::string faults;
        ASSERT_TRUE(verified(disk.files(), faults) == model);
        ASSERT_EQ(faults, "");
        ASSERT_EQ(disk.files().size(), model.size() + (disk.files().contains("dirf.db") ? 1 : 0));
    }
}

INSTANTIATE_TEST_SUITE_P(All, Model, testing::Combine(testing::Values(HeadLayout::padded, HeadLayout::packed),
                                                      testing::Values(HeadRule::first_half, HeadRule::whole)));

}  // namespace
}  // namespace festore::ree_fs::test
