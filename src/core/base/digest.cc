// SPDX-License-Identifier: MIT
#include "core/base/digest.h"

#include <openssl/evp.h>

#include <array>

#include "core/base/ascii.h"

namespace lbx {

namespace {

std::string digest_hex(std::string_view bytes, const EVP_MD* kind) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int length = 0;
  ::EVP_Digest(bytes.data(), bytes.size(), digest.data(), &length, kind, nullptr);
  std::string hex;
  for (unsigned int i = 0; i < length; ++i) hex += ascii::to_hex(digest[i], 2);
  return hex;
}

}  // namespace

std::string sha256_hex(std::string_view bytes) {
  return digest_hex(bytes, ::EVP_sha256());
}

std::string md5_hex(std::string_view bytes) {
  return digest_hex(bytes, ::EVP_md5());
}

}  // namespace lbx
