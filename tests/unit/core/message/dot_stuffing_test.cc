// SPDX-License-Identifier: MIT
#include "core/message/dot_stuffing.h"

#include <gtest/gtest.h>

namespace lbx {
namespace {

std::string stuffed(std::string_view text) {
  DotStuffer stuffer;
  std::string out;
  stuffer.append(text, out);
  stuffer.finish(out);
  return out;
}

TEST(DotStuffingTest, NothingIsOnlyTheTerminator) {
  EXPECT_EQ(stuffed(""), ".\r\n");
}

TEST(DotStuffingTest, StuffsTheFirstOctetOfTheMessage) {
  EXPECT_EQ(stuffed(".x\r\n"), "..x\r\n.\r\n");
  EXPECT_EQ(stuffed(".\r\n"), "..\r\n.\r\n");
}

TEST(DotStuffingTest, StuffsEveryLineThatBeginsWithADotAndNoOther) {
  EXPECT_EQ(stuffed("a.\r\n.\r\n..b\r\n\r\n.\r\n"), "a.\r\n..\r\n...b\r\n\r\n..\r\n.\r\n");
}

TEST(DotStuffingTest, ABareCarriageReturnBeginsNoLine) {
  EXPECT_EQ(stuffed("a\r.b\r\n"), "a\r.b\r\n.\r\n");
}

TEST(DotStuffingTest, EverySplitIntoTwoChunksGivesTheSame) {
  const std::string text = ".\r\n..\r\na\r\n.b\r\n\r\n.\r\n";
  for (std::size_t at = 0; at <= text.size(); ++at) {
    DotStuffer stuffer;
    std::string out;
    stuffer.append(text.substr(0, at), out);
    stuffer.append(text.substr(at), out);
    stuffer.finish(out);
    EXPECT_EQ(out, stuffed(text)) << "split at " << at;
  }
}

TEST(DotStuffingTest, IsAsNewAfterTheEnd) {
  DotStuffer stuffer;
  std::string out;
  stuffer.append("a\r\n", out);
  stuffer.finish(out);
  out.clear();
  stuffer.append(".b\r\n", out);
  EXPECT_EQ(out, "..b\r\n");
}

}  // namespace
}  // namespace lbx
