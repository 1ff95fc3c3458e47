// SPDX-License-Identifier: MIT
#include "core/message/header.h"

#include <gtest/gtest.h>

namespace lbx {
namespace {

HeaderReader read(std::string_view message, std::size_t chunk = 7) {
  HeaderReader reader;
  while (!message.empty() && reader.feed(message.substr(0, chunk))) {
    message.remove_prefix(std::min(chunk, message.size()));
  }
  reader.finish();
  return reader;
}

TEST(HeaderTest, UnfoldsFieldsAndFindsThemInAnyCase) {
  const HeaderReader header = read("Subject: one\n  two\n\tthree\nFROM: x\r\n\nBody: no\n");
  ASSERT_EQ(header.fields().size(), 2U);
  EXPECT_EQ(*header.find("subject"), "one two three");
  EXPECT_EQ(*header.find("From"), "x");
  EXPECT_EQ(header.find("Body"), nullptr);
}

TEST(HeaderTest, EndsAtTheFirstLineThatIsNone) {
  EXPECT_EQ(read("Subject: x\nnot a field\nFrom: y\n").fields().size(), 1U);
  EXPECT_EQ(read(" folded at the start\nFrom: y\n").fields().size(), 0U);
  EXPECT_EQ(read("bad name: x\nFrom: y\n").fields().size(), 0U);
}

TEST(HeaderTest, AMessageMayEndWithinItsHeader) {
  EXPECT_EQ(*read("Subject: x\nFrom: unfinished").find("From"), "unfinished");
}

TEST(HeaderTest, BlanksBeforeTheColonBelongToNothing) {
  EXPECT_EQ(*read("Subject : x\n\n").find("Subject"), "x");
}

TEST(HeaderTest, AFieldOfAnyLengthIsCutAndSaysSo) {
  const HeaderReader header =
      read("X: " + std::string(kMaxKeptField * 3, 'x') + "\nY: y\n\n", 5000);
  ASSERT_EQ(header.fields().size(), 2U);
  EXPECT_TRUE(header.fields()[0].cut);
  EXPECT_LE(header.fields()[0].value.size(), kMaxKeptField);
  EXPECT_FALSE(header.fields()[1].cut);
}

TEST(HeaderTest, FoldedLinesDoNotGetAroundTheLimit) {
  std::string message = "X: a\n";
  for (int i = 0; i < 3000; ++i) message += ' ' + std::string(100, 'x') + '\n';
  const HeaderReader header = read(message, 4096);
  ASSERT_EQ(header.fields().size(), 1U);
  EXPECT_TRUE(header.fields()[0].cut);
  EXPECT_LE(header.fields()[0].value.size(), kMaxKeptField);
}

TEST(HeaderTest, FieldsBeyondTheLimitArePassedOver) {
  std::string message;
  for (std::size_t i = 0; i < kMaxKeptFields + 10; ++i) message += "A: b\n c\n";
  EXPECT_EQ(read(message, 4096).fields().size(), kMaxKeptFields);
}

}  // namespace
}  // namespace lbx
