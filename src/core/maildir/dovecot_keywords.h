// SPDX-License-Identifier: MIT
// Keywords of the messages in a Maildir, as Dovecot keeps them: a letter a-z in the name of a
// message for each, and what the letters mean in the file dovecot-keywords of the folder, a line
// `INDEX NAME` for each, where 0 is the letter a. There is no room for more than 26.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "core/message/server_ids.h"

namespace lbx {

inline constexpr const char* kDovecotKeywordsFile = "dovecot-keywords";
inline constexpr std::size_t kMaxKeywords = 26;
/// Octets of such a file that are read.
inline constexpr std::size_t kMaxKeywordsFile = std::size_t{64} * 1024;

class DovecotKeywords {
 public:
  /// Lines that are none, and names that come twice, are passed over, as Dovecot does.
  static DovecotKeywords parse(std::string_view text);
  std::string str() const;

  bool empty() const;
  /// In any case of letters, as IMAP has it (RFC 3501 section 2.3.2).
  std::optional<char> letter_of(std::string_view name) const;
  /// "" where the letter is free.
  std::string_view name_of(char letter) const;
  /// The letter of `name`, which is_keyword(): the first free one where it has none yet.
  /// Nothing where all 26 are taken.
  std::optional<char> add(std::string_view name);

  bool operator==(const DovecotKeywords&) const = default;

 private:
  std::array<std::string, kMaxKeywords> names_;
};

}  // namespace lbx
