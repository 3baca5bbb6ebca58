// SPDX-License-Identifier: BSD-2-Clause
#include "inspect/tree_text.h"

namespace festore::inspect {

// Recursion is as deep as the report: three levels.
void TreeText::draw(const std::vector<Branch>& branches, const std::string& indent) {
    for (size_t i = 0; i < branches.size(); ++i) {
        const bool last = i + 1 == branches.size();
        text_ += indent + (last ? "`-- " : "|-- ") + branches[i].line + "\n";
        draw(branches[i].below, indent + (last ? "    " : "|   "));
    }
}

}  // namespace festore::inspect
