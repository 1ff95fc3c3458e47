// SPDX-License-Identifier: MIT
// The plain functions, not EVP: they cannot fail, where EVP asks providers that a configuration may
// leave out.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/md5.h>
#include <openssl/sha.h>

#include <array>

#include "core/base/digest.h"
#include "core/base/digest_library.h"

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

Sha256::Digest Sha256::finish() {
  Digest digest{};
  static_assert(sizeof digest == SHA256_DIGEST_LENGTH);
  ::SHA256_Final(digest.data(), &state_->context);
  ::SHA256_Init(&state_->context);
  return digest;
}

std::string digest_library::sha1(std::initializer_list<std::string_view> parts) {
  SHA_CTX context{};
  ::SHA1_Init(&context);
  for (const std::string_view part : parts) ::SHA1_Update(&context, part.data(), part.size());
  std::array<unsigned char, SHA_DIGEST_LENGTH> digest{};
  ::SHA1_Final(digest.data(), &context);
  return {digest.begin(), digest.end()};
}

std::string digest_library::md5(std::string_view bytes) {
  ::MD5_CTX context{};
  ::MD5_Init(&context);
  ::MD5_Update(&context, bytes.data(), bytes.size());
  std::array<unsigned char, MD5_DIGEST_LENGTH> digest{};
  ::MD5_Final(digest.data(), &context);
  return {digest.begin(), digest.end()};
}

}  // namespace lbx
