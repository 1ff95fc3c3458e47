// SPDX-License-Identifier: MIT
#include "core/message/line_scanner.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace lbx {
namespace {

using testing::ElementsAre;

std::vector<std::string> lines_of(std::string_view text, std::size_t chunk, std::size_t keep) {
  LineScanner scanner{keep};
  std::vector<std::string> out;
  const auto take = [&out](const ScannedLine& line) {
    out.push_back(std::string{line.text} + '|' + std::to_string(line.length) +
                  (line.ended ? "" : " open"));
    return true;
  };
  for (; !text.empty(); text.remove_prefix(std::min(chunk, text.size()))) {
    scanner.feed(text.substr(0, chunk), take);
  }
  scanner.finish(take);
  return out;
}

TEST(LineScannerTest, GivesTheSameLinesForEverySplit) {
  for (std::size_t chunk = 1; chunk < 12; ++chunk) {
    EXPECT_THAT(lines_of("ab\n\nabcdef\nxy", chunk, 4),
                ElementsAre("ab\n|3", "\n|1", "abcd|7", "xy|2 open"))
        << chunk;
  }
}

TEST(LineScannerTest, StopsWhereItIsTold) {
  LineScanner scanner{10};
  int seen = 0;
  EXPECT_FALSE(scanner.feed("a\nb\nc\n", [&seen](const ScannedLine&) { return ++seen < 2; }));
  EXPECT_EQ(seen, 2);
}

TEST(LineScannerTest, KeepsNoMoreOfALineThanAskedFor) {
  LineScanner scanner{8};
  const std::string chunk(100'000, 'x');
  for (int i = 0; i < 100; ++i) scanner.feed(chunk, [](const ScannedLine&) { return true; });
  scanner.feed("\n", [](const ScannedLine& line) {
    EXPECT_EQ(line.text, "xxxxxxxx");
    EXPECT_EQ(line.length, 10'000'001U);
    EXPECT_FALSE(line.whole());
    return true;
  });
}

}  // namespace
}  // namespace lbx
