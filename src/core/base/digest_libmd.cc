// SPDX-License-Identifier: MIT
#include <md5.h>
#include <sha1.h>
#include <sha2.h>
#include <sys/types.h>

#include <array>

#include "core/base/digest.h"
#include "core/base/digest_library.h"

namespace lbx {
namespace {

const std::uint8_t* octets(std::string_view bytes) {
  return reinterpret_cast<const std::uint8_t*>(bytes.data());  // NOLINT
}

}  // namespace

struct Sha256::State {
  ::SHA2_CTX context{};
};

Sha256::Sha256() : state_{std::make_unique<State>()} {
  ::SHA256Init(&state_->context);
}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::add(std::string_view bytes) {
  ::SHA256Update(&state_->context, octets(bytes), bytes.size());
}

Sha256::Digest Sha256::finish() {
  Digest digest{};
  static_assert(sizeof digest == SHA256_DIGEST_LENGTH);
  ::SHA256Final(digest.data(), &state_->context);
  ::SHA256Init(&state_->context);
  return digest;
}

std::string digest_library::sha1(std::initializer_list<std::string_view> parts) {
  ::SHA1_CTX context{};
  ::SHA1Init(&context);
  for (const std::string_view part : parts) ::SHA1Update(&context, octets(part), part.size());
  std::array<std::uint8_t, SHA1_DIGEST_LENGTH> digest{};
  ::SHA1Final(digest.data(), &context);
  return {digest.begin(), digest.end()};
}

std::string digest_library::md5(std::string_view bytes) {
  ::MD5_CTX context{};
  ::MD5Init(&context);
  ::MD5Update(&context, octets(bytes), bytes.size());
  std::array<std::uint8_t, MD5_DIGEST_LENGTH> digest{};
  ::MD5Final(digest.data(), &context);
  return {digest.begin(), digest.end()};
}

}  // namespace lbx
