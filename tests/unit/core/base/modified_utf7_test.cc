// SPDX-License-Identifier: MIT
#include "core/base/modified_utf7.h"

#include <gtest/gtest.h>

namespace lbx::modified_utf7 {
namespace {

TEST(ModifiedUtf7Test, TheExamplesOfTheStandard) {  // RFC 3501 section 5.1.3
  EXPECT_EQ(encode("~peter/mail/台北/日本語"), "~peter/mail/&U,BTFw-/&ZeVnLIqe-");
  EXPECT_EQ(encode("A&B"), "A&-B");
}

TEST(ModifiedUtf7Test, EveryLengthOfACharacterComesBack) {
  for (const char* text : {"", "a", "&", "-", "&-", "ä", "Entwürfe", "é&é", "a€", "\U0001F600x",
                           "\U0001F600ä\U0010FFFF", "\t", "~\x7f"}) {
    const auto coded = encode(text);
    ASSERT_TRUE(coded) << text;
    EXPECT_EQ(decode(*coded), text) << *coded;
  }
  EXPECT_EQ(encode("Entwürfe"), "Entw&APw-rfe");
  EXPECT_EQ(encode("\U0001F600"), "&2D3eAA-");
}

TEST(ModifiedUtf7Test, WhatIsNoUtf8HasNoForm) {
  EXPECT_EQ(encode("\xff"), std::nullopt);
  EXPECT_EQ(encode("\xed\xa0\x80"), std::nullopt);
}

TEST(ModifiedUtf7Test, OnlyTheOneFormOfATextIsRead) {
  for (const char* text : {"&", "&APw", "a&!-", "&AGE-", "&APw-&APw-", "&APx-", "&APwA-", "&2D0-",
                           "&3gA-", "&2D0AYQ-", "ä", "\x01"}) {
    EXPECT_EQ(decode(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace lbx::modified_utf7
