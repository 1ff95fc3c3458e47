// SPDX-License-Identifier: MIT
#include "core/wire/smtp_command.h"

#include <algorithm>

#include "core/base/ascii.h"
#include "core/message/address.h"

namespace lbx::wire {
namespace {

constexpr std::size_t kMaxClientName = 255;  // RFC 5321 section 4.5.3.1.2

Reply bad_syntax(std::string text) {
  return {501, "5.5.4", std::move(text)};
}

struct Parameter {
  std::string keyword;  // in capitals
  std::optional<std::string_view> value;
};

std::string to_upper(std::string_view text) {
  std::string out{text};
  std::ranges::transform(out, out.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  });
  return out;
}

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

bool has_control(std::string_view text) {
  return std::ranges::any_of(
      text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == '\x7f'; });
}

/// Where the '>' of a path stands that begins with '<': not one within a quoted string.
std::size_t end_of_path(std::string_view text) {
  bool quoted = false;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '"') quoted = !quoted;
    if (quoted && text[i] == '\\') ++i;
    if (!quoted && text[i] == '>') return i;
  }
  return std::string_view::npos;
}

/// RFC 5321 appendix C: a source route is read and passed over.
std::string_view without_route(std::string_view path) {
  if (!path.starts_with('@')) return path;
  const std::size_t colon = path.find(':');
  return colon == std::string_view::npos ? path : path.substr(colon + 1);
}

Parsed<Mailbox> parse_mailbox(std::string_view text) {
  static constexpr std::string_view kAnyDomain = "@localhost";
  if (text.empty()) return Mailbox{};
  if (text.size() > kMaxAddress) return Reply{501, "5.1.3", "Address too long"};
  if (has_control(text)) return Reply{501, "5.1.3", "Control character in address"};
  if (const Result<Address> full = Address::parse(text)) {
    return Mailbox{full->local(), full->domain()};
  }
  if (text.find('@') == std::string_view::npos) {
    const Result<Address> local = Address::parse(std::string{text}.append(kAnyDomain));
    if (local) return Mailbox{local->local(), ""};
  }
  return Reply{501, "5.1.3", "Bad address syntax"};
}

struct PathAndRest {
  Mailbox mailbox;
  std::vector<Parameter> parameters;
};

Parsed<std::vector<Parameter>> parse_parameters(std::string_view text) {
  std::vector<Parameter> out;
  for (const std::string_view word : ascii::split(text, ' ')) {
    if (word.empty()) continue;
    const std::size_t equals = std::min(word.find('='), word.size());
    Parameter parameter{to_upper(word.substr(0, equals)), {}};
    if (equals < word.size()) parameter.value = word.substr(equals + 1);
    if (std::ranges::find(out, parameter.keyword, &Parameter::keyword) != out.end()) {
      return bad_syntax("Parameter given twice");
    }
    out.push_back(std::move(parameter));
  }
  return out;
}

/// "FROM:<path> parameters"; blanks after the colon are common and do no harm.
Parsed<PathAndRest> parse_path(std::string_view rest, std::string_view prefix) {
  if (!ascii::starts_with_fold(rest, prefix)) {
    return Reply{501, "5.5.2", "Syntax: " + std::string{prefix} + "<address>"};
  }
  rest = ascii::trim(rest.substr(prefix.size()));
  const std::size_t end = rest.starts_with('<') ? end_of_path(rest) : std::string_view::npos;
  if (end == std::string_view::npos) return Reply{501, "5.1.3", "Address must be in <>"};
  const std::string_view after = rest.substr(end + 1);
  if (!after.empty() && !after.starts_with(' ')) return bad_syntax("No blank after the address");

  Parsed<Mailbox> mailbox = parse_mailbox(without_route(rest.substr(1, end - 1)));
  if (const Reply* wrong = std::get_if<Reply>(&mailbox)) return *wrong;
  Parsed<std::vector<Parameter>> parameters = parse_parameters(after);
  if (const Reply* wrong = std::get_if<Reply>(&parameters)) return *wrong;
  return PathAndRest{std::get<Mailbox>(std::move(mailbox)),
                     std::get<std::vector<Parameter>>(std::move(parameters))};
}

/// RFC 6531 section 3.3.
std::optional<Reply> check_utf8(const Mailbox& mailbox, bool welcome) {
  const std::string all = mailbox.local + mailbox.domain;
  if (is_ascii(all)) return std::nullopt;
  if (!welcome) return Reply{553, "5.6.7", "Address needs SMTPUTF8"};
  if (!is_utf8(all)) return Reply{553, "5.6.7", "Address is not UTF-8"};
  return std::nullopt;
}

