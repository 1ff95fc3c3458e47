// SPDX-License-Identifier: MIT
// A mail address, and the quoting of its local part (RFC 5321 section 4.1.2).
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.h"

namespace lbx {

/// Octets of an address at most (qmail's queue takes 1002: CONTRACT 1.6).
inline constexpr std::size_t kMaxAddress = 1002;

/// `local@domain`, both not empty. The local part is held as it means, without its quoting; it may
/// hold any octet but NUL, CR and LF. The domain is a name or a literal in brackets.
class Address {
 public:
  /// Reads `joe@example.org`, `"joe x"@example.org`, `joe@[127.0.0.1]`, UTF-8 on both sides. The
  /// error is Retry::Never: no later attempt reads it differently.
  static Result<Address> parse(std::string_view text);

  const std::string& local() const { return local_; }
  const std::string& domain() const { return domain_; }
  /// With the quoting that it needs: parse() reads it back.
  std::string str() const;

  bool operator==(const Address&) const = default;

 private:
  Address(std::string local, std::string domain)
      : local_{std::move(local)}, domain_{std::move(domain)} {}

  std::string local_;
  std::string domain_;
};

/// An envelope sender as qmail writes it into Return-Path: what stands before the last '@' in
/// quotes where it needs them; an octet beyond ASCII needs them too (CONTRACT 2.5). `sender` may be
/// anything, also empty.
std::string quote_sender(std::string_view sender);

}  // namespace lbx
