// SPDX-License-Identifier: MIT
#include "convert/courier_keeper.h"

#include <fcntl.h>
#include <gmock/gmock.h>

#include "core/base/ascii.h"
#include "support/scratch.h"
#include "support/test_system.h"
#include "unit/core/mbox/fake_lock_ops.h"

namespace lbx::convert {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing_support::FakeLockOps;
using testing_support::ScratchDirectory;
using testing_support::TestSystem;

/// A staging directory, in which messages stand as the sink would have left them.
class CourierKeeperTest : public testing::Test {
 protected:
  CourierKeeperTest() {
    scratch.make_maildir("staging");
    root.reset(::open(scratch.path("staging").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    log.emplace(outside.files, root.get());
  }

  void have_target() {
    scratch.make_maildir("target");
    target.reset(::open(scratch.path("target").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  }

  static std::string base_of(std::uint64_t ordinal) {
    const std::uint64_t bits = name_bits("/source", ordinal, {});
    return "1.M" + std::to_string(ordinal) + "P0R" + ascii::to_hex(bits, 16) + ".host,S=8,W=9";
  }

  void add(Message message) {
    if (!message.keywords.empty()) {
      EXPECT_EQ(keeper.letters(message.folder, message.keywords).value(), "");
    }
    scratch.write("staging/cur/" + base_of(ordinal) + ":2,", "x");
    log->note(ordinal, message);
    ++ordinal;
  }
  static Message with(std::vector<std::string> keywords, std::string uidl = "",
                      std::optional<std::uint32_t> uid = {}) {
    Message message{};
    message.keywords = std::move(keywords);
    message.uidl = std::move(uidl);
    message.uid = uid;
    message.uid_validity = 7;
    return message;
  }
  Result<void> finish() {
    EXPECT_TRUE(log->write("/source", 0, std::vector<MessageDigest>(ordinal)));
    return keeper.finish({root.get(), target.get(), folders, *log});
  }

  ScratchDirectory scratch;
  TestSystem outside;
  FakeLockOps locks;
  CourierKeeper keeper{outside.system, locks, 2};
  UniqueFd root;
  UniqueFd target;
  std::optional<StateLog> log;
  std::vector<FolderName> folders{FolderName{}};
  std::uint64_t ordinal{0};
};

TEST_F(CourierKeeperTest, ANewFolderHasListsOfNumbersIdsAndKeywords) {
  add(with({"work", "$Label1"}, "UID5-77", 17));
  add(with({"WORK"}, "UID9-78", 18));
  add(with({}, "", 41));
  ASSERT_TRUE(finish());
  EXPECT_EQ(scratch.read("staging/courierimapuiddb"),
            "1 7 42\n17 " + base_of(0) + "\n18 " + base_of(1) + "\n41 " + base_of(2) + "\n");
  EXPECT_EQ(scratch.read("staging/courierpop3dsizelist"),
            "/2 10 78\n" + base_of(0) + ":2, 9 5:77\n" + base_of(1) + ":2, 9 9:78\n");
  EXPECT_EQ(scratch.read("staging/courierimapkeywords/:list"),
            "work\n$Label1\n\n" + base_of(0) + ":0 1\n" + base_of(1) + ":0\n");
  EXPECT_THAT(keeper.warnings(), IsEmpty());
}

TEST_F(CourierKeeperTest, AFolderThatExistsGetsKeywordsMessageByMessageAndNothingElse) {
  have_target();
  scratch.write("target/courierimapuiddb", "1 7 17\n");
  scratch.write("target/courierpop3dsizelist", "/3 1 77\n");
  add(with({"work"}, "UID5-77", 17));
  ASSERT_TRUE(finish());
  EXPECT_EQ(scratch.read("target/courierimapkeywords/" + base_of(0)), "work\n");
  EXPECT_EQ(scratch.read("target/courierimapuiddb"), "1 7 17\n");
  EXPECT_EQ(scratch.read("target/courierpop3dsizelist"), "/3 1 77\n");
  EXPECT_THAT(keeper.warnings(),
              ElementsAre(HasSubstr("new numbers"), HasSubstr("1 POP3 ids (X-UIDL) are not kept")));
}

TEST_F(CourierKeeperTest, IdsThatCourierCannotSayAreCounted) {
  add(with({}, "UID5-77"));
  add(with({}, "UID6-77"));
  add(with({}, "UID6-77"));
  add(with({}, "other!id"));
  add(with({}, "UID4294967295-7"));
  ASSERT_TRUE(finish());
  EXPECT_EQ(scratch.read("staging/courierpop3dsizelist"),
            "/2 7 77\n" + base_of(0) + ":2, 9 5:77\n");
  EXPECT_THAT(keeper.warnings(), ElementsAre(HasSubstr("3 POP3 ids")));
}

TEST_F(CourierKeeperTest, KeywordsBeyondTheLimitAreLeftOutAndCounted) {
  for (std::size_t i = 0; i < kMaxCourierKeywords + 2; ++i) add(with({"k" + std::to_string(i)}));
  ASSERT_TRUE(finish());
  EXPECT_THAT(keeper.warnings(), ElementsAre(HasSubstr("2 more were left out")));
}

TEST_F(CourierKeeperTest, AfterAnInterruptionItIsWrittenAnew) {
  add(with({"work"}, "UID5-77", 17));
  ASSERT_TRUE(finish());
  const std::string before = scratch.read("staging/courierimapkeywords/:list");
  ASSERT_TRUE(keeper.finish({root.get(), target.get(), folders, *log}));
  EXPECT_EQ(scratch.read("staging/courierimapkeywords/:list"), before);
}

}  // namespace
}  // namespace lbx::convert
