// SPDX-License-Identifier: MIT
#include "pop3d/message_table.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "pop3d/index_file.h"

namespace lbx::pop3d {
namespace {

using Folder = MaildirPlace::Folder;

FoundMessages found(std::size_t count) {
  FoundMessages messages;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string name = std::to_string(1700000000 + i) + ".M5P6.host" + (i % 2 ? ":2,S" : "");
    EXPECT_TRUE(messages.add(i % 2 ? Folder::Cur : Folder::New, name));
    messages.set_octets(i, 100 + i);
  }
  return messages;
}

/// The same messages as an index lends them.
MessageTable lent(const FoundMessages& messages) {
  IndexParts parts;
  const std::vector<std::int64_t> times(messages.count());
  parts.rows = messages.rows();
  parts.times = times;
  parts.names = messages.names();
  const auto index = IndexFile::parse(encode_index(parts));
  EXPECT_NE(index, nullptr);
  return {index->parts().rows, index->parts().names, index};
}

class MessageTableTest : public testing::TestWithParam<bool> {
 protected:
  static MessageTable table(std::size_t count) {
    return GetParam() ? lent(found(count)) : MessageTable{found(count)};
  }
};

TEST_P(MessageTableTest, SaysWhatWasFound) {
  const FoundMessages messages = found(1000);
  const MessageTable table = MessageTableTest::table(1000);
  ASSERT_EQ(table.count(), 1000U);
  for (std::size_t i = 0; i < table.count(); ++i) {
    ASSERT_EQ(table.path(i), messages.path(i));
    ASSERT_EQ(table.base(i), messages.base(i));
    ASSERT_EQ(table.octets(i), 100 + i);
  }
}

TEST_P(MessageTableTest, AMessageThatIsRenamedIsKnownByItsNewNameAndTheOthersStay) {
  MessageTable table = MessageTableTest::table(3);
  ASSERT_TRUE(table.move(0, Folder::Cur, "1700000000.M5P6.host:2,FRS"));
  ASSERT_TRUE(table.move(0, Folder::Cur, "1700000000.M5P6.host:2,RS"));
  table.set_octets(2, 7);
  EXPECT_EQ(table.path(0), "cur/1700000000.M5P6.host:2,RS");
  EXPECT_EQ(table.base(0), "1700000000.M5P6.host");
  EXPECT_EQ(table.path(1), "cur/1700000001.M5P6.host:2,S");
  EXPECT_EQ(table.octets(2), 7U);
  EXPECT_EQ(table.path(2), "new/1700000002.M5P6.host");
}

INSTANTIATE_TEST_SUITE_P(OfItsOwnAndAnIndexs, MessageTableTest, testing::Bool());

}  // namespace
}  // namespace lbx::pop3d
