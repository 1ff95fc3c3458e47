// SPDX-License-Identifier: MIT
#include "core/message/encoded_word.h"

#include <gtest/gtest.h>

namespace lbx {
namespace {

TEST(EncodedWordTest, BothEncodingsAreRead) {
  EXPECT_EQ(decode_encoded_words("=?UTF-8?Q?Entw=C3=BCrfe,_a?="), "Entwürfe, a");
  EXPECT_EQ(decode_encoded_words("=?utf-8?b?w5xiZXI=?="), "Über");
  EXPECT_EQ(decode_encoded_words("=?utf-8?b?w5xiZXI?="), "Über") << "without its padding";
  EXPECT_EQ(decode_encoded_words("=?iso-8859-1?q?=FCb=65r?="), "über");
  EXPECT_EQ(decode_encoded_words("=?us-ascii*en?Q?x?="), "x");
}

TEST(EncodedWordTest, BlanksBetweenTwoOfThemGo) {  // RFC 2047 section 8
  EXPECT_EQ(decode_encoded_words("a =?utf-8?q?b?=  =?utf-8?q?c?= d"), "a bc d");
  EXPECT_EQ(decode_encoded_words("=?utf-8?q?b?=,=?utf-8?q?c?="), "b,c");
  EXPECT_EQ(decode_encoded_words("=?utf-8?q?=C3?= =?utf-8?q?=BC?="), "ü") << "cut in a character";
}

TEST(EncodedWordTest, WhatIsNoneStays) {
  for (const char* text : {"", "=?", "=?utf-8?", "=?utf-8?q", "=?utf-8?q?", "=?utf-8?q?a",
                           "=?=", "=?utf-8?x?a?=", "=?koi8-r?q?a?=", "=?utf-8?q?=G0?=",
                           "=?utf-8?q?=4?=", "=?utf-8?b?a!b?=", "plain = ? text"}) {
    EXPECT_EQ(decode_encoded_words(text), text);
  }
}

}  // namespace
}  // namespace lbx
