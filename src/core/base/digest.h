// SPDX-License-Identifier: MIT
// SHA-256, HMAC with SHA-1, and MD5, from one of two libraries (digest_library.h).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace lbx {

/// A digest of text that comes piece by piece.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;

  void add(std::string_view bytes);

  // What was added; the object is then as new. One object for many digests costs less than many.
  using Digest = std::array<unsigned char, 32>;
  Digest finish();
  /// 64 lower-case hexadecimal digits.
  std::string hex();
  /// The first 64 bits of it.
  std::uint64_t bits64();

 private:
  struct State;

  std::unique_ptr<State> state_;
};

/// The SHA-256 digest of `bytes` as 64 lower-case hexadecimal digits.
std::string sha256_hex(std::string_view bytes);

/// HMAC-SHA1 (RFC 2104) of `bytes`, 20 octets. For formats that ask for it; nothing of ours does.
std::string hmac_sha1(std::string_view key, std::string_view bytes);

/// The MD5 digest of `bytes` as 32 lower-case hexadecimal digits: for ids that other servers once
/// made so, never for security.
std::string md5_hex(std::string_view bytes);

}  // namespace lbx
