// SPDX-License-Identifier: MIT
#include "core/message/address.h"

#include <algorithm>

#include "core/base/ascii.h"
#include "core/message/tokens.h"

namespace lbx {
namespace {

constexpr std::string_view kAtomSpecials = "!#$%&'*+-/=?^_`{|}~";  // RFC 5322 section 3.2.3

bool is_beyond_ascii(char c) {
  return static_cast<unsigned char>(c) >= 0x80;
}

bool is_atom_char(char c) {
  return ascii::is_alnum(c) || kAtomSpecials.find(c) != std::string_view::npos;
}

/// Dot-string of RFC 5321; RFC 6531 lets octets beyond ASCII in.
bool is_dot_string(std::string_view text, bool utf8) {
  char before = '.';
  for (const char c : text) {
    if (c == '.' ? before == '.' : !is_atom_char(c) && !(utf8 && is_beyond_ascii(c))) return false;
    before = c;
  }
  return before != '.';
}

bool is_forbidden(char c) {
  return c == '\0' || c == '\r' || c == '\n';
}

Error syntax(const char* what) {
  return Error::never(std::string{"not a mail address: "} + what);
}

bool is_domain(std::string_view domain) {
  if (domain.starts_with('[')) {
    return domain.size() > 2 && domain.ends_with(']') &&
           std::ranges::all_of(domain.substr(1, domain.size() - 2), [](char c) {
             // RFC 5321 lets more in; no address literal that exists has it.
             return ascii::is_alnum(c) || c == '.' || c == ':' || c == '-';
           });
  }
  return !domain.empty() && std::ranges::all_of(domain, [](char c) {
    return is_atom_char(c) || c == '.' || is_beyond_ascii(c);
  });
}

/// The text of a quoted string and what follows it.
struct Unquoted {
  std::string local;
  std::string_view rest;
};

Result<Unquoted> unquote(std::string_view text) {
  Unquoted out;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '"') {
      out.rest = text.substr(i + 1);
      return out;
    }
    if (text[i] == '\\' && ++i == text.size()) break;
    out.local += text[i];
  }
  return syntax("a quoted local part does not end");
}

}  // namespace

Result<Address> Address::parse(std::string_view text) {
  if (text.size() > kMaxAddress) return syntax("too long");
  if (std::ranges::any_of(text, is_forbidden)) return syntax("control characters");

  std::string local;
  std::string_view rest;
  if (text.starts_with('"')) {
    Unquoted unquoted = LBX_TRY(unquote(text));
    local = std::move(unquoted.local);
    rest = unquoted.rest;
  } else {
    const std::size_t at = std::min(text.rfind('@'), text.size());
    local = text.substr(0, at);
    rest = text.substr(at);
    if (!is_dot_string(local, true)) return syntax("the local part needs quotes");
  }
  if (local.empty()) return syntax("no local part");
  if (!rest.starts_with('@')) return syntax("no @");
  rest.remove_prefix(1);
  if (!is_domain(rest)) return syntax("no such domain can be");

  Address address{std::move(local), std::string{rest}};
  if (address.str().size() > kMaxAddress) return syntax("too long");
  return address;
}

std::string Address::str() const {
  return (is_dot_string(local_, true) ? local_ : in_quotes(local_)) + '@' + domain_;
}

std::string quote_sender(std::string_view sender) {
  if (sender.empty()) return {};
  const std::size_t at = std::min(sender.rfind('@'), sender.size());
  const std::string_view local = sender.substr(0, at);
  const std::string domain{sender.substr(at)};
  return (is_dot_string(local, false) ? std::string{local} : in_quotes(local)) + domain;
}

}  // namespace lbx
