// SPDX-License-Identifier: MIT
#include "core/mbox/quoting.h"

#include <gmock/gmock.h>

#include <random>

namespace lbx {
namespace {

using Direction = FromTransform::Direction;

std::string run(Direction direction, FromQuoting quoting, std::string_view text,
                std::size_t chunk = 1000) {
  FromTransform transform{direction, quoting};
  std::string out;
  while (!text.empty()) {
    const std::string_view piece = text.substr(0, chunk);
    text.remove_prefix(piece.size());
    transform.append(piece, out);
  }
  transform.finish(out);
  return out;
}

TEST(QuotingTest, NestedQuotesEveryLineThatLooksQuotedOrPlain) {
  EXPECT_EQ(run(Direction::Quote, FromQuoting::Nested, "From a\n>From b\n>>From c\n From d\n>x\n"),
            ">From a\n>>From b\n>>>From c\n From d\n>x\n");
}

TEST(QuotingTest, PlainQuotesOnlyWhatIsNotQuoted) {
  EXPECT_EQ(run(Direction::Quote, FromQuoting::Plain, "From a\n>From b\nFromage\nx From c\n"),
            ">From a\n>From b\nFromage\nx From c\n");
}

TEST(QuotingTest, UnquotingTakesOneMarkAway) {
  EXPECT_EQ(run(Direction::Unquote, FromQuoting::Nested, ">From a\n>>From b\n>Fro\nFrom c\n>>\n"),
            "From a\n>From b\n>Fro\nFrom c\n>>\n");
  EXPECT_EQ(run(Direction::Unquote, FromQuoting::Plain, ">From a\n>>From b\n>>\n"),
            "From a\n>>From b\n>>\n");
}

TEST(QuotingTest, NoneChangesNothing) {
  EXPECT_EQ(run(Direction::Quote, FromQuoting::None, "From a\n>From b"), "From a\n>From b");
}

// Random texts over the letters that matter: quoting is undone by unquoting, and neither depends on
// where the chunks end.
TEST(QuotingTest, UnquoteUndoesQuoteForEverySplit) {
  std::mt19937 random{20060102};
  const std::string_view pieces[] = {"From ", ">", "\n", "F", "Fro", "x", " ", "\n>From ", "\r\n"};
  for (int round = 0; round < 2000; ++round) {
    std::string text;
    for (std::size_t n = random() % 12; n > 0; --n) text += pieces[random() % std::size(pieces)];
    const std::string quoted = run(Direction::Quote, FromQuoting::Nested, text);
    EXPECT_EQ(quoted.find("\nFrom "), std::string::npos) << text;
    for (const std::size_t chunk : {1U, 2U, 3U, 7U}) {
      EXPECT_EQ(run(Direction::Quote, FromQuoting::Nested, text, chunk), quoted) << text;
      EXPECT_EQ(run(Direction::Unquote, FromQuoting::Nested, quoted, chunk), text) << quoted;
    }
  }
}

TEST(QuotingTest, AVeryLongRunOfMarksIsNotHeldBack) {
  FromTransform transform{Direction::Quote, FromQuoting::Nested};
  const std::string marks(1 << 20, '>');
  std::string out;
  transform.append(marks, out);
  EXPECT_EQ(out.size(), marks.size());
  transform.append("From x\n", out);
  EXPECT_EQ(out, marks + ">From x\n");
}

}  // namespace
}  // namespace lbx
