// SPDX-License-Identifier: MIT
// What a server keeps of a password for SCRAM-SHA-256 (RFC 5802 section 3, RFC 7677). From these
// keys nobody can log in elsewhere, but whoever has them may guess the password at leisure.
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.h"

namespace lbx::auth {

/// RFC 7677 section 4 demands 4096 at least. It is the client that has to do them at each login.
inline constexpr unsigned kScramIterations = 10'000;
inline constexpr unsigned kMinScramIterations = 4096;
inline constexpr unsigned kMaxScramIterations = 10'000'000;
inline constexpr std::size_t kScramSalt = 16;
inline constexpr std::size_t kScramKey = 32;
inline constexpr std::size_t kMaxScramSalt = 64;

struct ScramKeys {
  unsigned iterations{0};
  std::string salt;        // octets
  std::string stored_key;  // kScramKey octets
  std::string server_key;  // the same
  bool operator==(const ScramKeys&) const = default;
};

/// `password` as prepare_password() gives it.
Result<ScramKeys> derive_scram_keys(const std::string& password, const std::string& salt,
                                    unsigned iterations = kScramIterations);

/// `ITERATIONS,SALT,STOREDKEY,SERVERKEY`, the last three in base64.
std::string to_string(const ScramKeys& keys);
Result<ScramKeys> parse_scram_keys(std::string_view text);

/// Keys that fit no password and are the same for `name` each time, so that nobody can tell a user
/// that there is not by the salt he gets. `secret` is known to nobody outside.
ScramKeys decoy_scram_keys(const std::string& name, const std::string& secret);

std::string to_base64(std::string_view bytes);
/// Nothing but base64 with its padding: RFC 4648 section 4.
Result<std::string> from_base64(std::string_view text);

}  // namespace lbx::auth
