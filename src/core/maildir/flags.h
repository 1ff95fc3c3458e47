// SPDX-License-Identifier: MIT
// The flags of a message in cur/: what follows ":2," in its name (maildir(5)).
#pragma once

#include <string>
#include <string_view>

namespace lbx {

/// A set of letters, kept in ASCII order and once each. The capital ones are D (draft), F
/// (flagged), P (passed), R (replied), S (seen), T (trashed); a-z are Dovecot's keywords; others
/// are kept as they are, since they are somebody else's.
class MaildirFlags {
 public:
  MaildirFlags() = default;
  /// Octets that a file name cannot hold there ('/', NUL) or that are not letters are left out.
  explicit MaildirFlags(std::string_view letters);

  bool has(char letter) const { return letters_.find(letter) != std::string::npos; }
  void add(char letter);
  bool empty() const { return letters_.empty(); }
  const std::string& str() const { return letters_; }

  bool operator==(const MaildirFlags&) const = default;

 private:
  std::string letters_;
};

}  // namespace lbx
