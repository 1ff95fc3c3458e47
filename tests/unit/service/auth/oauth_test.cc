// SPDX-License-Identifier: MIT
#include "service/auth/oauth.h"

#include <gtest/gtest.h>

namespace lbx::auth {
namespace {

using namespace std::string_literals;

TEST(OAuthBearer, ReadsTheExampleOfRfc7628) {
  // RFC 7628 section 4.1.
  const auto message = parse_oauthbearer(
      "n,a=user@example.com,\1host=server.example.com\1port=143\1"
      "auth=Bearer vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==\1\1"s);
  ASSERT_TRUE(message) << message.error().what;
  EXPECT_EQ(message->name, "user@example.com");
  EXPECT_EQ(message->token, "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==");
}

TEST(OAuthBearer, TheNameMayBeMissingOrEscaped) {
  EXPECT_EQ(parse_oauthbearer("n,,\1auth=bearer x\1\1")->name, "");
  EXPECT_EQ(parse_oauthbearer("y,a=a=2Cb=3Dc,\1auth=Bearer x\1\1")->name, "a,b=c");
}

TEST(OAuthBearer, RefusesEverythingElse) {
  for (const std::string& bad :
       {""s, "n,,"s, "n,,\1"s, "n,,\1\1"s, "n,,\1auth=Bearer x\1"s, "n,\1auth=Bearer x\1\1"s,
        "p=tls-exporter,,\1auth=Bearer x\1\1"s, "n,b=c,\1auth=Bearer x\1\1"s,
        "n,a=x=2c,\1auth=Bearer x\1\1"s, "n,a=x=,\1auth=Bearer x\1\1"s,
        "n,a=x,y,\1auth=Bearer x\1\1"s, "n,,\1auth=Basic x\1\1"s, "n,,\1auth=Bearer \1\1"s,
        "n,,\1auth=Bearer a b\1\1"s, "n,,\1auth=Bearer a\0b\1\1"s, "n,,\1nonsense\1\1"s,
        "n,,\1auth=Bearer "s + std::string(kMaxToken + 1, 'x') + "\1\1"s}) {
    EXPECT_FALSE(parse_oauthbearer(bad)) << bad;
  }
}

TEST(XOAuth2, ReadsWhatClientsSend) {
  const auto message =
      parse_xoauth2("user=someuser@example.com\1auth=Bearer ya29.vF9dft4qmTc2\1\1");
  ASSERT_TRUE(message);
  EXPECT_EQ(message->name, "someuser@example.com");
  EXPECT_EQ(message->token, "ya29.vF9dft4qmTc2");
  EXPECT_FALSE(parse_xoauth2("user=\1auth=Bearer x\1\1"));
  EXPECT_FALSE(parse_xoauth2("auth=Bearer x\1\1"));
}

TEST(OAuthMessages, AreReadAsTheyAreWritten) {
  const TokenMessage message{"a=b,c@d", "abc-._~+/="};
  EXPECT_EQ(*parse_oauthbearer(to_oauthbearer(message)), message);
  EXPECT_EQ(*parse_xoauth2(to_xoauth2(message)), message);
}

}  // namespace
}  // namespace lbx::auth
