// SPDX-License-Identifier: MIT
// A bar for a person who looks; silence for everybody else.
#pragma once

#include <cstdint>
#include <string>

#include "convert/conversion.h"

namespace lbx::convert {

class NoProgress final : public Progress {
 public:
  void update(std::uint64_t, std::uint64_t, std::uint64_t) override {}
};

/// Draws on one line of standard error, which must be a terminal, ten times a second at most.
class TerminalProgress final : public Progress {
 public:
  explicit TerminalProgress(Clock& clock) : clock_{&clock} {}
  TerminalProgress(const TerminalProgress&) = delete;
  TerminalProgress& operator=(const TerminalProgress&) = delete;
  ~TerminalProgress() override;  // takes the bar away
  void update(std::uint64_t position, std::uint64_t size, std::uint64_t messages) override;

 private:
  Clock* clock_;
  Instant drawn_;
  bool shown_{false};
};

/// `[#####.....]  50 %  1234 messages`.
std::string progress_bar(std::uint64_t position, std::uint64_t size, std::uint64_t messages);

}  // namespace lbx::convert
