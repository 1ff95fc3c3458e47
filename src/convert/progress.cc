// SPDX-License-Identifier: MIT
#include "convert/progress.h"

#include <algorithm>
#include <cstdio>

namespace lbx::convert {
namespace {

constexpr std::size_t kBarWidth = 30;
constexpr std::int64_t kRedrawMicros = 100'000;
constexpr const char* kClearLine = "\r\033[K";

std::int64_t micros_between(const Instant& from, const Instant& to) {
  return (to.seconds - from.seconds) * 1'000'000 + to.micros - from.micros;
}

}  // namespace

TerminalProgress::~TerminalProgress() {
  if (shown_) std::fputs(kClearLine, stderr);
}

void TerminalProgress::update(std::uint64_t position, std::uint64_t size, std::uint64_t messages) {
  const Instant now = clock_->now();
  // A clock that was set back draws again at once.
  const std::int64_t passed = micros_between(drawn_, now);
  if (passed >= 0 && passed < kRedrawMicros) return;
  drawn_ = now;
  shown_ = true;
  std::fprintf(stderr, "%s%s", kClearLine, progress_bar(position, size, messages).c_str());
}

std::string progress_bar(std::uint64_t position, std::uint64_t size, std::uint64_t messages) {
  const double part =
      size == 0 ? 1.0 : std::min(1.0, static_cast<double>(position) / static_cast<double>(size));
  const auto filled = static_cast<std::size_t>(part * static_cast<double>(kBarWidth));
  std::string percent = std::to_string(static_cast<int>(part * 100.0));
  percent.insert(0, 3 - std::min<std::size_t>(percent.size(), 3), ' ');
  return '[' + std::string(filled, '#') + std::string(kBarWidth - filled, '.') + "] " + percent +
         " %  " + std::to_string(messages) + " messages";
}

}  // namespace lbx::convert
