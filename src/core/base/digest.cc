// SPDX-License-Identifier: MIT
#include "core/base/digest.h"

#include <algorithm>

#include "core/base/ascii.h"
#include "core/base/digest_library.h"

namespace lbx {
namespace {

constexpr std::size_t kSha1Block = 64;  // octets: what RFC 2104 calls B

template <typename Octets>
std::string to_hex(const Octets& octets) {
  std::string hex;
  for (const auto each : octets) hex += ascii::to_hex(static_cast<unsigned char>(each), 2);
  return hex;
}

std::string padded(std::string key, char with) {
  key.resize(kSha1Block, '\0');
  std::ranges::transform(key, key.begin(), [with](char c) { return static_cast<char>(c ^ with); });
  return key;
}

}  // namespace

std::string Sha256::hex() {
  return to_hex(finish());
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
  const std::string block =
      key.size() > kSha1Block ? digest_library::sha1({key}) : std::string{key};
  return digest_library::sha1(
      {padded(block, 0x5c), digest_library::sha1({padded(block, 0x36), bytes})});
}

std::string md5_hex(std::string_view bytes) {
  return to_hex(digest_library::md5(bytes));
}

}  // namespace lbx
