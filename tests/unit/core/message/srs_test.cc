// SPDX-License-Identifier: MIT
#include "core/message/srs.h"

#include <gtest/gtest.h>

#include "core/message/address.h"

namespace lbx {
namespace {

constexpr std::int64_t kDay = 86'400;

class SrsTest : public testing::Test {
 protected:
  std::string forward(const std::string& sender) {
    const Result<std::string> out = srs_forward(srs, sender, now);
    return out ? *out : "error: " + out.error().what;
  }
  std::string reverse(const std::string& address) {
    const Result<std::string> out = srs_reverse(srs, address, now);
    return out ? *out : "error";
  }

  Srs srs{"fwd.example", {"tops3cr3t"}, 21};
  Instant now{1'700'000'000, 0};
};

// The value that postsrsd's and libsrs2's formula gives: HMAC-SHA1 over day, domain and local part.
TEST_F(SrsTest, IsWhatOthersWrite) {
  EXPECT_EQ(forward("joe@example.com"), "SRS0=b282=G3=example.com=joe@fwd.example");
}

TEST_F(SrsTest, AForwardedSenderComesBack) {
  for (const char* sender : {"joe@example.com", "a=b@example.com", "A.b+c-d@Example.COM",
                             "\"a b\"@x.example", "a@b@c.example", "=@x"}) {
    const std::string there = forward(sender);
    EXPECT_TRUE(is_srs(there)) << sender;
    EXPECT_TRUE(there.ends_with("@fwd.example")) << there;
    EXPECT_EQ(reverse(there), sender) << there;
  }
}

TEST_F(SrsTest, TheCaseThatAPeerMadeOfItDoesNotMatter) {
  EXPECT_EQ(reverse("srs0=b282=g3=example.com=joe@FWD.example"), "joe@example.com");
}

TEST_F(SrsTest, OfAChainOfForwardersOnlyTheFirstAndTheLastRemain) {
  const Srs second{"two.example", {"2"}, 21};
  const Srs third{"three.example", {"3"}, 21};
  const std::string first = forward("joe@example.com");
  const auto twice = srs_forward(second, first, now);
  ASSERT_TRUE(twice);
  const auto thrice = srs_forward(third, *twice, now);
  ASSERT_TRUE(thrice);
  EXPECT_TRUE(thrice->starts_with("SRS1=")) << *thrice;
  EXPECT_EQ(thrice->find("two.example"), std::string::npos);
  const auto back = srs_reverse(third, *thrice, now);
  ASSERT_TRUE(back) << back.error().what;
  EXPECT_EQ(*back, first);
  EXPECT_EQ(reverse(*back), "joe@example.com");
}

TEST_F(SrsTest, WhatHasNoDomainToCheckStaysAsItIs) {
  for (const char* sender : {"", "#@[]", "list-owner-@x.example-@[]", "nobody", "joe@fwd.example",
                             "joe@FWD.EXAMPLE", "joe@x=y"}) {
    EXPECT_EQ(forward(sender), sender);
  }
}

TEST_F(SrsTest, AForgedOneIsNever) {
  const std::string good = forward("joe@example.com");
  for (std::size_t i = 5; i < good.find('@'); ++i) {
    std::string bad = good;
    bad[i] = bad[i] == 'x' ? 'y' : 'x';
    EXPECT_EQ(reverse(bad), "error") << bad;
  }
  for (const char* bad : {"SRS0=@fwd.example", "SRS0=a=b@fwd.example", "SRS1=a==b@fwd.example",
                          "SRS0=AAAA=LY==joe@fwd.example", "joe@fwd.example", "SRS0", "@", "",
                          "SRS0=b282=G3=example.com=joe@other.example"}) {
    const Result<std::string> out = srs_reverse(srs, bad, now);
    ASSERT_FALSE(out) << bad;
    EXPECT_EQ(out.error().retry, Retry::Never) << bad;
  }
}

TEST_F(SrsTest, AnAddressExpires) {
  const std::string there = forward("joe@example.com");
  now.seconds += 21 * kDay;
  EXPECT_EQ(reverse(there), "joe@example.com");
  now.seconds += kDay;
  EXPECT_EQ(reverse(there), "error");
  now.seconds -= 23 * kDay;  // from tomorrow
  EXPECT_EQ(reverse(there), "error");
}

TEST_F(SrsTest, AnOldSecretStillVerifies) {
  const std::string there = forward("joe@example.com");
  srs.secrets = {"new", "tops3cr3t"};
  EXPECT_EQ(reverse(there), "joe@example.com");
  EXPECT_NE(forward("joe@example.com"), there);
  srs.secrets = {"new"};
  EXPECT_EQ(reverse(there), "error");
}

TEST_F(SrsTest, ATooLongOneIsAnError) {
  EXPECT_FALSE(srs_forward(srs, std::string(kMaxAddress, 'a') + "@x", now));
  EXPECT_FALSE(srs_reverse(srs, "SRS0=" + std::string(kMaxAddress, 'a') + "@fwd.example", now));
}

}  // namespace
}  // namespace lbx
