// SPDX-License-Identifier: MIT
// Keys and certificates for tests, made on the spot; nobody trusts them.
#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <memory>
#include <stdexcept>
#include <string>

#include "service/tls.h"

namespace lbx::testing_support {

inline std::string text_of(BIO* memory) {
  char* text = nullptr;
  const long size = BIO_get_mem_data(memory, &text);
  return {text, static_cast<std::size_t>(size)};
}

/// For a server that is called `name`.
inline TlsMaterial::Identity make_identity(const std::string& name) {
  const std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> key{EVP_EC_gen("P-256"), &EVP_PKEY_free};
  const std::unique_ptr<X509, void (*)(X509*)> certificate{X509_new(), &X509_free};
  X509* const x509 = certificate.get();
  ASN1_INTEGER_set(X509_get_serialNumber(x509), 1);
  X509_gmtime_adj(X509_getm_notBefore(x509), 0);
  X509_gmtime_adj(X509_getm_notAfter(x509), 3600);
  X509_NAME* const subject = X509_get_subject_name(x509);
  const auto* const octets = reinterpret_cast<const unsigned char*>(name.c_str());
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, octets, -1, -1, 0);
  X509_set_issuer_name(x509, subject);
  X509_set_pubkey(x509, key.get());
  if (X509_sign(x509, key.get(), EVP_sha256()) == 0) throw std::runtime_error{"no certificate"};

  using Memory = std::unique_ptr<BIO, int (*)(BIO*)>;
  const Memory chain{BIO_new(BIO_s_mem()), &BIO_free};
  const Memory secret{BIO_new(BIO_s_mem()), &BIO_free};
  PEM_write_bio_X509(chain.get(), x509);
  PEM_write_bio_PrivateKey(secret.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  return {text_of(chain.get()), text_of(secret.get())};
}

}  // namespace lbx::testing_support
