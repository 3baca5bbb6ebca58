// SPDX-License-Identifier: BSD-2-Clause
// A flipped bit anywhere in a store is reported at its place, unless that place is unused.
#include "tests/engine/rounds.h"
#include "tests/inspect/harness.h"

namespace festore::inspect_test {
namespace {

class Flips : public InspectTest {
protected:
    Flips() {
        make_store();
        write_tee_storage();
    }
    // True if the byte's page is not in use.
    static bool not_in_use(const InspectAnswer& answer, uint64_t offset) {
        for (const Json& range : answer.document["pages"]["not_in_use"])
            if (offset / 4096 >= range[0].get<uint64_t>() && offset / 4096 <= range[1].get<uint64_t>()) return true;
        return false;
    }
};

TEST_F(Flips, InThePageFile) {
    const InspectAnswer whole = inspect(true, true);
    const uint64_t size = std::filesystem::file_size(store() / "pages");
    const uint64_t generation = whole.document["root_record"]["generation"];
    const uint64_t live_copy = generation % 2;
    size_t unused = 0;
    // All parts of a recovery copy; only some bytes of pages, which are sealed as a whole.
    const uint64_t step = 1 + 96 / engine::rounds(1);
    for (uint64_t offset = 0; offset < size; offset += offset < 8192 && offset % 4096 < 330 ? 3 : step) {
        flip("pages", offset);
        const InspectAnswer answer = inspect(true, true);
        if (offset < 8192) {
            const bool damage = offset / 4096 == live_copy;
            EXPECT_TRUE(found_at(answer, "pages", offset, damage)) << offset << "\n" << errors_of(answer);
        } else if (not_in_use(whole, offset)) {
            ++unused;
            EXPECT_EQ(exit_code(answer), 0) << offset << "\n" << errors_of(answer);
        } else {
            EXPECT_EQ(exit_code(answer), 6) << offset;
            EXPECT_TRUE(found_at(answer, "pages", offset, true)) << offset << "\n" << errors_of(answer);
        }
        flip("pages", offset);
    }
    EXPECT_GT(unused, 0U) << "there were free pages to try";
}

// Without the TEE's storage, the newest copy may belong to an interrupted change, so its pages may be reported as notes.
TEST_F(Flips, InThePageFileWithoutTheTeesStorage) {
    const InspectAnswer whole = inspect(true);
    const uint64_t size = std::filesystem::file_size(store() / "pages");
    for (uint64_t offset = 8192; offset < size; offset += 4096) {
        flip("pages", offset + 100);
        const InspectAnswer answer = inspect(true);
        const bool found = found_at(answer, "pages", offset + 100, true) || found_at(answer, "pages", offset + 100, false);
        EXPECT_EQ(found, !not_in_use(whole, offset)) << offset << "\n" << errors_of(answer);
        flip("pages", offset + 100);
    }
}

TEST_F(Flips, InAPayload) {
    const std::string file = payload_of(inspect(true), "größe/payload");
    const uint64_t size = std::filesystem::file_size(store() / file);
    for (uint64_t offset = 0; offset < size; offset += 1 + 4001 / engine::rounds(1)) {
        flip(file, offset);
        const InspectAnswer answer = inspect(true, true, "out");
        EXPECT_EQ(exit_code(answer), 6);
        EXPECT_TRUE(found_at(answer, file, offset, true)) << offset << "\n" << errors_of(answer);
        EXPECT_FALSE((*object_in(answer, "größe/payload"))["verified"]);
        EXPECT_TRUE((*object_in(answer, "small payload"))["verified"]);
        EXPECT_FALSE(std::filesystem::exists(folder_ / "out/gr%C3%B6%C3%9Fe%2Fpayload"));
        EXPECT_TRUE(std::filesystem::exists(folder_ / "out/small%20payload"));
        std::filesystem::remove_all(folder_ / "out");
        flip(file, offset);
    }
}

TEST_F(Flips, InTheHeader) {
    for (uint64_t offset = 0; offset < 64; ++offset) {
        for (unsigned bit = 0; bit < 8; ++bit) {
            flip("festore.store", offset, bit);
            const InspectAnswer answer = inspect(true);
            // The kind of TEE is the only field that is not repeated in sealed data; a newer version is not read. (The
            // version of a store with a name is known, but requires a name.)
            const bool version = offset == 8 || (offset == 9 && bit != 0);
            const bool other_tee = offset == 10 && (bit == 0 || bit == 1) && exit_code(answer) == 0;
            EXPECT_TRUE(other_tee || exit_code(answer) == (version ? 1 : 6)) << offset << "." << bit << "\n" << errors_of(answer);
            flip("festore.store", offset, bit);
        }
    }
}

}  // namespace
}  // namespace festore::inspect_test
