// SPDX-License-Identifier: MIT
#include "convert/summary.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

namespace lbx::convert {
namespace {

using testing::HasSubstr;

ImportSummary sample() {
  ImportSummary summary;
  SourceSummary source;
  source.name = "/a\xff";
  source.added = 3;
  source.known = 2;
  source.findings.decided = "mboxrd";
  source.findings.left_out = 1;
  source.findings.doubt_count = 1;
  source.findings.doubts.push_back({"/a:7", "why", "From \"x\""});
  summary.sources.push_back(source);
  summary.added = 3;
  return summary;
}

TEST(SummaryTest, TheTableSaysWhatWentInAndWhatCameOut) {
  ImportOptions options;
  options.target = "/m";
  const std::string table = summary_table(sample(), options);
  EXPECT_THAT(
      table,
      HasSubstr("        6        3        2        1        0        1  /a\xff (mboxrd)\n"));
  EXPECT_THAT(table, HasSubstr("3 messages from 1 files into /m\n"));
}

TEST(SummaryTest, TheJsonIsOneWhateverTheNamesHold) {
  const nlohmann::json json = nlohmann::json::parse(summary_json(sample(), {}));
  EXPECT_EQ(json["added"], 3);
  EXPECT_EQ(json["sources"][0]["known"], 2);
  EXPECT_EQ(json["sources"][0]["doubts"][0]["text"], "From \"x\"");
}

}  // namespace
}  // namespace lbx::convert
