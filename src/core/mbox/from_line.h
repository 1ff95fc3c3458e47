// SPDX-License-Identifier: MIT
// The From_ line, which begins a message in an mbox: sender and date, in every form that programs
// have written. Reading one is guessing: what the line looks like is told apart here, what to make
// of it is decided where its surroundings are known (reader.h). mbox(5); CONTRACT 0.6 and 2.5.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lbx {

/// Octets of a line that can still be a From_ line, without its end.
inline constexpr std::size_t kMaxFromLine = 2000;

struct FromLine {
  enum class Form {
    Dated,       // a sender, which may be empty or hold blanks, and a date
    GitMagic,    // the date is the one that git writes into every patch, and means nothing
    Bare,        // "From " alone
    Dash,        // "From -" without a date: Mozilla
    SenderOnly,  // one word without a date
    Prose,       // several words without a date: hardly a From_ line
  };
  Form form;
  std::string sender;                // empty where unknown
  std::optional<std::int64_t> date;  // for Dated: UTC, by the zone where the line has one

  bool operator==(const FromLine&) const = default;
};

/// Reads a line without its end. Nothing where it does not begin with "From ", or is too long.
std::optional<FromLine> parse_from_line(std::string_view line);

/// A From_ line as qmail writes it, newline included: blanks in the sender become '-', no sender
/// is MAILER-DAEMON, the date is in UTC.
std::string format_from_line(std::string_view sender, std::int64_t seconds);

}  // namespace lbx
