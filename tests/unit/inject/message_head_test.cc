// SPDX-License-Identifier: MIT
#include "inject/message_head.h"

#include <gtest/gtest.h>

namespace lbx::inject {
namespace {

HeadReader read(std::string_view text, std::size_t step) {
  HeadReader head;
  std::string rest;
  while (!text.empty()) {
    const std::string_view piece = text.substr(0, step);
    text.remove_prefix(piece.size());
    const Result<bool> more = head.feed(piece);
    EXPECT_TRUE(more) << more.error().what;
    if (!more || !*more) return head;
  }
  head.finish();
  return head;
}

std::string shown(const HeadReader& head) {
  std::string out;
  for (const RawField& field : head.fields()) out += field.text;
  return out + '|' + head.body();
}

TEST(MessageHeadTest, EndsAtTheEmptyLineOrAtALineThatIsNoField) {
  EXPECT_EQ(shown(read("To: a\n\nbody\n", 100)), "To: a\n|\nbody\n");
  EXPECT_EQ(shown(read("To: a\nno field\nX: y\n", 100)), "To: a\n|\nno field\nX: y\n");
  EXPECT_EQ(shown(read(" continues nothing\n", 100)), "|\n continues nothing\n");
  EXPECT_EQ(shown(read("To: a", 100)), "To: a\n|");
  EXPECT_EQ(shown(read("just text", 100)), "|\njust text\n");
  EXPECT_EQ(shown(read("", 100)), "|");
}

TEST(MessageHeadTest, IsTheSameHoweverTheInputIsCut) {
  const std::string_view text = "From joe Mon\nTo: a,\n\tb\nX y: z\nSubject : s\n";
  for (std::size_t step = 1; step < text.size(); ++step) {
    const HeadReader head = read(text, step);
    ASSERT_EQ(head.fields().size(), 2U) << step;
    EXPECT_EQ(head.fields()[0].text, "MBOX-Line: From joe Mon\n");
    EXPECT_EQ(head.fields()[1].text, "To: a,\n\tb\n");
    EXPECT_EQ(head.body().substr(0, 1), "\n");
  }
}

TEST(MessageHeadTest, FieldsHaveANameAndAValue) {
  const HeadReader head = read("Subject \t: one\n two\n\n", 100);
  ASSERT_EQ(head.fields().size(), 1U);
  EXPECT_EQ(head.fields().front().name(), "Subject");
  EXPECT_EQ(head.fields().front().value(), " one\n two");
}

TEST(MessageHeadTest, AHeaderBeyondTheLimitIsRefused) {
  HeadReader head;
  const std::string line = "X: " + std::string(65'000, 'x') + '\n';
  Result<bool> more = true;
  std::size_t fed = 0;
  while (more && fed < 2 * kMaxHeader) {
    more = head.feed(line);
    fed += line.size();
  }
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().retry, Retry::Never);
  EXPECT_GT(fed, kMaxHeader);
  EXPECT_LE(fed, kMaxHeader + line.size());
}

TEST(MessageHeadTest, ALineBeyondTheLimitIsRefused) {
  HeadReader head;
  const std::string piece(1'000'000, 'x');
  Result<bool> more = true;
  std::size_t fed = 0;
  for (; more && fed < 2 * kMaxHeader; fed += piece.size()) more = head.feed(piece);
  EXPECT_FALSE(more);
  EXPECT_LE(fed, kMaxHeader + piece.size());
}

}  // namespace
}  // namespace lbx::inject
