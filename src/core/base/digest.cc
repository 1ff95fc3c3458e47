// SPDX-License-Identifier: MIT
#include "core/base/digest.h"

#include <openssl/evp.h>

#include <array>

#include "core/base/ascii.h"

namespace lbx {

std::string sha256_hex(std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int length = 0;
  ::EVP_Digest(bytes.data(), bytes.size(), digest.data(), &length, ::EVP_sha256(), nullptr);
  std::string hex;
  for (unsigned int i = 0; i < length; ++i) hex += ascii::to_hex(digest[i], 2);
  return hex;
}

}  // namespace lbx
