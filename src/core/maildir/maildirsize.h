// SPDX-License-Identifier: MIT
// The file maildirsize of a Maildir++ quota, as text: its first line is the limit, each line after
// it what came or went, "OCTETS COUNT"; the sum of those is what lies there. Courier, Dovecot, Exim
// and Postfix's VDA patch read and write the same file. See maildir(5).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace lbx {

/// A maildirsize that has grown beyond this many octets is made anew (Maildir++).
inline constexpr std::size_t kMaxMaildirsize = 5120;

/// What lies in a mailbox.
struct QuotaUsage {
  std::uint64_t octets{0};
  std::uint64_t messages{0};
  bool operator==(const QuotaUsage&) const = default;
};

/// What may lie in it; 0: no limit of that kind.
struct QuotaLimit {
  std::uint64_t octets{0};
  std::uint64_t messages{0};

  /// "100000000S,5000C"; as settings have it, "100M" and "100MS,5KC" mean multiples of 1024 too.
  /// An empty text is no limit. Anything else is an error, Retry::Later.
  static Result<QuotaLimit> parse(std::string_view text);
  /// As in maildirsize; "0S" where there is no limit.
  std::string str() const;

  bool any() const { return octets != 0 || messages != 0; }
  /// Whether one more message of so many octets fits beside `usage`.
  bool has_room(const QuotaUsage& usage, std::uint64_t more) const;
  /// The share that is used, of octets or of messages, whichever is more; 0 without a limit.
  unsigned percent(const QuotaUsage& usage) const;

  bool operator==(const QuotaLimit&) const = default;
};

struct Maildirsize {
  QuotaLimit limit;
  bool limit_known{false};  // the first line says one, be it "0S"
  QuotaUsage usage;
  std::size_t lines{0};  // after the first
  /// A line is torn or foreign, the sums are below nothing, or the file is too long: what lies
  /// there has to be counted again.
  bool broken{false};

  /// Any text; there are no errors, only broken ones.
  static Maildirsize parse(std::string_view text);
  /// A new file: the limit and one line.
  std::string str() const;

  bool operator==(const Maildirsize&) const = default;
};

/// A line to append; `sign` is 1 or -1.
std::string maildirsize_line(const QuotaUsage& change, int sign);

}  // namespace lbx
