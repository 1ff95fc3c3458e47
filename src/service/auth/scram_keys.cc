// SPDX-License-Identifier: MIT
#include "service/auth/scram_keys.h"

#include <gsasl.h>

#include <array>
#include <cstring>

#include "core/base/ascii.h"
#include "core/base/digest.h"

namespace lbx::auth {
namespace {

std::string take(char* bytes, std::size_t size) {
  std::string out{bytes, size};
  ::gsasl_free(bytes);
  return out;
}

}  // namespace

Result<ScramKeys> derive_scram_keys(const std::string& password, const std::string& salt,
                                    unsigned iterations) {
  std::array<char, kScramKey> salted{};
  std::array<char, kScramKey> client{};
  std::array<char, kScramKey> server{};
  std::array<char, kScramKey> stored{};
  const int code = ::gsasl_scram_secrets_from_password(
      GSASL_HASH_SHA256, password.c_str(), iterations, salt.data(), salt.size(), salted.data(),
      client.data(), server.data(), stored.data());
  ::explicit_bzero(salted.data(), salted.size());
  ::explicit_bzero(client.data(), client.size());
  if (code != GSASL_OK) return Error::later(std::string{"SCRAM: "} + ::gsasl_strerror(code));
  return ScramKeys{
      iterations, salt, {stored.data(), stored.size()}, {server.data(), server.size()}};
}

std::string to_string(const ScramKeys& keys) {
  return std::to_string(keys.iterations) + ',' + to_base64(keys.salt) + ',' +
         to_base64(keys.stored_key) + ',' + to_base64(keys.server_key);
}

Result<ScramKeys> parse_scram_keys(std::string_view text) {
  const std::vector<std::string_view> parts = ascii::split(text, ',');
  if (parts.size() != 4) return Error::later("not ITERATIONS,SALT,STOREDKEY,SERVERKEY");
  const auto iterations = ascii::parse_number(parts[0]);
  if (!iterations || *iterations < kMinScramIterations || *iterations > kMaxScramIterations) {
    return Error::later("a wrong number of SCRAM iterations");
  }
  ScramKeys keys;
  keys.iterations = static_cast<unsigned>(*iterations);
  keys.salt = LBX_TRY(from_base64(parts[1]));
  keys.stored_key = LBX_TRY(from_base64(parts[2]));
  keys.server_key = LBX_TRY(from_base64(parts[3]));
  const bool salted = !keys.salt.empty() && keys.salt.size() <= kMaxScramSalt;
  if (!salted || keys.stored_key.size() != kScramKey || keys.server_key.size() != kScramKey) {
    return Error::later("a SCRAM salt or key of the wrong length");
  }
  return keys;
}

ScramKeys decoy_scram_keys(const std::string& name, const std::string& secret) {
  const auto octets = [&](const char* purpose, std::size_t size) {
    char* out = nullptr;
    std::size_t all = 0;
    // Octets as random as true ones: the digits themselves would give them away.
    const std::string digest = sha256_hex(secret + purpose + name);
    if (::gsasl_hex_from(digest.c_str(), &out, &all) != GSASL_OK) return std::string(size, 'x');
    return take(out, all).substr(0, size);
  };
  return {kScramIterations, octets("salt", kScramSalt), octets("stored", kScramKey),
          octets("server", kScramKey)};
}

std::string to_base64(std::string_view bytes) {
  char* out = nullptr;
  std::size_t size = 0;
  if (::gsasl_base64_to(bytes.data(), bytes.size(), &out, &size) != GSASL_OK) return {};
  return take(out, size);
}

Result<std::string> from_base64(std::string_view text) {
  char* out = nullptr;
  std::size_t size = 0;
  // libgsasl passes over what is no base64; so the text must be what the octets would be written
  // as.
  if (::gsasl_base64_from(text.data(), text.size(), &out, &size) != GSASL_OK) {
    return Error::later("not base64");
  }
  std::string bytes = take(out, size);
  if (to_base64(bytes) != text) return Error::later("not base64");
  return bytes;
}

}  // namespace lbx::auth
