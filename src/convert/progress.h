// SPDX-License-Identifier: MIT
// Who watches a conversion for people: a bar on a terminal, lines now and then elsewhere, and in
// either case the signals: SIGUSR1 asks for a line, SIGINT and SIGTERM for an end.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>

#include "convert/conversion.h"

namespace lbx::convert {

enum class Wish { None, State, Stop };

/// What people ask of a running conversion.
class Wishes {
 public:
  virtual ~Wishes() = default;
  virtual Wish next() = 0;
};

/// Signals, which are blocked as long as the object lives and taken one by one: threads that start
/// meanwhile inherit that, and no handler is needed.
class SignalWishes final : public Wishes {
 public:
  SignalWishes();
  SignalWishes(const SignalWishes&) = delete;
  SignalWishes& operator=(const SignalWishes&) = delete;
  ~SignalWishes() override;
  Wish next() override;
};

enum class Display { None, Lines, Bar };

class PeopleProgress final : public Progress {
 public:
  /// Writes to `out`. All must outlive it.
  PeopleProgress(Clock& clock, Wishes& wishes, Display display, std::FILE* out);
  PeopleProgress(const PeopleProgress&) = delete;
  PeopleProgress& operator=(const PeopleProgress&) = delete;
  ~PeopleProgress() override;  // takes the bar away
  Result<void> update(const Tally& tally) override;

 private:
  void show(const Tally& tally, const Instant& now);

  Clock* clock_;
  Wishes* wishes_;
  Display display_;
  std::FILE* out_;
  Instant began_;
  Instant shown_;
  std::uint64_t calls_{0};
  bool bar_{false};
};

/// `[#####.....]  50 %`
std::string progress_bar(std::uint64_t position, std::uint64_t size);

/// `1234 messages, 5.1 MB, 12850 messages/s, 0:07 left, 2 errors`, after so many microseconds.
std::string state_line(const Tally& tally, std::int64_t micros);

/// "999 B", "12.3 kB", "4.5 GB".
std::string readable_octets(std::uint64_t octets);

}  // namespace lbx::convert