std::optional<Reply> take_size(MailCommand& to, std::optional<std::string_view> value) {
  static constexpr std::size_t kMaxDigits = 20;  // RFC 1870 section 4
  if (value && value->size() <= kMaxDigits) to.size = ascii::parse_number(*value);
  if (!to.size) return bad_syntax("Bad SIZE");
  return std::nullopt;
}

std::optional<Reply> take_body(MailCommand& to, std::optional<std::string_view> value) {
  to.eight_bit = value && ascii::equal_fold(*value, "8BITMIME");
  if (to.eight_bit || (value && ascii::equal_fold(*value, "7BIT"))) return std::nullopt;
  return bad_syntax("BODY must be 7BIT or 8BITMIME");
}

std::optional<Reply> take_ret(MailCommand& to, std::optional<std::string_view> value) {
  if (value && ascii::equal_fold(*value, "FULL")) to.ret = ReturnContent::Full;
  if (value && ascii::equal_fold(*value, "HDRS")) to.ret = ReturnContent::Headers;
  if (to.ret == ReturnContent::Unsaid) return bad_syntax("RET must be FULL or HDRS");
  return std::nullopt;
}

std::optional<Reply> take_envid(MailCommand& to, std::optional<std::string_view> value) {
  if (!value || value->empty() || value->size() > kMaxEnvelopeId || !decode_xtext(*value)) {
    return bad_syntax("Bad ENVID");
  }
  to.envelope_id = *value;
  return std::nullopt;
}

std::optional<Reply> take_utf8(MailCommand& to, std::optional<std::string_view> value) {
  if (value) return bad_syntax("SMTPUTF8 takes no value");
  to.utf8 = true;
  return std::nullopt;
}

std::optional<Reply> take_notify(RcptCommand& to, std::optional<std::string_view> value) {
  Notify& notify = to.notify;
  if (!value) return bad_syntax("Bad NOTIFY");
  notify.said = true;
  if (ascii::equal_fold(*value, "NEVER")) return std::nullopt;
  for (const std::string_view event : ascii::split(*value, ',')) {
    bool* const wanted = ascii::equal_fold(event, "SUCCESS")   ? &notify.success
                         : ascii::equal_fold(event, "FAILURE") ? &notify.failure
                         : ascii::equal_fold(event, "DELAY")   ? &notify.delay
                                                               : nullptr;
    if (wanted == nullptr || *wanted) return bad_syntax("Bad NOTIFY");
    *wanted = true;
  }
  return std::nullopt;
}

std::optional<Reply> take_orcpt(RcptCommand& to, std::optional<std::string_view> value) {
  const std::string_view text = value.value_or("");
  const std::size_t semicolon = text.find(';');
  const bool typed = semicolon != std::string_view::npos && semicolon > 0;
  if (!typed || text.size() > kMaxOriginalRecipient || !is_utf8(text)) {
    return bad_syntax("Bad ORCPT");
  }
  // RFC 6533 section 3 has a form of its own for UTF-8 addresses; it is passed on, not read.
  const bool foreign = ascii::equal_fold(text.substr(0, semicolon), "utf-8");
  if (!foreign && !decode_xtext(text.substr(semicolon + 1))) return bad_syntax("Bad ORCPT");
  to.original_recipient = text;
  return std::nullopt;
}

template <typename Command>
struct ParameterRow {
  std::string_view keyword;
  std::optional<Reply> (*take)(Command&, std::optional<std::string_view>);
};

constexpr ParameterRow<MailCommand> kMailParameters[]{
    {"SIZE", &take_size},   {"BODY", &take_body},     {"RET", &take_ret},
    {"ENVID", &take_envid}, {"SMTPUTF8", &take_utf8},
};
constexpr ParameterRow<RcptCommand> kRcptParameters[]{
    {"NOTIFY", &take_notify},
    {"ORCPT", &take_orcpt},
};

template <typename Command, std::size_t kCount>
std::optional<Reply> take_all(Command& to, const std::vector<Parameter>& parameters,
                              const ParameterRow<Command> (&rows)[kCount]) {
  for (const Parameter& each : parameters) {
    const auto* const row = std::ranges::find(rows, each.keyword, &ParameterRow<Command>::keyword);
    if (row == std::end(rows)) return Reply{555, "5.5.4", "Parameter not known"};
    if (std::optional<Reply> wrong = row->take(to, each.value)) return wrong;
  }
  return std::nullopt;
}

