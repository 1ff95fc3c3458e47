// SPDX-License-Identifier: MIT
#include "core/message/report_text.h"

#include <algorithm>

#include "core/base/ascii.h"
#include "core/base/utf8.h"

namespace lbx {
namespace {

constexpr std::string_view kRemoteSaid = "Remote host said: ";
constexpr std::string_view kGivingUpOn = "Giving up on ";
constexpr std::string_view kConnectedTo = "Connected to ";
constexpr std::size_t kMaxHost = 255;        // RFC 1035 section 2.3.4
constexpr std::size_t kMaxStatusDigits = 3;  // RFC 3463 section 2

/// "550 text", "550-text" or "550".
bool is_reply_line(std::string_view line) {
  return line.size() >= 3 && std::ranges::all_of(line.substr(0, 3), ascii::is_digit) &&
         (line.size() == 3 || line[3] == ' ' || line[3] == '-');
}

std::string_view digits_of(std::string_view text) {
  const auto end = std::ranges::find_if_not(text, ascii::is_digit);
  return text.substr(0, static_cast<std::size_t>(end - text.begin()));
}

/// The code that `text` begins with: a class of 2, 4 or 5, and two numbers.
std::optional<std::string> status_at(std::string_view text) {
  if (text.size() < 5 || text[1] != '.') return std::nullopt;
  if (std::string_view{"245"}.find(text.front()) == std::string_view::npos) return std::nullopt;
  const std::string_view subject = digits_of(text.substr(2));
  if (subject.empty() || subject.size() > kMaxStatusDigits) return std::nullopt;
  const std::string_view rest = text.substr(2 + subject.size());
  if (!rest.starts_with('.')) return std::nullopt;
  const std::string_view detail = digits_of(rest.substr(1));
  if (detail.empty() || detail.size() > kMaxStatusDigits) return std::nullopt;
  if (rest.substr(1 + detail.size()).starts_with('.')) return std::nullopt;  // an IP address
  return std::string{text.substr(0, 3 + subject.size() + detail.size())};
}

std::optional<std::string> status_in_parentheses(std::string_view text) {
  constexpr std::string_view kMark = "(#";
  for (std::size_t at = text.find(kMark); at != std::string_view::npos;
       at = text.find(kMark, at + 1)) {
    const std::string_view inside = text.substr(at + kMark.size());
    std::optional<std::string> status = status_at(inside);
    if (status && inside.substr(status->size()).starts_with(')')) return status;
  }
  return std::nullopt;
}

std::optional<std::string> status_of_reply(const RemoteReply& reply) {
  const std::string& first = reply.lines.front();
  if (first.size() > 4) {
    std::optional<std::string> status = status_at(std::string_view{first}.substr(4));
    if (status && status->front() == first.front()) return status;  // RFC 2034 section 4
  }
  for (const std::string& line : reply.lines) {  // as qmail-smtpd(8) says it
    std::optional<std::string> status = status_in_parentheses(line);
    if (status && status->front() == first.front()) return status;
  }
  if (first.front() != '4' && first.front() != '5') return std::nullopt;
  return first.substr(0, 1) + ".0.0";
}

bool is_host(std::string_view word) {
  return !word.empty() && word.size() <= kMaxHost && std::ranges::all_of(word, [](char c) {
    return ascii::is_alnum(c) || std::string_view{".-_:[]"}.find(c) != std::string_view::npos;
  });
}

/// The word that a line of qmail-remote names its peer with: "Giving up on 192.0.2.1.", "Connected
/// to 192.0.2.1 but ...", "192.0.2.1 does not like recipient.".
std::string_view host_in(std::string_view line) {
  std::string_view word = line;
  for (const std::string_view before : {kGivingUpOn, kConnectedTo}) {
    if (line.starts_with(before)) word = line.substr(before.size());
  }
  const std::string_view after = word.substr(std::min(word.find(' '), word.size()));
  word.remove_suffix(after.size());
  if (word.ends_with('.')) word.remove_suffix(1);
  const bool speaks_of_host = word.data() != line.data() ||
                              after.starts_with(" does not like recipient") ||
                              after.starts_with(" failed ");
  return speaks_of_host && is_host(word) ? word : std::string_view{};
}

/// Octets of the control character that `text` begins with, C1 in UTF-8 among them; else 0.
std::size_t control_octets(std::string_view text) {
  const auto first = static_cast<unsigned char>(text.front());
  if (first == 0xC2 && text.size() > 1 && static_cast<unsigned char>(text[1]) < 0xA0) return 2;
  return (first < ' ' && first != '\n' && first != '\t') || first == 0x7F ? 1 : 0;
}

}  // namespace

std::optional<RemoteReply> remote_reply(std::string_view report) {
  RemoteReply reply;
  bool within = false;
  for (std::string_view line : ascii::split(report, '\n')) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (reply.lines.empty() && line.starts_with(kRemoteSaid)) {
      line.remove_prefix(kRemoteSaid.size());
      within = true;
    }
    within = within && is_reply_line(line) && reply.lines.size() < kMaxReplyLines;
    if (within) {
      reply.lines.emplace_back(line);
    } else if (reply.host.empty()) {
      reply.host = host_in(line);
    }
  }
  if (reply.lines.empty()) return std::nullopt;
  return reply;
}

std::optional<std::string> status_in(std::string_view report) {
  if (const std::optional<RemoteReply> reply = remote_reply(report)) return status_of_reply(*reply);
  if (std::optional<std::string> status = status_in_parentheses(report)) return status;
  return status_at(report);
}

std::string without_controls(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    if (text.starts_with("\r\n")) text.remove_prefix(1);
    const std::size_t control = control_octets(text);
    out += control > 0 ? '?' : text.front();
    text.remove_prefix(std::max<std::size_t>(control, 1));
  }
  return out;
}

std::string harmless_text(std::string_view text) {
  return without_controls(utf8::is_valid(text) ? std::string{text} : utf8::from_latin1(text));
}

std::string_view cut(std::string_view text, std::size_t octets) {
  if (text.size() <= octets) return text;
  // RFC 3629 section 3: 10xxxxxx goes on with a character.
  while (octets > 0 && (static_cast<unsigned char>(text[octets]) & 0xC0U) == 0x80U) --octets;
  return text.substr(0, octets);
}

}  // namespace lbx
