// SPDX-License-Identifier: MIT
#include "convert/message_files_source.h"

#include <gmock/gmock.h>

#include "support/scratch.h"
#include "support/test_system.h"

namespace lbx::convert {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing_support::ScratchDirectory;
using testing_support::TestSystem;

struct Got {
  std::string text;
  std::string letters;
  std::optional<Error> error;
};

class MessageFilesTest : public testing::Test {
 protected:
  std::vector<Got> all(std::vector<MessageFile> list) {
    Result<MessageFilesSource> source = MessageFilesSource::open(
        outside.system, scratch.path(), "/name", std::move(list), FolderName::of_path("f"));
    std::vector<Got> out;
    for (;;) {
      Result<std::optional<Message>> message = source->next();
      if (!message || !*message) return out;
      Got got{"", (*message)->state.fresh ? "new" : (*message)->state.letters, {}};
      EXPECT_EQ((*message)->folder.str(), "f");
      const Result<void> read = (*message)->content([&got](std::string_view chunk) -> Result<void> {
        got.text += chunk;
        return {};
      });
      if (!read) got.error = read.error();
      out.push_back(std::move(got));
    }
  }
  ScratchDirectory scratch;
  TestSystem outside;
};

TEST_F(MessageFilesTest, OctetsStayButForLineEndsThatAreAllCrLf) {
  scratch.write("a", "Status: RO\r\n\r\nx\r\n");
  scratch.write("b", "A: b\r\n\nx\r\n");
  const std::vector<Got> got = all({{"a", 1}, {"b", 1}});
  ASSERT_EQ(got.size(), 2U);
  EXPECT_EQ(got[0].text, "Status: RO\n\nx\n");
  EXPECT_EQ(got[0].letters, "S");
  EXPECT_EQ(got[1].text, "A: b\r\n\nx\r\n");
  EXPECT_EQ(got[1].letters, "new");
}

TEST_F(MessageFilesTest, OneThatCannotBeReadDoesNotStopTheOthers) {
  scratch.write("b", "A: b\n");
  scratch.make_directory("dir");
  const std::vector<Got> got = all({{"a", 1}, {"dir", 1}, {"b", 1}});
  ASSERT_EQ(got.size(), 3U);
  EXPECT_TRUE(got[0].error);
  EXPECT_TRUE(got[1].error);
  EXPECT_EQ(got[2].text, "A: b\n");
}

TEST_F(MessageFilesTest, SequencesOfMhAreFlags) {
  for (const char* each : {"1", "2", "3"}) scratch.write(each, "A: b\n");
  scratch.write(".mh_sequences", "unseen: 2\nflagged: 1-2\nreplied: 3\n");
  std::vector<std::string> letters;
  for (const Got& each : all({{"1", 1, MessageForm::Plain, true},
                              {"2", 1, MessageForm::Plain, true},
                              {"3", 1, MessageForm::Plain, true}})) {
    letters.push_back(each.letters);
  }
  EXPECT_THAT(letters, ElementsAre("FS", "F", "RS"));
}

TEST_F(MessageFilesTest, AnEmlxIsItsMessageAndItsFlags) {
  const std::string list = "<dict><key>flags</key>\n<integer>5</integer></dict>";
  scratch.write("a", "6  \nA: b\n\n" + list);
  scratch.write("cut", "600\nA: b\n\n" + list);
  const std::vector<Got> got =
      all({{"a", 1, MessageForm::Emlx, false}, {"cut", 1, MessageForm::Emlx, false}});
  ASSERT_EQ(got.size(), 2U);
  EXPECT_EQ(got[0].text, "A: b\n\n");
  EXPECT_EQ(got[0].letters, "RS");
  EXPECT_TRUE(got[1].error);
}

TEST(MhSequenceTest, RangesEndWhereTheFolderEnds) {
  EXPECT_THAT(mh_sequence("a: 1\nx: 3 5-7 9-18446744073709551615\n", "x", 10),
              ElementsAre(3, 5, 6, 7, 9, 10));
  EXPECT_THAT(mh_sequence("x 1\nx: - a 7-3\n", "x", 10), IsEmpty());
  std::string much = "x:";
  for (int i = 0; i < 5; ++i) much += " 1-4000000";
  EXPECT_THAT(mh_sequence(much, "x", 4'000'000), IsEmpty()) << "nobody has so many";
}

}  // namespace
}  // namespace lbx::convert
