// SPDX-License-Identifier: MIT
#include "pop3d/maildir_maildrop.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <set>

#include "core/base/digest.h"
#include "support/scratch.h"
#include "support/test_system.h"

namespace lbx::pop3d {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing_support::ScratchDirectory;
using testing_support::TestSystem;

class MaildirMaildropTest : public testing::Test {
 protected:
  void SetUp() override { scratch.make_maildir("m"); }

  void add(const std::string& path, std::string_view content, time_t modified = 1'600'000'000) {
    scratch.write("m/" + path, content);
    const timespec times[2]{{modified, 0}, {modified, 0}};
    ASSERT_EQ(::utimensat(scratch.fd(), ("m/" + path).c_str(), times, 0), 0);
  }
  void rename(const std::string& from, const std::string& to) {
    boost::filesystem::rename(scratch.path("m/" + from), scratch.path("m/" + to));
  }
  void remove(const std::string& path) { boost::filesystem::remove(scratch.path("m/" + path)); }

  std::unique_ptr<Maildrop> open(MaildirMaildrop::Options options = {}) {
    UniqueFd fd{::open(scratch.path("m").c_str(), O_RDONLY | O_DIRECTORY)};
    Result<std::unique_ptr<Maildrop>> maildrop =
        MaildirMaildrop::open(outside.system, std::move(fd), options);
    EXPECT_TRUE(maildrop) << maildrop.error().what;
    return std::move(maildrop).value();
  }
  static std::vector<std::string> ids(const Maildrop& maildrop) {
    std::vector<std::string> out;
    for (std::size_t i = 0; i < maildrop.count(); ++i) out.push_back(maildrop.id(i));
    return out;
  }
  static std::string content(Maildrop& maildrop, std::size_t message) {
    const auto opened = maildrop.open(message);
    if (!opened) return "ERROR";
    std::string buffer(1000, '\0');
    return buffer.substr(0, *(*opened)->read(buffer.data(), buffer.size()));
  }