int hex_value(char c) {
  if (ascii::is_digit(c)) return c - '0';
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/// Octets of the UTF-8 character that begins with `lead`, or 0.
std::size_t utf8_length(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return 2;
  if (lead >= 0xE0 && lead <= 0xEF) return 3;
  return lead >= 0xF0 && lead <= 0xF4 ? 4 : 0;
}

/// The second octet rules out overlong forms, surrogates and what is too large.
bool is_utf8_second(unsigned char lead, unsigned char second) {
  if (lead == 0xE0) return second >= 0xA0 && second <= 0xBF;
  if (lead == 0xED) return second >= 0x80 && second <= 0x9F;
  if (lead == 0xF0) return second >= 0x90 && second <= 0xBF;
  if (lead == 0xF4) return second >= 0x80 && second <= 0x8F;
  return second >= 0x80 && second <= 0xBF;
}

}  // namespace

std::string to_line(const Reply& reply) {
  std::string line = std::to_string(reply.code) + ' ';
  if (!reply.status.empty()) (line += reply.status) += ' ';
  return (line += reply.text) += "\r\n";
}

std::string Mailbox::str() const {
  return quote_sender(plain());
}

CommandWords split_command(std::string_view line) {
  line = ascii::trim_end(line);
  const std::size_t blank = std::min(line.find_first_of(" \t"), line.size());
  return {to_upper(line.substr(0, blank)), ascii::trim(line.substr(blank))};
}

Parsed<MailCommand> parse_mail(std::string_view rest) {
  Parsed<PathAndRest> path = parse_path(rest, "FROM:");
  if (const Reply* wrong = std::get_if<Reply>(&path)) return *wrong;
  const PathAndRest& said = std::get<PathAndRest>(path);
  MailCommand mail;
  mail.sender = said.mailbox;
  if (const auto wrong = take_all(mail, said.parameters, kMailParameters)) return *wrong;
  if (const auto wrong = check_utf8(mail.sender, mail.utf8)) return *wrong;
  return mail;
}

Parsed<RcptCommand> parse_rcpt(std::string_view rest, bool utf8) {
  Parsed<PathAndRest> path = parse_path(rest, "TO:");
  if (const Reply* wrong = std::get_if<Reply>(&path)) return *wrong;
  const PathAndRest& said = std::get<PathAndRest>(path);
  RcptCommand rcpt;
  rcpt.recipient = said.mailbox;
  if (rcpt.recipient.null()) return Reply{501, "5.1.3", "No recipient"};
  if (const auto wrong = take_all(rcpt, said.parameters, kRcptParameters)) return *wrong;
  if (const auto wrong = check_utf8(rcpt.recipient, utf8)) return *wrong;
  return rcpt;
}

Parsed<ChunkCommand> parse_bdat(std::string_view rest) {
  const std::size_t blank = std::min(rest.find(' '), rest.size());
  const std::optional<std::uint64_t> octets = ascii::parse_number(rest.substr(0, blank));
  const std::string_view more = ascii::trim(rest.substr(blank));
  if (!octets || (!more.empty() && !ascii::equal_fold(more, "LAST"))) {
    return bad_syntax("Syntax: BDAT octets [LAST]");
  }
  return ChunkCommand{*octets, !more.empty()};
}

std::optional<std::string> decode_xtext(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!ascii::is_graph(text[i]) || text[i] == '=') return std::nullopt;
    if (text[i] != '+') {
      out += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = hex_value(text[i + 1]);
    const int low = hex_value(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

bool is_client_name(std::string_view text) {
  return !text.empty() && text.size() <= kMaxClientName &&
         std::ranges::all_of(text, ascii::is_graph);
}

bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto at = [&](std::size_t n) { return static_cast<unsigned char>(text[i + n]); };
    const std::size_t length = utf8_length(at(0));
    if (length == 0 || i + length > text.size()) return false;
    if (length > 1 && !is_utf8_second(at(0), at(1))) return false;
    for (std::size_t n = 2; n < length; ++n) {
      if (at(n) < 0x80 || at(n) > 0xBF) return false;
    }
    i += length;
  }
  return true;
}

}  // namespace lbx::wire
