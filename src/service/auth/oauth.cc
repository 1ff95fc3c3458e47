// SPDX-License-Identifier: MIT
#include "service/auth/oauth.h"

#include <algorithm>

#include "core/base/ascii.h"

namespace lbx::auth {
namespace {

constexpr char kSeparator = '\x01';
constexpr std::string_view kScheme = "Bearer ";

/// RFC 5801 section 4: '=' and ',' stand as =3D and =2C.
Result<std::string> decode_name(std::string_view text) {
  std::string name;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::string_view escape = text.substr(i, 3);
    if (text[i] != '=') {
      name += text[i];
      continue;
    }
    if (escape != "=2C" && escape != "=3D") return Error::never("a wrong escape in the name");
    name += escape == "=2C" ? ',' : '=';
    i += 2;
  }
  return name;
}

std::string encode_name(std::string_view name) {
  std::string text;
  for (const char c : name) text += c == ',' ? "=2C" : c == '=' ? "=3D" : std::string{c};
  return text;
}

/// RFC 6750 section 2.1.
bool is_token(std::string_view text) {
  return !text.empty() && text.size() <= kMaxToken && std::ranges::all_of(text, [](char c) {
    return ascii::is_alnum(c) || std::string_view{"-._~+/="}.find(c) != std::string_view::npos;
  });
}

/// The value of `key` among `key=value` pairs, each ended by a separator, and one more at the end.
Result<std::string_view> find_value(std::string_view pairs, std::string_view key) {
  if (!pairs.ends_with("\x01\x01")) return Error::never("the message has no end");
  pairs.remove_suffix(2);
  for (const std::string_view pair : ascii::split(pairs, kSeparator)) {
    const std::size_t equals = pair.find('=');
    if (equals == pair.npos) return Error::never("not key=value");
    if (pair.substr(0, equals) == key) return pair.substr(equals + 1);
  }
  return Error::never("there is no " + std::string{key});
}

Result<std::string> token_of(std::string_view pairs) {
  const std::string_view value = LBX_TRY(find_value(pairs, "auth"));
  if (!ascii::starts_with_fold(value, kScheme)) return Error::never("not a Bearer token");
  const std::string_view token = ascii::trim(value.substr(kScheme.size()));
  if (!is_token(token)) return Error::never("not a token");
  return std::string{token};
}

}  // namespace

Result<TokenMessage> parse_oauthbearer(std::string_view message) {
  // gs2-header kvsep *kvpair kvsep, the header being "n," or "y,", an optional a=NAME and ",".
  const std::size_t end = message.find(kSeparator);
  const std::string_view header = message.substr(0, end);
  const bool unbound = header.starts_with("n,") || header.starts_with("y,");
  if (end == message.npos || !unbound || header.size() < 3 || !header.ends_with(',')) {
    return Error::never("a wrong GS2 header");
  }
  std::string_view name = header.substr(2, header.size() - 3);
  if (!name.empty() && !name.starts_with("a=")) return Error::never("a wrong GS2 header");
  if (!name.empty()) name.remove_prefix(2);
  if (name.find(',') != name.npos) return Error::never("a wrong GS2 header");
  TokenMessage parsed;
  parsed.name = LBX_TRY(decode_name(name));
  parsed.token = LBX_TRY(token_of(message.substr(end + 1)));
  return parsed;
}

Result<TokenMessage> parse_xoauth2(std::string_view message) {
  const std::string_view name = LBX_TRY(find_value(message, "user"));
  if (name.empty()) return Error::never("there is no user");
  std::string token = LBX_TRY(token_of(message));
  return TokenMessage{std::string{name}, std::move(token)};
}

std::string to_oauthbearer(const TokenMessage& message) {
  const std::string name = message.name.empty() ? "" : "a=" + encode_name(message.name);
  return "n," + name + ",\x01" + "auth=Bearer " + message.token + "\x01\x01";
}

std::string to_xoauth2(const TokenMessage& message) {
  return "user=" + message.name + "\x01" + "auth=Bearer " + message.token + "\x01\x01";
}

}  // namespace lbx::auth
