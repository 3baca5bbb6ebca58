// SPDX-License-Identifier: BSD-2-Clause
// `inspect` of a store's directory: what it found, and its output (docs/inspect.md).
#pragma once
#include "inspect/run.h"
#include "inspect/store_objects.h"
#include "inspect/store_root.h"

namespace festore::inspect {

struct StoreInspection {
    StoreView view;
    bool key_given = false;
    ChosenRoot root;                   // with the key
    std::optional<StoreCheck> check;   // of `root`
    std::vector<StoreObject> objects;  // of `root`
    StoreFindings object_findings;
    std::vector<std::string> denied;
    bool storage_damaged = false;  // the TEE's storage has damage, in any object

    [[nodiscard]] bool any_damage() const;
    // True if nothing could be read on which to try the key.
    [[nodiscard]] bool key_untested() const { return !view.header && !view.has_pages && !root.key_fits; }
    [[nodiscard]] std::vector<const StoreFinding*> findings() const;
    [[nodiscard]] size_t dropped() const;
};

// `directory` is open at request.directory; `huk` and `extractor` may be null.
InspectAnswer inspect_store(const InspectRequest& request, int directory, const ree_fs::Huk* huk, Extractor* extractor);

std::string store_text(const std::string& directory, const StoreInspection& inspection);
nlohmann::ordered_json store_json(const std::string& directory, const StoreInspection& inspection);
std::vector<Error> store_errors(const InspectRequest& request, const StoreInspection& inspection);

}  // namespace festore::inspect
