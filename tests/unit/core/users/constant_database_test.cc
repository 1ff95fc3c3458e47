// SPDX-License-Identifier: MIT
#include "core/users/constant_database.h"

#include <gtest/gtest.h>

namespace lbx::users {
namespace {

std::string bytes_of(const std::vector<Record>& records) {
  const Result<std::string> bytes = make_database(records);
  EXPECT_TRUE(bytes) << bytes.error().what;
  return *bytes;
}

std::string found(const ConstantDatabase& database, const std::string& key) {
  const Result<std::optional<std::string>> data = database.find(key);
  if (!data) return "error: " + data.error().what;
  return data->value_or("nothing");
}

TEST(ConstantDatabaseTest, FindsWhatWasWritten) {
  const Result<ConstantDatabase> database =
      ConstantDatabase::from(bytes_of({{"a", "1"}, {"", "empty"}, {"b", ""}}));
  ASSERT_TRUE(database) << database.error().what;
  EXPECT_EQ(found(*database, "a"), "1");
  EXPECT_EQ(found(*database, "b"), "");
  EXPECT_EQ(found(*database, ""), "empty");
  EXPECT_EQ(found(*database, "c"), "nothing");
}

TEST(ConstantDatabaseTest, OfEqualKeysTheFirstCounts) {
  const Result<ConstantDatabase> database =
      ConstantDatabase::from(bytes_of({{"a", "1"}, {"a", "2"}, {"a", "3"}}));
  ASSERT_TRUE(database) << database.error().what;
  EXPECT_EQ(found(*database, "a"), "1");
}

TEST(ConstantDatabaseTest, ManyRecordsAreAllFound) {
  std::vector<Record> records;
  for (int i = 0; i < 5000; ++i) records.push_back({"k" + std::to_string(i), std::to_string(i)});
  const Result<ConstantDatabase> database = ConstantDatabase::from(bytes_of(records));
  ASSERT_TRUE(database) << database.error().what;
  for (const Record& each : records) EXPECT_EQ(found(*database, each.key), each.data);
}

TEST(ConstantDatabaseTest, WhatIsNoneIsRefused) {
  for (const std::size_t size : {0U, 1U, 2047U}) {
    const Result<ConstantDatabase> database = ConstantDatabase::from(std::string(size, 'x'));
    ASSERT_FALSE(database) << size;
    EXPECT_EQ(database.error().retry, Retry::Later);
  }
}

TEST(ConstantDatabaseTest, PositionsBeyondTheEndAreErrors) {
  const Result<ConstantDatabase> database = ConstantDatabase::from(std::string(4096, '\x7f'));
  ASSERT_TRUE(database) << database.error().what;
  EXPECT_TRUE(found(*database, "a").starts_with("error: damaged cdb"));
}

TEST(ConstantDatabaseTest, ARecordLongerThanTheFileIsAnError) {
  std::string bytes = bytes_of({{"a", "1"}});
  bytes[2048 + 4] = '\xff';  // the length of the first record's data
  const Result<ConstantDatabase> database = ConstantDatabase::from(bytes);
  ASSERT_TRUE(database) << database.error().what;
  EXPECT_TRUE(found(*database, "a").starts_with("error: damaged cdb"));
}

TEST(ConstantDatabaseTest, BeyondTheLimitNothingIsReadOrMade) {
  std::vector<Record> records(1);
  records[0].data.assign(kMaxDatabaseOctets + 1, 'x');
  EXPECT_FALSE(ConstantDatabase::from(records[0].data));
  EXPECT_FALSE(make_database(records));
}

}  // namespace
}  // namespace lbx::users
