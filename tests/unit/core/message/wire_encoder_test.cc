// SPDX-License-Identifier: MIT
#include "core/message/wire_encoder.h"

#include <gtest/gtest.h>

#include <vector>

#include "core/message/dot_stuffing.h"
#include "core/message/line_endings.h"

namespace lbx {
namespace {

std::string in_two_passes(std::string_view text) {
  std::string lines;
  CrlfEncoder encoder;
  encoder.append(text, lines);
  encoder.finish(lines);
  std::string out;
  DotStuffer stuffer;
  stuffer.append(lines, out);
  stuffer.finish(out);
  return out;
}

/// Every text of up to six octets out of what matters.
std::vector<std::string> short_texts() {
  std::vector<std::string> all{""};
  for (std::size_t from = 0, length = 0; length < 6; ++length) {
    const std::size_t to = all.size();
    for (; from < to; ++from) {
      for (const char c : {'x', '.', '\r', '\n'}) all.push_back(all[from] + c);
    }
  }
  return all;
}

TEST(WireEncoderTest, GivesWhatTheTwoPassesGiveAndCountsIt) {
  for (const std::string& text : short_texts()) {
    OctetCounter counter;
    counter.add(text);
    for (std::size_t at = 0; at <= text.size(); ++at) {
      WireEncoder encoder;
      std::string out;
      encoder.append(std::string_view{text}.substr(0, at), out);
      encoder.append(std::string_view{text}.substr(at), out);
      EXPECT_LE(out.size(), text.size() * 2);
      encoder.finish(out);
      ASSERT_EQ(out, in_two_passes(text)) << testing::PrintToString(text) << " at " << at;
      ASSERT_EQ(encoder.octets(), counter.on_wire()) << testing::PrintToString(text);
    }
  }
}

}  // namespace
}  // namespace lbx
