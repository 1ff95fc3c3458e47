// SPDX-License-Identifier: MIT
// What a setting is: one plain text file in the control directory of the mail home, declared once
// in settings.h with its type, its default and a line of help. The forms are qmail's (CONTRACT
// 0.5).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

namespace lbx::control {

/// The first line of the file, without blanks at its end. There are no comments.
struct Line {
  std::string_view file;
  std::string_view fallback;
  std::string_view help;
  bool me_instead{false};  // where the file is missing, control/me counts before the fallback
};

/// The digits that the first line begins with. None: as if the file were missing.
struct Number {
  std::string_view file;
  std::uint64_t fallback;
  std::uint64_t least;
  std::uint64_t most;
  std::string_view unit;  // "seconds", "octets", "messages"; for people
  std::string_view help;
};

/// One word of a few; the first is the default.
struct Choice {
  std::string_view file;
  std::span<const std::string_view> words;
  std::string_view help;
};

/// Every line that is neither empty nor begins with '#', without blanks at its end.
struct List {
  std::string_view file;
  std::string_view help;
};

/// The whole file, as it is.
struct Text {
  std::string_view file;
  std::string_view help;
};

/// What each comes to without a file.
inline std::string default_of(const Line& setting) {
  return std::string{setting.fallback};
}
inline std::uint64_t default_of(const Number& setting) {
  return setting.fallback;
}
inline std::string_view default_of(const Choice& setting) {
  return setting.words.front();
}
inline std::optional<std::string> default_of(const Text& /*setting*/) {
  return std::nullopt;
}

/// Any of them, for `letterbox config` and for tests that look at all.
using Setting = std::variant<const Line*, const Number*, const Choice*, const List*, const Text*>;

}  // namespace lbx::control
