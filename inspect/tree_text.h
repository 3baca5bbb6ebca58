// SPDX-License-Identifier: BSD-2-Clause
// How reports are drawn.
#pragma once
#include "base/bytes.h"

#include <string>
#include <vector>

namespace festore::inspect {

// A tree of lines, drawn with characters that every terminal and every log can show.
class TreeText {
public:
    explicit TreeText(std::string root) : text_(std::move(root) + "\n") {}
    struct Branch {
        std::string line;
        std::vector<Branch> below;
    };
    void add(Branch branch) { branches_.push_back(std::move(branch)); }
    std::string finish() {
        draw(branches_, "");
        return std::move(text_);
    }

private:
    void draw(const std::vector<Branch>& branches, const std::string& indent);
    std::string text_;
    std::vector<Branch> branches_;
};

}  // namespace festore::inspect
