// SPDX-License-Identifier: MIT
// Names of messages in a Maildir. Ours are
//
//   SECONDS.M<usec>P<pid>R<64 random bits in hex>.HOST,S=<octets>,W=<octets with CRLF>
//
// and have at most 70 octets, so that each is its own POP3 id (RFC 1939 section 7): where that is
// too little, the host name gives way from its end, since it only tells people where a message was
// delivered. Uniqueness comes from time, pid and random part, and from exclusive creation. Foreign
// names are accepted whatever they are (maildir(5), Maildir++).
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/maildir/flags.h"

namespace lbx {

/// Octets of a base name of ours at most.
inline constexpr std::size_t kMaxBaseName = 70;

/// The base name of a message: not empty, no '/', no ':', no NUL, no dot in front.
class UniqueName {
 public:
  /// Any base name, ours or foreign.
  static Result<UniqueName> parse(std::string_view text);

  /// What is known before a message has been written.
  struct Seed {
    Instant time;
    pid_t pid;
    std::uint64_t random;
    std::string host;  // as gethostname(2) gives it
  };
  /// `octets`: as stored; `wire_octets`: with CRLF line ends.
  static UniqueName make(const Seed& seed, std::uint64_t octets, std::uint64_t wire_octets);
  /// The same without sizes, for tmp/.
  static UniqueName make_temporary(const Seed& seed);

  const std::string& str() const { return text_; }
  /// The R part of a name of ours.
  std::optional<std::uint64_t> random_part() const;
  /// ",S=": octets stored. A hint: whoever wrote it may have been wrong.
  std::optional<std::uint64_t> stored_octets() const { return field("S="); }
  /// ",W=": octets with CRLF line ends. A hint too.
  std::optional<std::uint64_t> wire_octets() const { return field("W="); }

  bool operator==(const UniqueName&) const = default;

 private:
  explicit UniqueName(std::string text) : text_{std::move(text)} {}
  std::optional<std::uint64_t> field(std::string_view key) const;

  std::string text_;
};

/// A host name as it may stand in a file name: '/' as \057, ':' as \072 (maildir(5)); control
/// octets, blanks and what is beyond ASCII as \ooo too; cut to `room` octets, never within an
/// escape.
std::string escape_host(std::string_view host, std::size_t room);

/// The name of a file in new/ or cur/: a base name, and what follows the first ':'.
struct MessageFileName {
  UniqueName base;
  std::string info;  // with its colon, as it is: "" or ":2,FS" or what somebody else wrote

  static Result<MessageFileName> parse(std::string_view file_name);
  std::string str() const { return base.str() + info; }
  MaildirFlags flags() const;
};

}  // namespace lbx
