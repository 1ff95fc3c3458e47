// SPDX-License-Identifier: MIT
#include "convert/dovecot_keeper.h"

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
class DovecotKeeperTest : public testing::Test {
 protected:
  DovecotKeeperTest() {
    scratch.make_maildir("staging");
    root.reset(::open(scratch.path("staging").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    log.emplace(outside.files, root.get());
  }

  void have_target() {
    scratch.make_maildir("target");
    target.reset(::open(scratch.path("target").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  }

  static std::string name_of(std::uint64_t ordinal) {
    const std::uint64_t bits = name_bits("/source", ordinal, {});
    return "1.M" + std::to_string(ordinal) + "P0R" + ascii::to_hex(bits, 16) + ".host,S=1,W=1";
  }

  /// Stages the next message; -> its letters.
  std::string add(Message message, const std::string& flags = "") {
    std::string letters;
    if (!message.keywords.empty()) {
      letters = keeper.letters(message.folder, message.keywords).value();
    }
    scratch.write("staging/cur/" + name_of(ordinal) + ":2," + flags + letters, "x");
    log->note(ordinal, message);
    ++ordinal;
    return letters;
  }
  Message numbered(std::uint32_t uid, std::string uidl = "") const {
    Message message{};
    message.uid = uid;
    message.uid_validity = 7;
    message.last_uid = last_uid;
    message.uidl = std::move(uidl);
    return message;
  }
  static Message with_keywords(std::vector<std::string> keywords) {
    Message message{};
    message.keywords = std::move(keywords);
    return message;
  }

  Result<void> finish() {
    EXPECT_TRUE(log->write("/source", 0, std::vector<MessageDigest>(ordinal)));
    return keeper.finish({root.get(), target.get(), folders, *log});
  }
  std::string list() const { return scratch.read("staging/dovecot-uidlist"); }
  bool has_list() const { return scratch.exists("staging/dovecot-uidlist"); }

  ScratchDirectory scratch;
  TestSystem outside;
  FakeLockOps locks;
  DovecotKeeper keeper{outside.system, locks, 2};
  UniqueFd root;
  UniqueFd target;
  std::optional<StateLog> log;
  std::vector<FolderName> folders{FolderName{}};
  std::uint64_t ordinal{0};
  std::uint32_t last_uid{0};
};

TEST_F(DovecotKeeperTest, KeywordsGetLettersAndAFile) {
  EXPECT_EQ(add(with_keywords({"work", "$Label1"})), "ab");
  EXPECT_EQ(add(with_keywords({"$label1", "zwei Wörter"})), "bc");
  ASSERT_TRUE(finish());
  EXPECT_EQ(scratch.read("staging/dovecot-keywords"), "0 work\n1 $Label1\n2 zwei_W&APY-rter\n");
  EXPECT_FALSE(has_list());
  EXPECT_THAT(keeper.warnings(), IsEmpty());
}

TEST_F(DovecotKeeperTest, KeywordsBeyondTheLettersAreNamed) {
  for (int i = 0; i < 28; ++i) add(with_keywords({"k" + std::to_string(i)}));
  ASSERT_TRUE(finish());
  EXPECT_THAT(keeper.warnings(), ElementsAre(HasSubstr("2 more were left out of messages: k26")));
}

TEST_F(DovecotKeeperTest, KeywordsOfAFolderThatExistsKeepTheirLetters) {
  have_target();
  scratch.write("target/dovecot-keywords", "0 other\n2 work\n");
  add(with_keywords({"work", "mine"}), "FS");
  ASSERT_TRUE(finish());
  EXPECT_EQ(scratch.read("target/dovecot-keywords"), "0 other\n1 mine\n2 work\n");
  const std::string renamed = "staging/cur/" + name_of(0) + ":2,FSbc";
  EXPECT_TRUE(scratch.exists(renamed));
  ASSERT_TRUE(keeper.finish({root.get(), target.get(), folders, *log})) << "after an interruption";
  EXPECT_TRUE(scratch.exists(renamed));
  EXPECT_FALSE(scratch.exists("target/dovecot-uidlist.lock"));
  EXPECT_FALSE(scratch.exists("target/dovecot-keywords.lock"));
}

TEST_F(DovecotKeeperTest, DovecotsLockIsWaitedFor) {
  have_target();
  scratch.write("target/dovecot-uidlist.lock", "");
  add(with_keywords({"work"}));
  const Result<void> finished = finish();
  ASSERT_FALSE(finished);
  EXPECT_EQ(finished.error().retry, Retry::Later);
  EXPECT_GE(locks.slept, kMboxLockTimeout);
  locks.on_sleep = [this] { ::unlink(scratch.path("target/dovecot-uidlist.lock").c_str()); };
  EXPECT_TRUE(keeper.finish({root.get(), target.get(), folders, *log}));
  EXPECT_EQ(scratch.read("target/dovecot-keywords"), "0 work\n");
}

TEST_F(DovecotKeeperTest, NumbersThatAscendAreKept) {
  last_uid = 42;
  add(numbered(17));
  add(Message{});  // came later: it gets a number from Dovecot
  add(numbered(41, "old!id"));
  add(numbered(42));
  ASSERT_TRUE(finish());
  EXPECT_EQ(list(), "3 V7 N43\n17 :" + name_of(0) + "\n41 Pold!id :" + name_of(2) +
                        "\n42 :" + name_of(3) + "\n");
}

TEST_F(DovecotKeeperTest, NumbersThatDoNotAscendAreNotKept) {
  add(numbered(17));
  add(numbered(17));
  ASSERT_TRUE(finish());
  EXPECT_FALSE(has_list());
  EXPECT_THAT(keeper.warnings(), ElementsAre(HasSubstr("new numbers")));
}

TEST_F(DovecotKeeperTest, TwoMailboxesInOneFolderHaveNoNumbersInCommon) {
  add(numbered(1));
  Message other = numbered(2);
  other.uid_validity = 8;
  add(std::move(other));
  ASSERT_TRUE(finish());
  EXPECT_FALSE(has_list());
}

TEST_F(DovecotKeeperTest, TheHighestNumberLeavesNoneForTheNext) {
  add(numbered(UINT32_MAX));
  ASSERT_TRUE(finish());
  EXPECT_FALSE(has_list());
}

TEST_F(DovecotKeeperTest, Pop3IdsAloneGetNumbersOfOurOwn) {
  Message message{};
  message.uidl = "id-1";
  add(message);
  add(message);  // an id is that of one message
  message.uidl = "id-2";
  add(message);
  ASSERT_TRUE(finish());
  EXPECT_EQ(list(), "3 V1700000000 N4\n1 Pid-1 :" + name_of(0) + "\n2 :" + name_of(1) +
                        "\n3 Pid-2 :" + name_of(2) + "\n");
}

TEST_F(DovecotKeeperTest, NumbersThatDoNotContinueAListThatExistsAreNew) {
  have_target();
  for (const std::string before : {"3 V9 N1\n", "3 V7 N18\n", "3 V7 N1\n17 :a\n", "1 7 1\n"}) {
    scratch.write("target/dovecot-uidlist", before);
    if (ordinal == 0) add(numbered(17));
    DovecotKeeper fresh{outside.system, locks};
    ASSERT_TRUE(log->write("/source", 0, std::vector<MessageDigest>(ordinal)));
    ASSERT_TRUE(fresh.finish({root.get(), target.get(), folders, *log}));
    EXPECT_FALSE(has_list());
    EXPECT_EQ(scratch.read("target/dovecot-uidlist"), before);
    EXPECT_THAT(fresh.warnings(), ElementsAre(HasSubstr("do not continue")));
  }
}

TEST_F(DovecotKeeperTest, NumbersThatContinueAListAreAddedAndTheLockIsHeldUntilTheEnd) {
  have_target();
  // Dovecot appends without a new head.
  const std::string before = "3 V7 N2 G0123456789abcdef0123456789abcdef\n1 :a\n5 Pid-1 :b\n";
  scratch.write("target/dovecot-uidlist", before);
  add(numbered(17));
  add(numbered(20, "id-1"));
  add(numbered(21, "id-2"));
  ASSERT_TRUE(log->write("/source", 0, std::vector<MessageDigest>(ordinal)));
  const std::string after =
      "3 V7 N22 G0123456789abcdef0123456789abcdef\n1 :a\n5 Pid-1 :b\n17 :" + name_of(0) +
      "\n20 :" + name_of(1) + "\n21 Pid-2 :" + name_of(2) + "\n";
  for (int run = 0; run < 2; ++run) {  // and again, after an interruption
    DovecotKeeper fresh{outside.system, locks};
    ASSERT_TRUE(fresh.finish({root.get(), target.get(), folders, *log}));
    EXPECT_THAT(fresh.warnings(), IsEmpty());
    EXPECT_EQ(scratch.read("target/dovecot-uidlist"), after);
    EXPECT_TRUE(scratch.exists("target/dovecot-uidlist.lock"));
  }
  EXPECT_FALSE(scratch.exists("target/dovecot-uidlist.lock"));
  EXPECT_FALSE(has_list());
}

TEST_F(DovecotKeeperTest, Pop3IdsAloneGetTheNextNumbersOfAListThatExists) {
  have_target();
  scratch.write("target/dovecot-uidlist", "3 V9 N5\n");
  Message message{};
  message.uidl = "id-1";
  add(message);
  ASSERT_TRUE(finish());
  EXPECT_EQ(scratch.read("target/dovecot-uidlist"), "3 V9 N6\n5 Pid-1 :" + name_of(0) + "\n");
}

TEST_F(DovecotKeeperTest, WhatComesAgainAfterAnInterruptionCountsOnce) {
  add(numbered(1));
  add(numbered(2));
  ASSERT_TRUE(log->write("/source", 0, std::vector<MessageDigest>(ordinal)));
  ordinal = 1;  // the last checkpoint knew one message
  add(numbered(2));
  add(numbered(3));
  ASSERT_TRUE(finish());
  EXPECT_EQ(list(),
            "3 V7 N4\n1 :" + name_of(0) + "\n2 :" + name_of(1) + "\n3 :" + name_of(2) + "\n");
}

TEST_F(DovecotKeeperTest, WhatIsNotStagedIsNotListed) {
  add(numbered(1));
  add(numbered(2));
  ::unlink(scratch.path("staging/cur/" + name_of(0) + ":2,").c_str());
  ASSERT_TRUE(finish());
  EXPECT_EQ(list(), "3 V7 N3\n2 :" + name_of(1) + "\n");
}

}  // namespace
}  // namespace lbx::convert
