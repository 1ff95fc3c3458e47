// SPDX-License-Identifier: MIT
#include "core/message/address_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

namespace lbx {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

HostNames names() {
  return {host_tokens("mail.example.org"), host_tokens("example.org"),
          host_tokens("plus.example.net")};
}

AddressList list_of(std::string_view text) {
  Result<AddressList> list = parse_address_list(text);
  EXPECT_TRUE(list) << text << ": " << list.error().what;
  AddressList out = list ? std::move(list).value() : AddressList{};
  qualify(out, names());
  return out;
}

std::string to(std::string_view text) {
  return print_field("To", list_of(text));
}

TEST(AddressListTest, CompletesHosts) {
  EXPECT_EQ(to("a"), "To: a@mail.example.org\n");
  EXPECT_EQ(to("a@b"), "To: a@b.example.org\n");
  EXPECT_EQ(to("a@b+"), "To: a@b.plus.example.net\n");
  EXPECT_EQ(to("a@+"), "To: a@.plus.example.net\n");
  EXPECT_EQ(to("a@b\\+"), "To: a@b\\+.example.org\n");
  EXPECT_EQ(to("a+"), "To: a+@mail.example.org\n");
  EXPECT_EQ(to("a@b."), "To: a@b.example.org\n");
  EXPECT_EQ(to("a@b.c."), "To: a@b.c\n");
  EXPECT_EQ(to("a@"), "To: a@mail.example.org\n");
  EXPECT_EQ(to("a@.."), "To: a@mail.example.org\n");
  EXPECT_EQ(to("a.@"), "To: a.@mail.example.org\n");
  EXPECT_EQ(to("a@[127.0.0.1]"), "To: a@[127.0.0.1]\n");
  EXPECT_EQ(to("#@[]"), "To: #@[]\n");
  EXPECT_EQ(to("<>"), "To: <>\n");
}

TEST(AddressListTest, BlanksBetweenAddressesBecomeCommas) {
  EXPECT_EQ(to("a@b.c d@e.f"), "To: a@b.c, d@e.f\n");
  EXPECT_EQ(to("Joe <a@b.c> d@e.f <g@h.i>"), "To: Joe <a@b.c>, d@e.f <g@h.i>\n");
  EXPECT_EQ(to("<a@b.c> <d@e.f>"), "To: <a@b.c>, <d@e.f>\n");
}

TEST(AddressListTest, KeepsNamesCommentsAndGroups) {
  EXPECT_EQ(to("Joe Q. Public <a@b.c>"), "To: Joe Q. Public <a@b.c>\n");
  EXPECT_EQ(to("\"Q, Joe\" <a@b.c> (x)"), "To: \"Q, Joe\" <a@b.c>(x)\n");
  EXPECT_EQ(to("(Joe) a@b.c"), "To: a@b.c (Joe)\n");
  EXPECT_EQ(to("<a(x)@b.c>"), "To: <a@b.c>(x)\n");
  EXPECT_EQ(to("g:a b;,c@d.e"), "To: g: a@mail.example.org, b@mail.example.org;, c@d.e\n");
  EXPECT_EQ(to("Caf\xc3\xa9 <a@b.c>"), "To: Caf\xc3\xa9 <a@b.c>\n");
}

TEST(AddressListTest, RemovesSourceRoutes) {
  EXPECT_EQ(to("<@a.b,@c.d:e@f.g>"), "To: <e@f.g>\n");
}

TEST(AddressListTest, EveryGroupOfAFieldGetsTheMessage) {
  EXPECT_THAT(addresses_of(list_of("g1: a@b.c; g2: d@e.f;")), ElementsAre("a@b.c", "d@e.f"));
}

TEST(AddressListTest, AddressesAreMeantWithoutTheirQuoting) {
  EXPECT_THAT(addresses_of(list_of("\"a b\"@c.d, \"x\\\"y\"@z.z, e@[f\\]g], <>")),
              ElementsAre("a b@c.d", "x\"y@z.z", "e@[f]g]", ""));
}

TEST(AddressListTest, NobodyIsLostWhereTheTextMakesNoSense) {
  const std::pair<std::string_view, std::vector<std::string>> cases[]{
      {"a@b.c, x: d@e.f", {"a@b.c", "d@e.f"}},
      {"a@b.c, d@e.f>", {"a@b.c", "d@e.f"}},
      {"a@b.c <d@e.f", {"a@b.c", "d@e.f"}},
      {"mailto:a@b.c", {"a@b.c"}},
  };
  for (const auto& [text, want] : cases) {
    const AddressList list = list_of(text);
    EXPECT_FALSE(list.whole) << text;
    EXPECT_EQ(addresses_of(list), want) << text;
  }
}

TEST(AddressListTest, FieldsWithoutAddressesStayWithoutThem) {
  for (const char* text : {"", " \t", "undisclosed recipients:;", "(only a comment)", ", ,"}) {
    EXPECT_THAT(addresses_of(list_of(text)), IsEmpty()) << text;
  }
  EXPECT_EQ(to(""), "To:\n");
  EXPECT_EQ(to("x:;"), "To: x: ;\n");
}

TEST(AddressListTest, FoldsAfterCommasWithin78Octets) {
  std::string text = "user0@host.example";
  for (int i = 1; i < 20; ++i) text += ", user" + std::to_string(i) + "@host.example";
  const std::string field = to(text);
  std::size_t longest = 0;
  std::size_t begin = 0;
  for (std::size_t end = 0; (end = field.find('\n', begin)) != std::string::npos; begin = end + 1) {
    longest = std::max(longest, end - begin);
  }
  EXPECT_LE(longest, kFoldAt);
  EXPECT_GT(longest, kFoldAt - 25);
  EXPECT_EQ(addresses_of(list_of(field.substr(3))), addresses_of(list_of(text)));
}

TEST(AddressListTest, ALongAddressIsNotCut) {
  const std::string address = std::string(200, 'a') + "@example.org";
  EXPECT_EQ(to(address), "To: " + address + '\n');
}

TEST(AddressListTest, AHostNameThatIsNoNameIsOneWord) {
  const Tokens host = host_tokens("[1.2");
  ASSERT_EQ(host.size(), 1U);
  EXPECT_EQ(meaning(host), "[1.2");
}

}  // namespace
}  // namespace lbx
