// SPDX-License-Identifier: MIT
// Handshakes are in the scenario tests.
#include "service/tls.h"

#include <gtest/gtest.h>

#include "support/test_identity.h"

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

TEST(TlsServerTest, OfSeveralCertificatesTheOneForTheNameElseTheFirst) {
  const auto made = TlsServer::make(
      {{testing_support::make_identity("a.example"), testing_support::make_identity("b.example")},
       ""});
  ASSERT_TRUE(made) << made.error().what;
  const TlsServer& server = **made;
  EXPECT_NE(server.context_for("a.example"), server.context_for("b.example"));
  for (const char* name : {"", "a.example", "c.example"}) {
    EXPECT_EQ(server.context_for(name), server.context_for("a.example")) << name;
  }
}

TEST(TlsServerTest, AKeyOfAnotherCertificateIsAnError) {
  TlsMaterial::Identity mixed = testing_support::make_identity("a.example");
  mixed.key = testing_support::make_identity("a.example").key;
  EXPECT_FALSE(TlsServer::make({{mixed}, ""}));
}

}  // namespace
}  // namespace lbx
