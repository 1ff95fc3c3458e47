// SPDX-License-Identifier: MIT
// The client's message of OAUTHBEARER (RFC 7628 section 3.1) and of XOAUTH2 (Google's older form of
// it), which libgsasl has not. Both are one message with a token in it.
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.h"

namespace lbx::auth {

/// Octets of a token at most. Those of Microsoft are of 2 to 5 KiB.
inline constexpr std::size_t kMaxToken = 10'000;

struct TokenMessage {
  std::string name;  // whom the client wants to be; may be empty with OAUTHBEARER
  std::string token;
  bool operator==(const TokenMessage&) const = default;
};

/// Channel binding (a header that begins with 'p') is refused: RFC 7628 has none.
Result<TokenMessage> parse_oauthbearer(std::string_view message);
Result<TokenMessage> parse_xoauth2(std::string_view message);

/// What a client would send.
std::string to_oauthbearer(const TokenMessage& message);
std::string to_xoauth2(const TokenMessage& message);

}  // namespace lbx::auth
