// SPDX-License-Identifier: MIT
#include "pop3d/packed_names.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace lbx::pop3d {
namespace {

/// A name as deliveries of ours make it.
std::string name_of(unsigned number) {
  std::string digits = std::to_string(1700000000 + 37 * number);
  return digits + ".M" + std::to_string(100000 + number % 899999) +
         "P4711.mail.example.org,S=" + std::to_string(1000 + number % 9000) + ":2,S";
}

TEST(PackedNamesTest, EveryNameComesBackWholeAndInPart) {
  std::string all;  // every octet that a name may have
  for (int c = 1; c < 256; ++c) {
    if (c != '/') all += static_cast<char>(c);
  }
  const std::vector<std::string> names{
      "",  "a",   "7",  "77", "777",  "7a7",     "1700000000.M5P6.host:2,S",
      all, ":2,", "ab", "b",  "host", "host,S=", std::string(255, 'x')};
  for (const bool learned : {false, true}) {
    PackedNames packed;
    if (learned) packed.learn({names.begin(), names.end()});
    std::vector<std::size_t> places;
    places.reserve(names.size());
    for (const std::string& name : names) places.push_back(packed.add(name));
    for (std::size_t i = 0; i < names.size(); ++i) {
      for (std::size_t size = 0; size <= names[i].size(); ++size) {
        ASSERT_EQ(packed.get(places[i], size), names[i].substr(0, size));
      }
    }
  }
}

TEST(PackedNamesTest, MorePiecesThanThereIsRoomForAreKeptAsTheyAre) {
  std::vector<std::string> names;
  for (char a = 'a'; a <= 'z'; ++a) {
    for (char b = 'a'; b <= 'z'; ++b) names.push_back({a, b, '1', b, b, a, '2'});
  }
  PackedNames packed;
  packed.learn({names.begin(), names.end()});
  std::vector<std::size_t> places;
  places.reserve(names.size());
  for (const std::string& name : names) places.push_back(packed.add(name));
  for (std::size_t i = 0; i < names.size(); ++i) {
    ASSERT_EQ(packed.get(places[i], names[i].size()), names[i]);
  }
}

TEST(PackedNamesTest, AUsualNameTakesLessThanHalf) {
  std::vector<std::string> names;
  std::size_t octets = 0;
  for (unsigned i = 0; i < 1000; ++i) octets += names.emplace_back(name_of(i)).size();
  PackedNames packed;
  packed.learn({names.begin(), names.begin() + 16});
  for (const std::string& name : names) packed.add(name);
  EXPECT_LT(packed.size() * 2, octets);
}

}  // namespace
}  // namespace lbx::pop3d
