// SPDX-License-Identifier: MIT
#include "pop3d/line_reader.h"

#include <gtest/gtest.h>

namespace lbx::pop3d {
namespace {

TEST(LineReaderTest, CutsAtLineFeedAndDropsOneCarriageReturn) {
  LineReader lines;
  lines.feed("a\r\nb\nc\r\r\n\r\nrest");
  EXPECT_EQ(lines.next()->text, "a");
  EXPECT_EQ(lines.next()->text, "b");
  EXPECT_EQ(lines.next()->text, "c\r");
  EXPECT_EQ(lines.next()->text, "");
  EXPECT_FALSE(lines.ready());
  EXPECT_FALSE(lines.next());
}

TEST(LineReaderTest, ALineMayComeInPieces) {
  LineReader lines;
  for (const char byte : std::string_view{"ab\r"}) {
    lines.feed({&byte, 1});
    EXPECT_FALSE(lines.ready());
  }
  lines.feed("\n");
  EXPECT_EQ(lines.next()->text, "ab");
}

TEST(LineReaderTest, AnEndlessLineIsToldOnceAndKeepsNothing) {
  LineReader lines;
  lines.feed(std::string(kMaxLine + 2, 'x'));
  EXPECT_TRUE(lines.next()->too_long);
  for (int i = 0; i < 1000; ++i) {
    lines.feed(std::string(1000, 'x'));
    EXPECT_FALSE(lines.ready());
  }
  lines.feed("x\r\nb\r\n");
  EXPECT_EQ(lines.next()->text, "b");
}

TEST(LineReaderTest, TheLimitIsTheSameForALineThatComesWhole) {
  LineReader lines;
  lines.feed(std::string(kMaxLine, 'x') + "\r\n" + std::string(kMaxLine + 1, 'x') + "\nb\n");
  EXPECT_EQ(lines.next()->text.size(), kMaxLine);
  EXPECT_TRUE(lines.next()->too_long);
  EXPECT_EQ(lines.next()->text, "b");
}

TEST(LineReaderTest, ClearForgetsWhatWasFed) {
  LineReader lines;
  lines.feed("a\nb\n");
  lines.clear();
  EXPECT_FALSE(lines.ready());
}

}  // namespace
}  // namespace lbx::pop3d
