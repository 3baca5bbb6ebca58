// SPDX-License-Identifier: BSD-2-Clause
// What `inspect` found at a place in a store's directory. Findings hold no keys and no content.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace festore::inspect {

enum class StorePart : uint8_t {
    file,           // as a whole
    recovery_copy,  // `number`: its page
    page,           // of the index or the free list
    segment,        // of a payload
    root_record,    // no file: the root record contradicts what was found
};
const char* name_of(StorePart part);

struct StoreFinding {
    bool damage = true;  // else a note
    StorePart part = StorePart::file;
    std::string file;  // in the directory, any bytes; "" for the root record
    uint32_t number = 0;
    uint64_t offset = 0;  // of the bytes at fault, in the file
    uint64_t size = 0;
    std::string object;  // whose content it is; "" for none
    std::string text;    // a part of a sentence, without the place
};
// "pages: page 7 (offset 28672, 4096 bytes)"
std::string place_of(const StoreFinding& finding);

StoreFinding about_file(bool damage, std::string file, uint64_t size, std::string text);
StoreFinding about_page(bool damage, uint32_t page, std::string text);
StoreFinding about_copy(bool damage, uint32_t slot, std::string text);
StoreFinding about_root(bool damage, std::string text);

// Keeps the first kFindingsMax of the damage, and as many notes: notes hide no damage.
class StoreFindings {
public:
    static constexpr size_t kFindingsMax = 512;
    void add(StoreFinding finding);
    void add_all(const StoreFindings& other);
    // Adds the others as notes, because what they are about is not in force; `prefix` names it.
    void add_all_as_notes(const StoreFindings& other, const std::string& prefix);

    [[nodiscard]] const std::vector<StoreFinding>& list() const { return list_; }
    [[nodiscard]] bool any_damage() const { return damages_ != 0; }
    [[nodiscard]] size_t dropped() const { return dropped_; }

private:
    std::vector<StoreFinding> list_;
    size_t damages_ = 0;
    size_t notes_ = 0;
    size_t dropped_ = 0;
};

}  // namespace festore::inspect
