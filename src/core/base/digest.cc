// SPDX-License-Identifier: MIT
// The plain functions, not EVP: linked statically they are a few kilobytes, where libcrypto.so
// would cost every start of a delivery program a dozen system calls and its relocations.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "core/base/digest.h"

#include <openssl/md5.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <initializer_list>

#include "core/base/ascii.h"

namespace lbx {
namespace {

std::string sha1(std::initializer_list<std::string_view> parts) {
  SHA_CTX context{};
  ::SHA1_Init(&context);
  for (const std::string_view part : parts) ::SHA1_Update(&context, part.data(), part.size());
  std::array<unsigned char, SHA_DIGEST_LENGTH> digest{};
  ::SHA1_Final(digest.data(), &context);
  return {digest.begin(), digest.end()};
}

std::string padded(std::string key, char with) {
  key.resize(SHA_CBLOCK, '\0');
  std::ranges::transform(key, key.begin(), [with](char c) { return static_cast<char>(c ^ with); });
  return key;
}

}  // namespace

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

std::string Sha256::hex() {
  std::string hex;
  for (const unsigned char each : finish()) hex += ascii::to_hex(each, 2);
  return hex;
}

std::uint64_t Sha256::bits64() {
  const Digest digest = finish();
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < sizeof bits; ++i) bits = bits << 8U | digest[i];
  return bits;
}

std::string sha256_hex(std::string_view bytes) {
  Sha256 digest;
  digest.add(bytes);
  return digest.hex();
}

std::string hmac_sha1(std::string_view key, std::string_view bytes) {
  const std::string block = key.size() > SHA_CBLOCK ? sha1({key}) : std::string{key};
  return sha1({padded(block, 0x5c), sha1({padded(block, 0x36), bytes})});
}

std::string md5_hex(std::string_view bytes) {
  std::array<unsigned char, MD5_DIGEST_LENGTH> digest{};
  ::MD5_CTX context{};
  ::MD5_Init(&context);
  ::MD5_Update(&context, bytes.data(), bytes.size());
  ::MD5_Final(digest.data(), &context);
  std::string hex;
  for (const unsigned char each : digest) hex += ascii::to_hex(each, 2);
  return hex;
}

}  // namespace lbx
