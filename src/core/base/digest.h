// SPDX-License-Identifier: MIT
// SHA-256, from OpenSSL.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>

namespace lbx {

/// The SHA-256 digest of `bytes` as 64 lower-case hexadecimal digits.
std::string sha256_hex(std::string_view bytes);

/// SHA-256 of what comes in pieces. One object for many digests costs less than one for each.
class Sha256 {
 public:
  using Digest = std::array<unsigned char, 32>;
  Sha256();
  void add(std::string_view bytes);
  /// The digest of what was added; the object is then as new.
  Digest finish();

 private:
  struct Free {
    void operator()(void* context) const;
  };
  std::unique_ptr<void, Free> context_;  // OpenSSL's, which no header of ours knows
};

}  // namespace lbx
