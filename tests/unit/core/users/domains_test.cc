// SPDX-License-Identifier: MIT
#include "core/users/domains.h"

#include <gtest/gtest.h>

namespace lbx::users {
namespace {

class RouteTest : public testing::Test {
 protected:
  DomainTable table{
      domain_set({"Here.example"}),
      virtual_domain_map({"shop.example:joe-shop", "Info@shop.example:ann", ".shop.example:sub",
                          ".deep.shop.example:deep", "out.shop.example:", "no colon",
                          "twice.example:first", "twice.example:second"}),
      domain_set({"here.example", "hack.example"}), "me.example", false};

  std::string to(const std::string& local, const std::string& domain) {
    const Route way = route(table, local, domain);
    const std::string ours = way.domain == Domain::Elsewhere ? "elsewhere " : "";
    return ours + way.local + '@' + way.host;
  }
};

TEST_F(RouteTest, ALocalDomainKeepsTheAddress) {
  EXPECT_EQ(to("joe", "HERE.example"), "joe@HERE.example");
  EXPECT_EQ(route(table, "joe", "here.example").domain, Domain::Local);
}

TEST_F(RouteTest, AVirtualDomainPutsItsUserBeforeTheAddress) {
  EXPECT_EQ(to("Foo", "Shop.Example"), "joe-shop-Foo@Shop.Example");
  EXPECT_EQ(route(table, "x", "shop.example").virtual_entry, "shop.example:joe-shop");
  EXPECT_EQ(route(table, "x", "shop.example").domain, Domain::Virtual);
}

TEST_F(RouteTest, TheAddressGoesBeforeTheDomainAndTheLongestEndingFirst) {
  EXPECT_EQ(to("info", "shop.example"), "ann-info@shop.example");
  EXPECT_EQ(to("x", "a.shop.example"), "sub-x@a.shop.example");
  EXPECT_EQ(to("x", "a.b.shop.example"), "sub-x@a.b.shop.example");
  EXPECT_EQ(to("x", "a.deep.shop.example"), "deep-x@a.deep.shop.example");
}

TEST_F(RouteTest, AnEmptyPrependIsAnException) {
  EXPECT_EQ(to("x", "out.shop.example"), "elsewhere x@out.shop.example");
  EXPECT_EQ(route(table, "x", "out.shop.example").virtual_entry, "out.shop.example:");
}

TEST_F(RouteTest, OfTwoLinesTheLastOneCounts) {
  EXPECT_EQ(to("x", "twice.example"), "second-x@twice.example");
}

TEST_F(RouteTest, TheEmptyKeyTakesWhatIsLeft) {
  EXPECT_EQ(to("x", "other.example"), "elsewhere x@other.example");
  table.virtual_domains.emplace("", ":any");
  EXPECT_EQ(to("x", "other.example"), "any-x@other.example");
  EXPECT_EQ(to("joe", "here.example"), "joe@here.example");
}

TEST_F(RouteTest, AnAddressWithoutADomainGetsOne) {
  EXPECT_EQ(to("x", ""), "elsewhere x@me.example");
}

TEST_F(RouteTest, PercentSignsCountForListedDomainsOnlyTheLastFirst) {
  EXPECT_EQ(to("joe%here.example", "hack.example"), "joe@here.example");
  EXPECT_EQ(to("a%shop.example%here.example", "hack.example"), "joe-shop-a@shop.example");
  EXPECT_EQ(to("a%b.example", "other.example"), "elsewhere a%b.example@other.example");
}

TEST_F(RouteTest, PercentSignsEndSomewhere) {
  std::string local = "joe";
  for (std::size_t i = 0; i <= kMaxPercentHacks; ++i) local += "%here.example";
  EXPECT_EQ(to(local, "here.example"), "joe%here.example@here.example");
}

TEST_F(RouteTest, WithoutAnyListEverythingIsOurs) {
  table = {};
  table.everything_ours = true;
  EXPECT_EQ(to("joe", "whatever.example"), "joe@whatever.example");
  EXPECT_EQ(route(table, "joe", "x").domain, Domain::Unconfigured);
}

}  // namespace
}  // namespace lbx::users
