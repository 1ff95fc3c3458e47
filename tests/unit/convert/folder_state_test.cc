// SPDX-License-Identifier: MIT
#include "convert/folder_state.h"

#include <gmock/gmock.h>

#include "support/scratch.h"
#include "support/test_system.h"

namespace lbx::convert {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using testing_support::ScratchDirectory;
using testing_support::TestSystem;

Message message_with(std::vector<std::string> keywords, std::optional<std::uint32_t> uid) {
  Message message{};
  message.folder = FolderName::of_path("a/b c");
  message.keywords = std::move(keywords);
  message.uid = uid;
  message.uidl = uid ? "id-1" : "";
  return message;
}

class StateLogTest : public testing::Test {
 protected:
  std::vector<StagedMessage> all() {
    std::vector<StagedMessage> out;
    EXPECT_TRUE(log.for_each([&out](const StagedMessage& each) { out.push_back(each); }));
    return out;
  }
  ScratchDirectory scratch;
  TestSystem outside;
  StateLog log{outside.files, scratch.fd()};
  std::vector<MessageDigest> digests{2};
};

TEST_F(StateLogTest, WhatIsNotedComesBackWithTheNameOfItsFile) {
  log.note(7, message_with({}, std::nullopt));
  log.note(8, message_with({"$Junk", "zwei W\xc3\xb6rter", "100%"}, 42));
  EXPECT_GT(log.held(), 0U);
  ASSERT_TRUE(log.write("/source", 7, digests));
  EXPECT_EQ(log.held(), 0U);
  const std::vector<StagedMessage> found = all();
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].bits, name_bits("/source", 8, digests[1]));
  EXPECT_EQ(found[0].ordinal, 8U);
  EXPECT_EQ(found[0].folder.str(), "a/b c");
  EXPECT_EQ(found[0].uid, 42U);
  EXPECT_FALSE(found[0].uid_validity);
  EXPECT_EQ(found[0].uidl, "id-1");
  EXPECT_THAT(found[0].keywords, ElementsAre("$Junk", "zwei W\xc3\xb6rter", "100%"));
}

TEST_F(StateLogTest, ATornLineIsNoneAndTheNextOneIsWhole) {
  log.note(0, message_with({"x"}, 1));
  ASSERT_TRUE(log.write("/source", 0, digests));
  const std::string text = scratch.read(StateLog::kName);
  for (std::size_t size = 0; size < text.size(); ++size) {
    scratch.write(StateLog::kName, text.substr(0, size));
    EXPECT_THAT(all(), IsEmpty()) << size;
  }
  scratch.write(StateLog::kName, text.substr(0, text.size() / 2));
  log.note(1, message_with({"y"}, 2));
  ASSERT_TRUE(log.write("/source", 0, digests));
  ASSERT_THAT(all(), SizeIs(1));
  EXPECT_EQ(all()[0].uid, 2U);
}

TEST_F(StateLogTest, WhatIsTooLongIsLeftOut) {
  Message message = message_with(std::vector<std::string>(kMaxKeywords + 5, "k"), 1);
  message.keywords.front() = std::string(kMaxKeyword + 1, 'x');
  message.uidl = std::string(kMaxUidl + 1, 'x');
  log.note(0, message);
  ASSERT_TRUE(log.write("/source", 0, digests));
  ASSERT_THAT(all(), SizeIs(1));
  EXPECT_THAT(all()[0].keywords, SizeIs(kMaxKeywords));
  EXPECT_THAT(all()[0].uidl, IsEmpty());
  // The longest line there can be is read.
  log.note(1,
           message_with(std::vector<std::string>(kMaxKeywords, std::string(kMaxKeyword, '\n')), 1));
  ASSERT_TRUE(log.write("/source", 0, digests));
  EXPECT_THAT(all(), SizeIs(2));
}

TEST_F(StateLogTest, NoFileIsNoState) {
  EXPECT_THAT(all(), IsEmpty());
  EXPECT_TRUE(StateLog::remove(outside.files, scratch.fd()));
}

}  // namespace
}  // namespace lbx::convert
