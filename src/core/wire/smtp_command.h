// SPDX-License-Identifier: MIT
// Command lines of SMTP and LMTP as types (RFC 5321 section 4.1, 1870, 3461, 6152, 6531), for every
// server of ours. What cannot be read is a Reply that says so; nothing else ever comes of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace lbx::wire {

/// Octets of a command line without its end. RFC 5321 section 4.5.3.1.4 asks for 512, RFC 3461
/// section 4 for 1036.
inline constexpr std::size_t kMaxCommandLine = 4096;
/// RFC 3461 sections 4.2 and 4.4.
inline constexpr std::size_t kMaxOriginalRecipient = 500;
inline constexpr std::size_t kMaxEnvelopeId = 100;

/// What a peer is told: the code, the enhanced code (RFC 2034; empty where none belongs) and a text
/// of one line.
struct Reply {
  int code{250};
  std::string status;
  std::string text;
  bool operator==(const Reply&) const = default;
};
/// The reply as a line, with its end.
std::string to_line(const Reply& reply);

/// A T, or why it is none.
template <typename T>
using Parsed = std::variant<T, Reply>;

/// "VERB rest": the verb in capitals, the rest without blanks at both ends.
struct CommandWords {
  std::string verb;
  std::string_view rest;
};
CommandWords split_command(std::string_view line);

/// A mailbox as it means, without quoting. The domain is empty where none was given ("postmaster",
/// and what LMTP clients call a local user). Both are empty for the null path "<>".
struct Mailbox {
  std::string local;
  std::string domain;
  bool null() const { return local.empty() && domain.empty(); }
  /// As quoted as it needs to be; "" for the null path.
  std::string str() const;
  /// The same without any quoting, as envelopes hold it.
  std::string plain() const { return domain.empty() ? local : local + '@' + domain; }
  bool operator==(const Mailbox&) const = default;
};

enum class ReturnContent { Unsaid, Full, Headers };

/// MAIL FROM:<path> and its parameters.
struct MailCommand {
  Mailbox sender;
  std::optional<std::uint64_t> size;  // RFC 1870: what the client believes
  bool eight_bit{false};              // BODY=8BITMIME
  bool utf8{false};                   // SMTPUTF8
  ReturnContent ret{ReturnContent::Unsaid};
  std::string envelope_id;  // as it was sent: xtext
};

/// Of which events a sender wants to hear: RFC 3461 section 4.1.
struct Notify {
  bool said{false};
  bool success{false};
  bool failure{false};
  bool delay{false};  // none of the three, but said: NEVER
  bool operator==(const Notify&) const = default;
};

/// RCPT TO:<path> and its parameters.
struct RcptCommand {
  Mailbox recipient;
  Notify notify;
  std::string original_recipient;  // as it was sent: "type;xtext"
};

/// `rest`: what follows the verb.
Parsed<MailCommand> parse_mail(std::string_view rest);
/// `utf8`: whether MAIL said SMTPUTF8, so that addresses beyond ASCII are welcome.
Parsed<RcptCommand> parse_rcpt(std::string_view rest, bool utf8);

/// BDAT: RFC 3030 section 2.
struct ChunkCommand {
  std::uint64_t octets;
  bool last;
};
Parsed<ChunkCommand> parse_bdat(std::string_view rest);

/// The octets of an xtext (RFC 3461 section 4); nothing where it is none.
std::optional<std::string> decode_xtext(std::string_view text);

/// A domain or an address literal, as a client names itself: printable ASCII without blanks, at
/// most 255 octets.
bool is_client_name(std::string_view text);

/// Whether `text` is UTF-8 without surrogates, overlong forms and what lies beyond U+10FFFF.
bool is_utf8(std::string_view text);

}  // namespace lbx::wire
