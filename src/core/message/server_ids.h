// SPDX-License-Identifier: MIT
// The names by which mail servers tell clients of a message: IMAP's numbers and keywords, POP3's
// ids.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lbx {

/// Octets of a keyword: Dovecot's mail_max_keyword_length.
inline constexpr std::size_t kMaxKeyword = 50;

/// A number that may be a UID or a UIDVALIDITY: 1..4294967295 (RFC 3501 section 9, nz-number);
/// zeros may stand in front.
std::optional<std::uint32_t> parse_uid(std::string_view text);

/// Whether `text` may be a POP3 id (RFC 1939 section 7): 1 to 70 octets of 0x21..0x7E.
bool is_pop3_id(std::string_view text);

/// Whether an IMAP server takes it: an atom (RFC 3501 section 9), of at most kMaxKeyword octets.
bool is_keyword(std::string_view text);

/// The keyword that stands for any UTF-8 text: blanks and what no atom may hold become '_', other
/// characters are in modified UTF-7 (as Thunderbird makes the keys of its tags), and what is too
/// long is cut. Nothing where nothing is left.
std::optional<std::string> to_keyword(std::string_view text);

}  // namespace lbx
