// SPDX-License-Identifier: MIT
// dovecot-uidlist: the IMAP numbers (UIDs, RFC 3501 section 2.3.1.1) of the messages of a Maildir,
// and their POP3 ids where those are not made of the numbers. Version 3:
//
//   3 V1275660208 N25022 G3085f01b7f11094c501100008c4a11c1
//   25006 P00000e1e4a5b1c3d :1276528487.M364837P9451.kurkku,S=1355,W=1394
//   25017 W2481 :1276533073.M242911P3632.kurkku:2,F
//
// Text in, entries out, and the other way. Nothing here touches a file that has an owner.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/message/server_ids.h"

namespace lbx {

inline constexpr const char* kDovecotUidlistFile = "dovecot-uidlist";
/// Dovecot holds it while it writes the list, and the keywords (dovecot_keywords.h).
inline constexpr const char* kDovecotUidlistLock = "dovecot-uidlist.lock";
/// Octets of such a file that are read: some two million messages.
inline constexpr std::size_t kMaxUidlist = std::size_t{256} * 1024 * 1024;

struct UidlistHeader {
  std::uint32_t validity{0};  // UIDVALIDITY, never 0
  std::uint32_t next{1};      // the first number that no message ever had; as the file says
  std::string guid;           // of the mailbox; 32 hexadecimal digits, or ""
  bool operator==(const UidlistHeader&) const = default;
};

struct UidlistEntry {
  std::uint32_t uid;                         // never 0
  std::string_view base;                     // the file's name up to its colon
  std::string_view guid;                     // "G": where it is not the base name
  std::string_view pop3_id;                  // "P": the UIDL that clients know
  std::optional<std::uint32_t> pop3_order;   // "O": its place among the messages of POP3
  std::optional<std::uint64_t> wire_octets;  // "W": with CRLF
  std::optional<std::uint64_t> octets;       // "S": as stored
  bool operator==(const UidlistEntry&) const = default;
};

/// Versions 1 (no fields) and 3.
class UidlistReader {
 public:
  /// Nothing where `text`, which must outlive the reader, is no such list.
  static std::optional<UidlistReader> open(std::string_view text);

  const UidlistHeader& header() const { return header_; }
  /// In the order of the file, which is that of the numbers unless somebody broke it. Lines that
  /// are no entries are passed over. Views into the text.
  std::optional<UidlistEntry> next();

 private:
  explicit UidlistReader(std::string_view text) : rest_{text} {}
  std::string_view rest_;
  UidlistHeader header_;
  bool fields_{true};
};

std::string to_line(const UidlistHeader& header);
/// `base` must be one of a message, and `pop3_id`, where there is one, hold nothing but graphic
/// ASCII.
std::string to_line(const UidlistEntry& entry);

}  // namespace lbx
