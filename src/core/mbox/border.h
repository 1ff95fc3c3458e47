// SPDX-License-Identifier: MIT
// Where messages begin in an mbox. A line "From " is a border or text, and no rule is always right:
// the line itself, what stands before it, what follows and what the file's first From_ line looks
// like decide together. The decision is a pure function; the finder reads what it needs.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/result.h"
#include "core/mbox/file_window.h"
#include "core/mbox/from_line.h"

namespace lbx {

/// What a reader of an mbox was not sure of, or passed over.
enum class MboxDoubt {
  NoEmptyLine,     // taken as a border, though no empty line stands before it
  AfterNul,        // taken as a border behind a hole of NULs
  InsidePart,      // taken as a border, though it begins a message/rfc822 part
  PartNotBorder,   // the same, taken as text (--mime)
  PatchNotBorder,  // git's date and no Message-ID: a patch in a message, taken as text
  ProseNotBorder,  // sender and date, but no header follows: taken as text
  EmptyEnvelope,   // a From_ line directly before another one: no message
  LeadingText,     // text before the first From_ line, passed over
  LengthIgnored,   // a Content-Length that leads to no border
  TrailingNuls,    // the file ends in NULs
};
inline constexpr std::size_t kMboxDoubts = 10;

std::string_view describe(MboxDoubt doubt);

struct MboxWarning {
  MboxDoubt doubt;
  std::uint64_t offset;  // in the file
  bool operator==(const MboxWarning&) const = default;
};

/// Warnings that are kept with their place; beyond, they are counted.
inline constexpr std::size_t kMaxKeptWarnings = 100;

class MboxWarnings {
 public:
  void add(MboxDoubt doubt, std::uint64_t offset);
  const std::vector<MboxWarning>& kept() const { return kept_; }
  std::uint64_t count() const;
  std::uint64_t count(MboxDoubt doubt) const { return counts_.at(static_cast<std::size_t>(doubt)); }

 private:
  std::vector<MboxWarning> kept_;
  std::array<std::uint64_t, kMboxDoubts> counts_{};
};

/// Everything that the decision looks at.
struct BorderClues {
  enum class Before { Start, EmptyLine, Text, Nul };
  enum class After { Field, Note, Empty, From, Other, End };
  FromLine::Form form{FromLine::Form::Prose};
  FromLine::Form first_form{FromLine::Form::Dated};  // of the file's first From_ line
  Before before{Before::EmptyLine};
  After after{After::Field};
  bool has_message_id{false};
  bool begins_part{false};  // directly behind the header of a message/rfc822 part
};

struct BorderRules {
  bool mime{false};    // a From_ line that begins a message/rfc822 part is text
  bool strict{false};  // mbox(5): every From_ line with a date behind an empty line is a border
  bool apart{false};   // only what stands behind an empty line can be a border
};

struct BorderVerdict {
  bool border;
  std::optional<MboxDoubt> doubt;
  bool operator==(const BorderVerdict&) const = default;
};

BorderVerdict judge_border(const BorderClues& clues, const BorderRules& rules);

struct Border {
  std::uint64_t offset;   // of the From_ line
  std::uint64_t content;  // of the first octet after it
  FromLine line;
  bool crlf;  // the line ends in CR LF
};

class BorderFinder {
 public:
  BorderFinder(FileWindow& window, BorderRules rules) : window_{&window}, rules_{rules} {}

  /// The file's first border. Nothing where the file is empty, or holds only empty lines. What is
  /// not an mbox is an error, Retry::Never, that says what it is instead. `warnings` may be null.
  Result<std::optional<Border>> first(MboxWarnings* warnings);

  /// The first border at or after `from`, which is behind the first one. With `apart`: that stands
  /// behind an empty line, as all do that a careful writer wrote.
  Result<std::optional<Border>> next(std::uint64_t from, bool apart, MboxWarnings* warnings);

  /// The border that begins at `offset`, or after one line end there; what lies before it is not
  /// looked at. The end of the file is a border without a From_ line (content == size).
  Result<std::optional<Border>> at(std::uint64_t offset);

  /// Whether next() has passed over a ">From " since the last call: where it has not, nothing that
  /// lies behind it was quoted.
  bool take_passed_quoted() { return std::exchange(passed_quoted_, false); }

 private:
  struct Candidate {
    Border border;
    BorderClues clues;
    bool bare_cr;  // within the line
  };
  Result<std::optional<std::uint64_t>> find_word(std::uint64_t from);
  Result<std::optional<Candidate>> look_at(std::uint64_t offset,
                                           std::optional<BorderClues::Before> before);
  Result<BorderClues::Before> look_before(std::uint64_t offset);
  Result<bool> begins_part(std::uint64_t offset);
  Result<std::optional<Border>> accept_first(std::uint64_t offset);
  Result<std::optional<Border>> behind_leading_text(std::uint64_t offset);

  FileWindow* window_;
  BorderRules rules_;
  FromLine::Form first_form_{FromLine::Form::Dated};
  bool passed_quoted_{false};
};

}  // namespace lbx
