// SPDX-License-Identifier: MIT
// OpenSSL would have everybody use EVP, which loads providers first.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "core/base/digest.h"

#include <openssl/sha.h>

#include <array>

#include "core/base/ascii.h"

namespace lbx {

struct Sha256::State {
  SHA256_CTX context{};
};

Sha256::Sha256() : state_{std::make_unique<State>()} {
  ::SHA256_Init(&state_->context);
}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::add(std::string_view bytes) {
  ::SHA256_Update(&state_->context, bytes.data(), bytes.size());
}

std::string Sha256::finish() {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  ::SHA256_Final(digest.data(), &state_->context);
  return {digest.begin(), digest.end()};
}

std::string Sha256::hex() {
  std::string hex;
  for (const char c : finish()) hex += ascii::to_hex(static_cast<unsigned char>(c), 2);
  return hex;
}

std::uint64_t Sha256::bits64() {
  std::uint64_t bits = 0;
  for (const char c : finish().substr(0, sizeof bits)) {
    bits = bits << 8U | static_cast<unsigned char>(c);
  }
  return bits;
}

std::string sha256_hex(std::string_view bytes) {
  Sha256 digest;
  digest.add(bytes);
  return digest.hex();
}

}  // namespace lbx
