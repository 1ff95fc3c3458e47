// SPDX-License-Identifier: MIT
#include "core/message/address.h"

#include <gtest/gtest.h>

namespace lbx {
namespace {

TEST(AddressTest, ReadsTheFormsOfRfc5321AndWritesThemBack) {
  for (const char* text : {"joe@example.org", "joe.x+y-z@example.org", "\"joe x\"@example.org",
                           "\"a\\\"b\"@h", "joe@[127.0.0.1]", "joe@[IPv6:::1]",
                           "j\xc3\xb6@\xc3\xb6.example", "\"a@b\"@example.org", "\"..\"@h"}) {
    const Result<Address> address = Address::parse(text);
    ASSERT_TRUE(address) << text << ": " << address.error().what;
    EXPECT_EQ(address->str(), text);
  }
}

TEST(AddressTest, HoldsTheLocalPartAsItMeans) {
  const Result<Address> address = Address::parse("\"joe\\ \\\"x\"@example.org");
  ASSERT_TRUE(address) << address.error().what;
  EXPECT_EQ(address->local(), "joe \"x");
  EXPECT_EQ(address->domain(), "example.org");
}

TEST(AddressTest, DropsQuotesThatAreNotNeeded) {
  EXPECT_EQ(Address::parse("\"joe\"@h")->str(), "joe@h");
}

TEST(AddressTest, RefusesForGoodWhatIsNoAddress) {
  for (const std::string& text :
       {std::string{""}, std::string{"joe"}, std::string{"@h"}, std::string{"joe@"},
        std::string{"jo e@h"}, std::string{".joe@h"}, std::string{"j..oe@h"},
        std::string{"\"joe@h"}, std::string{"\"joe\\"}, std::string{"joe@h h"},
        std::string{"joe@[1"}, std::string{"joe\n@h"}, std::string("a\0b@h", 5),
        std::string{"\"\"@h"}, std::string{"a@b@c d"}, std::string{"<joe@h>"},
        std::string{"\"a\"@[b@c]"}}) {
    const Result<Address> address = Address::parse(text);
    ASSERT_FALSE(address) << text;
    EXPECT_EQ(address.error().retry, Retry::Never);
  }
}

TEST(AddressTest, LengthHasALimit) {
  const std::string domain = "@example.org";
  EXPECT_TRUE(Address::parse(std::string(kMaxAddress - domain.size(), 'a') + domain));
  EXPECT_FALSE(Address::parse(std::string(kMaxAddress - domain.size() + 1, 'a') + domain));
}

// CONTRACT 2.5
TEST(AddressTest, SenderIsQuotedAsQmailDoes) {
  EXPECT_EQ(quote_sender(""), "");
  EXPECT_EQ(quote_sender("a@b"), "a@b");
  EXPECT_EQ(quote_sender("#@[]"), "#@[]");
  EXPECT_EQ(quote_sender("a b@c"), "\"a b\"@c");
  EXPECT_EQ(quote_sender(".a@c"), "\".a\"@c");
  EXPECT_EQ(quote_sender("a..b@c"), "\"a..b\"@c");
  EXPECT_EQ(quote_sender("\xe9@c"), "\"\xe9\"@c");
  EXPECT_EQ(quote_sender("a@b@c"), "\"a@b\"@c");
  EXPECT_EQ(quote_sender("@c"), "\"\"@c");
  EXPECT_EQ(quote_sender("nohost"), "nohost");
}

}  // namespace
}  // namespace lbx
