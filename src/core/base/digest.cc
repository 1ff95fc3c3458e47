// SPDX-License-Identifier: MIT
#include "core/base/digest.h"

#include <openssl/evp.h>

#include <new>

#include "core/base/ascii.h"

namespace lbx {
namespace {

EVP_MD_CTX* context_of(void* context) {
  return static_cast<EVP_MD_CTX*>(context);
}

}  // namespace

std::string sha256_hex(std::string_view bytes) {
  Sha256 sum;
  sum.add(bytes);
  std::string hex;
  for (const unsigned char each : sum.finish()) hex += ascii::to_hex(each, 2);
  return hex;
}

Sha256::Sha256() : context_{::EVP_MD_CTX_new()} {
  if (!context_ || ::EVP_DigestInit_ex(context_of(context_.get()), ::EVP_sha256(), nullptr) != 1) {
    throw std::bad_alloc{};  // nothing else can go wrong with a digest that OpenSSL always has
  }
}

void Sha256::Free::operator()(void* context) const {
  ::EVP_MD_CTX_free(context_of(context));
}

void Sha256::add(std::string_view bytes) {
  ::EVP_DigestUpdate(context_of(context_.get()), bytes.data(), bytes.size());
}

Sha256::Digest Sha256::finish() {
  Digest digest{};
  ::EVP_DigestFinal_ex(context_of(context_.get()), digest.data(), nullptr);
  // Without naming the algorithm again, which OpenSSL 3 would look up each time.
  ::EVP_DigestInit_ex(context_of(context_.get()), nullptr, nullptr);
  return digest;
}

}  // namespace lbx
