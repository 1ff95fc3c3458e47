// SPDX-License-Identifier: MIT
#include "service/auth/prepare.h"

#include <gtest/gtest.h>

#include <string>

namespace lbx::auth {
namespace {

TEST(Prepare, MakesOneFormOfTheSameLetters) {
  EXPECT_EQ(*prepare_name("Joe@Example.ORG", Prepare::Store), "joe@example.org");
  EXPECT_EQ(*prepare_name("J\xC3\xBCrgen", Prepare::Store),
            *prepare_name("ju\xCC\x88rgen", Prepare::Store));
  EXPECT_EQ(*prepare_password("P\xC3\xA4ss", Prepare::Store), "P\xC3\xA4ss");
  // RFC 4013 section 3: soft hyphen goes, no-break space is a space, FEMININE ORDINAL is "a".
  EXPECT_EQ(*prepare_password("I\xC2\xADX", Prepare::Store), "IX");
  EXPECT_EQ(*prepare_password("a\xC2\xA0z", Prepare::Store), "a z");
  EXPECT_EQ(*prepare_password("\xC2\xAA", Prepare::Store), "a");
}

TEST(Prepare, RefusesWhatSaslprepForbids) {
  // RFC 4013 section 3: U+0007 and a mixed direction; then what is no UTF-8, NUL, nothing.
  for (const std::string& bad :
       {std::string{"\x07"}, std::string{"\xD8\xA7\x31"}, std::string{"\xFF"}, std::string{"a\nb"},
        std::string{"a\0b", 3}, std::string{}, std::string{"\xC2\xAD"}}) {
    EXPECT_FALSE(prepare_password(bad, Prepare::Compare)) << bad;
    EXPECT_FALSE(prepare_name(bad, Prepare::Compare)) << bad;
  }
}

TEST(Prepare, RefusesNamesThatCannotStandInFilesAndPaths) {
  for (const char* const bad : {"a:b", "a/b", "..", ".", "#a"}) {
    EXPECT_FALSE(prepare_name(bad, Prepare::Compare)) << bad;
    EXPECT_TRUE(prepare_password(bad, Prepare::Compare)) << bad;
  }
}

TEST(Prepare, StoresNothingThatUnicodeMayStillChange) {
  const std::string unassigned = "\xC8\xA1";  // U+0221, which Unicode 3.2 had not
  EXPECT_FALSE(prepare_password(unassigned, Prepare::Store));
  EXPECT_TRUE(prepare_password(unassigned, Prepare::Compare));
}

TEST(Prepare, HasLimits) {
  EXPECT_TRUE(prepare_name(std::string(kMaxName, 'a'), Prepare::Store));
  EXPECT_FALSE(prepare_name(std::string(kMaxName + 1, 'a'), Prepare::Store));
  EXPECT_TRUE(prepare_password(std::string(kMaxPassword, 'a'), Prepare::Compare));
  EXPECT_FALSE(prepare_password(std::string(kMaxPassword + 1, 'a'), Prepare::Compare));
  EXPECT_TRUE(prepare_password(std::string(kMaxStoredPassword, 'a'), Prepare::Store));
  EXPECT_FALSE(prepare_password(std::string(kMaxStoredPassword + 1, 'a'), Prepare::Store));
  std::string grows;  // U+FDFA is 18 letters once it is prepared
  for (int i = 0; i < 80; ++i) grows += "\xEF\xB7\xBA";
  EXPECT_FALSE(prepare_name(grows, Prepare::Store));
}

TEST(Wipe, LeavesNothing) {
  std::string text = "secret";
  const char* const where = text.data();
  wipe(text);
  EXPECT_TRUE(text.empty());
  EXPECT_EQ(where[1], '\0');  // a short string lies in the object itself
}

}  // namespace
}  // namespace lbx::auth