  ScratchDirectory scratch;
  TestSystem outside;
};

TEST_F(MaildirMaildropTest, MessagesStandInTheOrderOfTheirTimesThenNames) {
  add("new/b", "1", 1000);
  add("cur/a:2,S", "22", 3000);
  add("new/d", "333", 2000);
  add("cur/c:2,", "4444", 2000);
  EXPECT_THAT(ids(*open()), ElementsAre("b", "c", "d", "a"));
}

TEST_F(MaildirMaildropTest, DotFilesDirectoriesAndOddThingsAreNoMessages) {
  add("new/.hidden", "x");
  scratch.make_directory("m/cur/folder");
  ASSERT_EQ(::mkfifo(scratch.path("m/new/fifo").c_str(), 0600), 0);
  add("new/a", "x");
  EXPECT_THAT(ids(*open()), ElementsAre("a"));
}

TEST_F(MaildirMaildropTest, SizesAreMeasuredWhateverNamesSay) {
  add("new/1.M1P1.h,S=999,W=1000", "a\nb", 1000);
  add("new/2.M1P1.h,S=4,W=99", "a\nb\n", 2000);  // a believable S, a lying W
  add("new/3", "", 3000);
  const auto maildrop = open();
  EXPECT_EQ(maildrop->octets(0), 6U);
  EXPECT_EQ(maildrop->octets(1), 6U);
  EXPECT_EQ(maildrop->octets(2), 0U);
}

TEST_F(MaildirMaildropTest, OnlyQmailHidesWhatIsAsYoungAsTheSecond) {
  const time_t now = outside.clock.time.seconds;
  add("new/old", "x", now - 1);
  add("new/young", "x", now);
  add("new/future", "x", now + 5000);
  EXPECT_THAT(ids(*open({Dialect::Qmail, true})), ElementsAre("old"));
  EXPECT_THAT(ids(*open()), ElementsAre("old", "young", "future"));
}

TEST_F(MaildirMaildropTest, AnIdIsTheBaseNameWhereThatMayBeOne) {
  add("cur/" + std::string(70, 'n') + ":2,S", "x", 1);
  add("cur/" + std::string(71, 'n') + ":2,S", "x", 2);
  add("new/with blank", "x", 3);
  add("new/umlaut\xc3\xa4", "x", 4);
  EXPECT_THAT(ids(*open()), ElementsAre(std::string(70, 'n'), sha256_hex(std::string(71, 'n')),
                                        sha256_hex("with blank"), sha256_hex("umlaut\xc3\xa4")));
}

TEST_F(MaildirMaildropTest, IdsStayWhenFlagsOrFoldersChange) {
  add("new/1.a", "x", 1);
  add("new/" + std::string(90, 'n'), "x", 2);
  const auto before = ids(*open());
  rename("new/1.a", "cur/1.a:2,FS");
  rename("new/" + std::string(90, 'n'), "cur/" + std::string(90, 'n') + ":2,R");
  EXPECT_EQ(ids(*open()), before);
}

TEST_F(MaildirMaildropTest, NoIdComesTwice) {
  add("new/a", "x", 1);
  add("cur/a:2,", "y", 2);
  add("cur/a:2,S", "z", 3);
  add("new/with blank", "x", 4);
  add("new/" + sha256_hex("with blank"), "x", 5);
  const auto all = ids(*open());
  EXPECT_EQ(std::set<std::string>(all.begin(), all.end()).size(), 5U);
  EXPECT_EQ(all[0], "a");
  EXPECT_EQ(all[4], sha256_hex("with blank"));
  EXPECT_EQ(ids(*open()), all);
  for (const std::string& id : all) EXPECT_LE(id.size(), 70U);
}

TEST_F(MaildirMaildropTest, FollowsAMessageThatSomebodyRenames) {
  add("new/a", "text");
  const auto maildrop = open();
  rename("new/a", "cur/a:2,S");
  EXPECT_EQ(content(*maildrop, 0), "text");
  rename("cur/a:2,S", "cur/a:2,FS");
  EXPECT_EQ(content(*maildrop, 0), "text");
  rename("cur/a:2,FS", "cur/a:2,F");
  EXPECT_EQ(maildrop->update({true}), 0U);
  EXPECT_THAT(scratch.names("m/cur"), IsEmpty());
}

TEST_F(MaildirMaildropTest, AMessageThatSomebodyRemovedIsAnErrorAndQuitIsContent) {
  add("new/a", "text", 1);
  add("new/b", "text", 2);
  const auto maildrop = open();
  remove("new/a");
  EXPECT_EQ(content(*maildrop, 0), "ERROR");
  EXPECT_EQ(content(*maildrop, 1), "text");
  EXPECT_EQ(maildrop->update({true, false}), 0U);
  EXPECT_THAT(scratch.names("m/cur"), ElementsAre("b:2,"));
}

TEST_F(MaildirMaildropTest, AnotherFileOfTheSameBaseNameIsNeverTakenForALostOne) {
  add("new/a", "one", 1);
  add("cur/a:2,S", "two", 2);
  const auto maildrop = open();
  remove("new/a");
  EXPECT_EQ(content(*maildrop, 0), "ERROR");
  EXPECT_EQ(maildrop->update({true, false}), 0U);
  EXPECT_THAT(scratch.contents("m/cur"), ElementsAre("two"));
}

TEST_F(MaildirMaildropTest, UpdateRemovesTheMarkedAndMovesTheOthersToCur) {
  add("new/a", "1", 1);
  add("new/b", "2", 2);
  add("cur/c:2,S", "3", 3);
  add("new/d:2,F", "4", 4);
  const auto maildrop = open();
  add("new/later", "5", 5);
  EXPECT_EQ(maildrop->update({true, false, false, false}), 0U);
  EXPECT_THAT(scratch.names("m/cur"), ElementsAre("b:2,", "c:2,S", "d:2,F"));
  EXPECT_THAT(scratch.names("m/new"), ElementsAre("later"));
}

TEST_F(MaildirMaildropTest, MovingReplacesNothing) {
  add("new/a", "new one");
  const auto maildrop = open();
  add("cur/a:2,", "somebody else's");
  EXPECT_EQ(maildrop->update({false}), 0U);
  EXPECT_EQ(scratch.read("m/new/a"), "new one");
  EXPECT_EQ(scratch.read("m/cur/a:2,"), "somebody else's");
}

TEST_F(MaildirMaildropTest, MovesAlsoWhereTheFileSystemCannotKeepFromReplacing) {
  add("new/a", "1", 1);
  add("new/b", "2", 2);
  const auto maildrop = open();
  add("cur/b:2,", "taken");
  outside.files.fail_every("rename_new", EINVAL);
  EXPECT_EQ(maildrop->update({false, false}), 0U);
  EXPECT_THAT(scratch.names("m/new"), ElementsAre("b"));
  EXPECT_EQ(scratch.read("m/cur/b:2,"), "taken");
}

TEST_F(MaildirMaildropTest, WhatCannotBeRemovedIsCounted) {
  add("new/a", "1", 1);
  add("new/b", "2", 2);
  const auto maildrop = open();
  outside.files.fail_every("unlink", EACCES);
  EXPECT_EQ(maildrop->update({true, true}), 2U);
  EXPECT_EQ(scratch.names("m/new").size(), 2U);
}

TEST_F(MaildirMaildropTest, RemovalsAreOnDiskBeforeUpdateReturns) {
  add("new/a", "1", 1);
  add("cur/b:2,", "2", 2);
  const auto maildrop = open();
  EXPECT_EQ(maildrop->update({true, true}), 0U);
  const auto& calls = outside.files.journal();
  const auto removed = std::find(calls.begin(), calls.end(), "unlink cur/b:2,");
  ASSERT_NE(removed, calls.end());
  EXPECT_EQ(std::count(removed, calls.end(), "sync"), 2);
}

TEST_F(MaildirMaildropTest, AFailedSyncIsNotSuccess) {
  add("new/a", "1");
  const auto maildrop = open();
  outside.files.fail_every("sync", EIO);
  EXPECT_EQ(maildrop->update({true}), 1U);
}

TEST_F(MaildirMaildropTest, NothingIsSyncedWhereNothingWasRemovedOrNobodyWantsIt) {
  add("new/a", "1", 1);
  EXPECT_EQ(open()->update({false}), 0U);
  EXPECT_EQ(open({Dialect::Letterbox, false})->update({true}), 0U);
  const auto& calls = outside.files.journal();
  EXPECT_EQ(std::count(calls.begin(), calls.end(), "sync"), 0);
}

// Whatever call fails: no message that is not marked is ever lost, and 0 means removed.
TEST_F(MaildirMaildropTest, NoFailingCallLosesAMessageOrMakesALie) {
  for (std::size_t n = 1; n < 40; ++n) {
    ScratchDirectory here;
    here.make_maildir("m");
    here.write("m/new/a", "marked");
    here.write("m/new/b", "kept");
    here.write("m/cur/c:2,", "kept too");
    TestSystem world;
    world.files.fail_call(n, EIO);
    UniqueFd fd{::open(here.path("m").c_str(), O_RDONLY | O_DIRECTORY)};
    const auto maildrop = MaildirMaildrop::open(world.system, std::move(fd), {});
    if (maildrop) {
      std::vector<bool> marks((*maildrop)->count(), false);
      for (std::size_t i = 0; i < marks.size(); ++i) marks[i] = (*maildrop)->id(i) == "a";
      const bool marked = std::count(marks.begin(), marks.end(), true) == 1;
      const std::size_t left = (*maildrop)->update(marks);
      if (marked && left == 0) {
        EXPECT_FALSE(here.exists("m/new/a")) << n;
      }
    }
    EXPECT_EQ(here.contents("m/new").size() + here.contents("m/cur").size(),
              here.exists("m/new/a") || here.exists("m/cur/a:2,") ? 3U : 2U);
  }
}

TEST_F(MaildirMaildropTest, AMessageThatMayNotBeReadIsListedAndCanBeRemoved) {
  add("new/a", "12345");
  outside.files.fail_call(4, EACCES);  // list tmp, list new, list cur, and then its open
  const auto maildrop = open();
  EXPECT_EQ(maildrop->count(), 1U);
  EXPECT_EQ(maildrop->update({true}), 0U);
}

TEST_F(MaildirMaildropTest, AMissingFolderIsAnError) {
  boost::filesystem::remove(scratch.path("m/cur"));
  UniqueFd fd{::open(scratch.path("m").c_str(), O_RDONLY | O_DIRECTORY)};
  EXPECT_FALSE(MaildirMaildrop::open(outside.system, std::move(fd), {}));
}

}  // namespace
}  // namespace lbx::pop3d
