// SPDX-License-Identifier: BSD-2-Clause
#include "cli/progress.h"

#include "base/bytes.h"
#include "base/host/file_io.h"

#include <algorithm>
#include <fmt/format.h>
#include <unistd.h>

namespace festore::cli {
namespace {

constexpr std::chrono::milliseconds kShownAfter{1000};
constexpr std::chrono::milliseconds kShownAgainAfter{200};
constexpr std::string_view kClearLine = "\r\x1b[K";

void write_to_terminal(std::string_view text) { (void)write_all(STDERR_FILENO, bytes_of(text)); }

}  // namespace

std::string size_text(uint64_t bytes) {
    if (bytes < 1024) return fmt::format("{} bytes", bytes);
    constexpr std::string_view kUnits = "KMGT";
    double size = static_cast<double>(bytes) / 1024;
    size_t unit = 0;
    for (; size >= 1000 && unit + 1 < kUnits.size(); ++unit) size /= 1024;
    return fmt::format("{:.1f} {}iB", size, kUnits[unit]);
}

ProgressLine::ProgressLine(const Options& options)
    : active_(!options.quiet && !options.json && isatty(STDERR_FILENO) == 1), due_(begin_ + kShownAfter) {}

ProgressLine::~ProgressLine() {
    if (is_drawn_) write_to_terminal(kClearLine);
}

bool ProgressLine::is_due() const { return active_ && Clock::now() >= due_; }

void ProgressLine::draw(std::string_view text) {
    due_ = Clock::now() + kShownAgainAfter;
    is_drawn_ = true;
    write_to_terminal(fmt::format("{}{}", kClearLine, text));
}

double ProgressLine::seconds() const { return std::chrono::duration<double>(Clock::now() - begin_).count(); }

void Progress::add(uint64_t bytes) {
    bytes_ += bytes;
    if (line_.is_due()) line_.draw(text());
}

std::string Progress::text() const {
    std::string text = size_text(bytes_);
    if (total_ && *total_ > 0) {
        const double part = std::min(1.0, static_cast<double>(bytes_) / static_cast<double>(*total_));
        constexpr int kBarWidth = 30;
        const auto filled = static_cast<size_t>(part * kBarWidth);
        text += fmt::format(" of {} [{}{}] {:3.0f} %", size_text(*total_), std::string(filled, '#'),
                            std::string(kBarWidth - filled, '.'), part * 100);
    }
    return text + fmt::format(", {}/s", size_text(static_cast<uint64_t>(static_cast<double>(bytes_) / line_.seconds())));
}

}  // namespace festore::cli
