// SPDX-License-Identifier: MIT
#include "core/maildir/unique_name.h"

#include <gtest/gtest.h>

namespace lbx {
namespace {

UniqueName::Seed seed(const std::string& host) {
  return {{1'700'000'000, 999'999}, 4'194'304, 0xfedcba9876543210U, host};
}

TEST(UniqueNameTest, HasTheFormOfTheDesign) {
  EXPECT_EQ(UniqueName::make({{1'700'000'000, 5}, 12, 0xabcU, "mx"}, 17, 20).str(),
            "1700000000.M5P12R0000000000000abc.mx,S=17,W=20");
}

// RFC 1939 section 7: a POP3 id has at most 70 octets.
TEST(UniqueNameTest, StaysWithin70OctetsWhateverTheHost) {
  for (std::size_t length = 0; length < 80; ++length) {
    for (const std::uint64_t octets : {0U, 4096U, 999'999'999U}) {
      const UniqueName name = UniqueName::make(seed(std::string(length, 'h')), octets, octets);
      EXPECT_LE(name.str().size(), kMaxBaseName) << name.str();
      EXPECT_EQ(name.stored_octets(), octets);
      EXPECT_EQ(name.wire_octets(), octets);
    }
  }
}

TEST(UniqueNameTest, AHostNameThatFitsStaysWhole) {
  EXPECT_NE(UniqueName::make({{1'700'000'000, 123'456}, 4711, 1, "mail.example"}, 4096, 4196)
                .str()
                .find(".mail.example,"),
            std::string::npos);
}

TEST(UniqueNameTest, AHostNameCannotBreakTheName) {
  EXPECT_EQ(escape_host("a/b:c", 70), "a\\057b\\072c");
  EXPECT_EQ(escape_host("a,S=9", 70), "a\\054S=9");
  EXPECT_EQ(escape_host("h\n\xff", 70), "h\\012\\377");
  EXPECT_EQ(escape_host("ab/cd", 5), "ab");  // never half an escape
  EXPECT_EQ(escape_host("", 70), "x");
}

TEST(UniqueNameTest, EveryForeignNameIsAccepted) {
  for (const char* text : {"1000000001.1.h", "a", "msg-1", "1.V2I3.h,S=12", "\xff odd", "=,;"}) {
    EXPECT_TRUE(UniqueName::parse(text)) << text;
  }
  for (const std::string& text : {std::string{""}, std::string{".x"}, std::string{"a/b"},
                                  std::string{"a:b"}, std::string("a\0b", 3)}) {
    EXPECT_FALSE(UniqueName::parse(text)) << text;
  }
}

TEST(UniqueNameTest, SizesAreReadOnlyWhereTheyAreNumbers) {
  EXPECT_EQ(UniqueName::parse("1.2.h,S=12")->stored_octets(), 12U);
  EXPECT_EQ(UniqueName::parse("1.2.h,S=12")->wire_octets(), std::nullopt);
  EXPECT_EQ(UniqueName::parse("1.2.h,S=x,W=13")->stored_octets(), std::nullopt);
  EXPECT_EQ(UniqueName::parse("S=12.2.h")->stored_octets(), std::nullopt);
}

TEST(MessageFileNameTest, KeepsWhatOthersWroteBehindTheColon) {
  for (const char* text : {"a", "a:2,", "a:2,FSab", "a:1,x", "a:2,S,X=1", "a::"}) {
    const Result<MessageFileName> name = MessageFileName::parse(text);
    ASSERT_TRUE(name) << name.error().what;
    EXPECT_EQ(name->str(), text);
    EXPECT_EQ(name->base.str(), "a");
  }
  EXPECT_EQ(MessageFileName::parse("a:2,SF")->flags().str(), "FS");
  EXPECT_EQ(MessageFileName::parse("a:2,S,X=1")->flags().str(), "S");
  EXPECT_TRUE(MessageFileName::parse("a:1,S")->flags().empty());
}

TEST(UniqueName, OnlyOursHaveARandomPart) {
  const UniqueName ours = UniqueName::make({{12, 3}, 4, 0xfedcba9876543210U, "h"}, 1, 2);
  EXPECT_EQ(ours.random_part(), 0xfedcba9876543210U);
  for (const char* foreign :
       {"12.M3P4.host", "12.M3P4Rab.host", "12.M3P4R00000000000000ab",
        "12.M3P4R00000000000000abc.h", "x.M3P4R00000000000000ab.h", "12.P4M3R00000000000000ab.h",
        "12.M3P4R0000000000000-ab.h", "1.2.R00000000000000ab.h", "R00000000000000ab.",
        ".M1P1R00000000000000ab."}) {
    const Result<UniqueName> name = UniqueName::parse(foreign);
    if (name) {
      EXPECT_EQ(name->random_part(), std::nullopt) << foreign;
    }
  }
}

}  // namespace
}  // namespace lbx
