// SPDX-License-Identifier: MIT
#include "core/message/line_endings.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <utility>
#include <vector>

namespace lbx {
namespace {

using namespace std::string_literals;

std::string encoded(const std::vector<std::string>& chunks) {
  CrlfEncoder encoder;
  std::string out;
  for (const std::string& chunk : chunks) encoder.append(chunk, out);
  encoder.finish(out);
  return out;
}

std::uint64_t counted(const std::vector<std::string>& chunks) {
  OctetCounter counter;
  for (const std::string& chunk : chunks) counter.add(chunk);
  return counter.on_wire();
}

// What each stored form is on the wire: the whole rule.
const std::vector<std::pair<std::string, std::string>> stored_forms{
    {"", ""},
    {"\n", "\r\n"},
    {"a\nb\n", "a\r\nb\r\n"},
    {"a\r\nb\r\n", "a\r\nb\r\n"},
    {"a\nb\r\nc\n", "a\r\nb\r\nc\r\n"},
    {"a", "a\r\n"},
    {"a\r", "a\r\n"},
    {"a\r\nb", "a\r\nb\r\n"},
    {"a\rb\n", "a\rb\r\n"},
    {"a\r\r\n", "a\r\r\n"},
    {"\r", "\r\n"},
    {"\r\r", "\r\r\n"},
    {"a\0b\n"s, "a\0b\r\n"s},
    {"\n\n\n", "\r\n\r\n\r\n"},
    {"\xff\xfe\n", "\xff\xfe\r\n"},
};

TEST(LineEndingsTest, EachStoredFormHasItsFormOnTheWire) {
  for (const auto& [stored, wire] : stored_forms) EXPECT_EQ(encoded({stored}), wire);
}

TEST(LineEndingsTest, WhatIsCountedIsWhatIsSent) {
  for (const auto& [stored, wire] : stored_forms) EXPECT_EQ(counted({stored}), wire.size()) << wire;
}

TEST(LineEndingsTest, EverySplitIntoTwoChunksGivesTheSame) {
  for (const auto& [stored, wire] : stored_forms) {
    for (std::size_t at = 0; at <= stored.size(); ++at) {
      const std::vector<std::string> chunks{stored.substr(0, at), stored.substr(at)};
      EXPECT_EQ(encoded(chunks), wire);
      EXPECT_EQ(counted(chunks), wire.size());
    }
  }
}

TEST(LineEndingsTest, AnyMixtureOfAnyOctetsIsCountedAsItIsSent) {
  std::mt19937 random{1};  // NOLINT(cert-msc51-cpp): the same inputs in every run
  for (int round = 0; round < 2000; ++round) {
    std::vector<std::string> chunks(random() % 5);
    for (std::string& chunk : chunks) {
      for (std::size_t n = random() % 9; n > 0; --n) chunk += "\r\n.a"[random() % 4];
    }
    EXPECT_EQ(counted(chunks), encoded(chunks).size());
  }
}

TEST(LineEndingsTest, NoBareLineFeedIsEverSent) {
  for (const auto& [stored, wire] : stored_forms) {
    const std::string out = encoded({stored});
    for (std::size_t at = out.find('\n'); at != out.npos; at = out.find('\n', at + 1)) {
      ASSERT_GT(at, 0U);
      EXPECT_EQ(out[at - 1], '\r');
    }
    EXPECT_TRUE(out.empty() || out.ends_with("\r\n"));
  }
}

}  // namespace
}  // namespace lbx
