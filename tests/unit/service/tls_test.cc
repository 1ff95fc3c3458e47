// SPDX-License-Identifier: MIT
// Certificates are made by the scenario test; here is what needs none.
#include "service/tls.h"

#include <gtest/gtest.h>

namespace lbx {
namespace {

TEST(TlsMaterialTest, WhatIsEncodedIsReadAgain) {
  const TlsMaterial material{{{"chain", "key"}, {"a\0b", ""}}, "ca"};
  const auto again = parse_tls_material(encode(material));
  ASSERT_TRUE(again) << again.error().what;
  EXPECT_EQ(*again, material);
}

TEST(TlsMaterialTest, AKeyThatIsMissingIsAnError) {
  EXPECT_FALSE(parse_tls_material("2:ca,5:chain,"));
  EXPECT_FALSE(parse_tls_material("x"));
}

TEST(TlsServerTest, WithoutCertificateThereIsNone) {
  EXPECT_FALSE(TlsServer::make({}));
  const auto bad = TlsServer::make({{{"no certificate", "no key"}}, ""});
  ASSERT_FALSE(bad);
  EXPECT_TRUE(bad.error().what.starts_with("certificate 1: certificate: ")) << bad.error().what;
}

}  // namespace
}  // namespace lbx
