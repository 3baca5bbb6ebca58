// SPDX-License-Identifier: BSD-2-Clause
// A progress line on a terminal: shown only if the operation takes long, and erased at its end. Thread safety: one thread.
#pragma once
#include "cli/options.h"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace festore::cli {

// Silent with --quiet or --json, and if standard error is not a terminal.
class ProgressLine {
public:
    explicit ProgressLine(const Options& options);
    ~ProgressLine();
    ProgressLine(const ProgressLine&) = delete;
    ProgressLine& operator=(const ProgressLine&) = delete;

    // True when the line should be drawn: after a first pause, then a few times a second.
    [[nodiscard]] bool is_due() const;
    void draw(std::string_view text);
    [[nodiscard]] double seconds() const;

private:
    using Clock = std::chrono::steady_clock;

    const bool active_;
    const Clock::time_point begin_ = Clock::now();
    Clock::time_point due_;
    bool is_drawn_ = false;
};

// The progress of moving a content.
class Progress {
public:
    // `total`: bytes, if known.
    Progress(const Options& options, std::optional<uint64_t> total) : line_(options), total_(total) {}
    void add(uint64_t bytes);

private:
    [[nodiscard]] std::string text() const;

    ProgressLine line_;
    const std::optional<uint64_t> total_;
    uint64_t bytes_ = 0;
};

// "512 bytes", "1.5 MiB", "2.0 GiB".
std::string size_text(uint64_t bytes);

}  // namespace festore::cli
