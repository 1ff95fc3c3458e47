// SPDX-License-Identifier: MIT
// What earlier attempts of one delivery have done already, so that a repeated one does not do it
// again: a file below the user's home, .letterbox/attempts/DIGEST, of lines
//   begin KEY LENGTH SECONDS   an append to an mbox of that length, with that time in its From_
//   line done KEY STATUS            the line has ended, as a program with that status would: 0 or
//   99
// A line is durable before what it announces happens; what a crash cut off does not count. KEY
// names a line of the .qmail file by its number and its text, so that an edited file is not
// mistaken for the old one. What is older than kAttemptSeconds is removed; so is what a caller
// forgets who will not try again.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/system.h"
#include "core/dotqmail/environment.h"
#include "deliver/report.h"

namespace lbx::deliver {

/// After that time nobody tries again what a crash broke off.
inline constexpr std::int64_t kAttemptSeconds = std::int64_t{36} * 3600;
/// Octets of such a file at most; a script has some lines, each has some attempts.
inline constexpr std::size_t kMaxAttemptOctets = std::size_t{16} * 1024 * 1024;

/// What is known of one line.
struct AttemptNote {
  std::optional<int> done;              // the status that it ended with
  std::optional<std::uint64_t> length;  // of the mbox, where an append began
  std::int64_t seconds{0};              // the time of its From_ line
  bool operator==(const AttemptNote&) const = default;
};
using AttemptNotes = std::map<std::string, AttemptNote, std::less<>>;

/// Reads the file's text. What makes no sense is passed over; later lines count.
AttemptNotes parse_attempt(std::string_view text);

class Attempt {
 public:
  /// The notes of the attempt called `name` at the delivery that `request` describes. `system` and
  /// `home`, the directory that open_home() gave, must outlive them. Nothing where the home takes
  /// no such file: mail is delivered all the same, without the promise. An error (Later) where
  /// another attempt is at work, or where notes are there and cannot be read.
  static Result<std::optional<Attempt>> open(System& system, int home, const std::string& name,
                                             const dotqmail::Request& request);

  /// Removes those notes, and the folders with the last ones. Best effort.
  static void forget(System& system, int home, const std::string& name,
                     const dotqmail::Request& request);

  const AttemptNote& note(const std::string& key) const;
  /// Durable on success.
  Result<void> begin(const std::string& key, std::uint64_t length, std::int64_t seconds);
  /// Best effort: at worst a line is carried out again.
  void done(const std::string& key, int status);

 private:
  Attempt(System& system, UniqueFd file, std::string_view text);
  Result<void> append(std::string line);

  System* system_;
  UniqueFd file_;  // locked
  AttemptNotes notes_;
  bool torn_;  // the file does not end with a newline
};

/// The key of a line.
std::string attempt_key(std::size_t line, std::string_view text);

}  // namespace lbx::deliver
