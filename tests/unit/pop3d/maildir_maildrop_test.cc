// SPDX-License-Identifier: MIT
#include "pop3d/maildir_maildrop.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <ctime>
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
  static MaildirMaildrop::Options qmail() {
    MaildirMaildrop::Options options;
    options.dialect = Dialect::Qmail;
    return options;
  }
  static MaildirMaildrop::Options unsynced() {
    MaildirMaildrop::Options options;
    options.sync = false;
    return options;
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

TEST_F(MaildirMaildropTest, TheTimeInANameComesBeforeThatOfTheFile) {
  add("new/2000.M5P1.h", "1", 1000);
  add("cur/2000.M4P1.h:2,S", "2", 9000);
  add("new/other", "3", 1500);
  EXPECT_THAT(ids(*open()), ElementsAre("other", "2000.M4P1.h", "2000.M5P1.h"));
  EXPECT_THAT(ids(*open(qmail())), ElementsAre("2000.M5P1.h", "other", "2000.M4P1.h"));
}

TEST_F(MaildirMaildropTest, ASizeInANameThatCannotBeIsMeasured) {
  add("new/1.M1P1.h,S=3,W=99", "a\nb", 1000);
  add("new/2.M1P1.h,S=4", "a\nb\n", 2000);
  add("new/3", "", 3000);
  const auto maildrop = open();
  EXPECT_EQ(maildrop->octets(0), 6U);
  EXPECT_EQ(maildrop->octets(1), 6U);
  EXPECT_EQ(maildrop->octets(2), 0U);
}

TEST_F(MaildirMaildropTest, NamesWithSizesCostNoLookAtAMessage) {
  add("new/1.M1P1.h,S=4,W=6", "a\nb\n");
  EXPECT_EQ(open()->octets(0), 6U);
  for (const std::string& call : outside.files.journal()) {
    EXPECT_EQ(call.find("1.M1P1.h"), call.npos) << call;
  }
  EXPECT_FALSE(scratch.exists("m/letterbox-pop3-index"));
}

TEST_F(MaildirMaildropTest, ANameThatLiesIsFoundOutByRetrAndNeverBelievedAgain) {
  add("new/1.M1P1.h,S=4,W=5", "a\nb\n");
  {
    const auto maildrop = open();
    EXPECT_EQ(maildrop->octets(0), 5U);
    maildrop->sent(0, 6);
    EXPECT_EQ(maildrop->octets(0), 6U);
  }  // the client is gone, without QUIT
  EXPECT_EQ(open()->octets(0), 6U);
  rename("new/1.M1P1.h,S=4,W=5", "cur/1.M1P1.h,S=4,W=5:2,S");
  EXPECT_EQ(open()->octets(0), 6U);
}

TEST_F(MaildirMaildropTest, WhereNamesAreNotTrustedEachIsMeasuredOnce) {
  MaildirMaildrop::Options options;
  options.trust_names = false;
  add("new/1.M1P1.h,S=4,W=5", "a\nb\n");
  EXPECT_EQ(open(options)->octets(0), 6U);
  const std::size_t calls = outside.files.journal().size();
  EXPECT_EQ(open(options)->octets(0), 6U);
  for (std::size_t i = calls; i < outside.files.journal().size(); ++i) {
    EXPECT_EQ(outside.files.journal()[i].find("1.M1P1.h"), std::string::npos);
  }
}

TEST_F(MaildirMaildropTest, WhatWasMeasuredIsRememberedAtOnce) {
  add("new/a", "a\nb\n");
  const auto first = open();  // its client never says QUIT
  const std::size_t calls = outside.files.journal().size();
  EXPECT_EQ(open()->octets(0), 6U);
  for (std::size_t i = calls; i < outside.files.journal().size(); ++i) {
    EXPECT_EQ(outside.files.journal()[i].find("open new/a"), std::string::npos);
  }
}

TEST_F(MaildirMaildropTest, ALostOrTornIndexChangesNothing) {
  add("new/a", "a\nb\n", 5000);
  add("new/b b", "c", 4000);
  const auto look = [this] {
    const auto maildrop = open();
    std::vector<std::string> all = ids(*maildrop);
    for (std::size_t i = 0; i < 2; ++i) all.push_back(std::to_string(maildrop->octets(i)));
    return all;
  };
  const auto before = look();
  EXPECT_EQ(look(), before);
  const std::string whole = scratch.read("m/letterbox-pop3-index");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    scratch.write("m/letterbox-pop3-index", whole.substr(0, size));
    EXPECT_EQ(look(), before) << size;
  }
  remove("letterbox-pop3-index");
  EXPECT_EQ(look(), before);
}

TEST_F(MaildirMaildropTest, AMaildirThatCannotBeWrittenIsServedAllTheSame) {
  add("new/a", "a\nb\n");
  outside.files.fail_every("rename", EROFS);
  EXPECT_EQ(open()->octets(0), 6U);
  EXPECT_THAT(scratch.names("m/tmp"), IsEmpty());
}

TEST_F(MaildirMaildropTest, ASessionOfAnotherNodeAndOursBothKeepWhatTheyLearn) {
  add("new/1.M1P1.h,S=4,W=5", "a\nb\n");
  add("new/2.M1P1.h,S=4,W=5", "a\nb\n");
  {
    const auto one = open();
    const auto two = open();
    one->sent(0, 6);
    two->sent(1, 6);
  }
  const auto later = open();
  EXPECT_EQ(later->octets(0), 6U);
  EXPECT_EQ(later->octets(1), 6U);
}

TEST_F(MaildirMaildropTest, ManyThreadsMeasureWhatOneDoes) {
  for (int i = 0; i < 1200; ++i) {
    add("new/m" + std::to_string(i), std::string(static_cast<std::size_t>(i), '\n'), 1000 + i);
  }
  PosixFileOps files;  // that of the tests keeps a journal, on one thread
  System real{files, outside.clock, outside.randomness, 1, "h", {}};
  MaildirMaildrop::Options options;
  options.threads = 4;
  UniqueFd fd{::open(scratch.path("m").c_str(), O_RDONLY | O_DIRECTORY)};
  const auto maildrop = MaildirMaildrop::open(real, std::move(fd), options);
  ASSERT_TRUE(maildrop);
  ASSERT_EQ((*maildrop)->count(), 1200U);
  for (std::size_t i = 0; i < 1200; ++i) ASSERT_EQ((*maildrop)->octets(i), 2 * i);
}

TEST_F(MaildirMaildropTest, AMessageThatMovesWhileItIsListedComesOnceWithItsId) {
  add("new/a", "x");
  add("new/b", "x");
  static_cast<void>(open());  // now their sizes are known, and nothing is opened any more
  class MovesBetweenTheFolders final : public FileOps {
   public:
    explicit MovesBetweenTheFolders(const ScratchDirectory& scratch) : scratch_{scratch} {}
    Result<void> each_name(int dir, const std::string& path, const NameSink& sink) override {
      if (path == "cur" && !moved_) {
        moved_ = true;
        boost::filesystem::rename(scratch_.path("m/new/a"), scratch_.path("m/cur/a:2,S"));
      }
      return real_.each_name(dir, path, sink);
    }
    Result<UniqueFd> open_at(int dir, const std::string& path, int flags, mode_t mode) override {
      return real_.open_at(dir, path, flags, mode);
    }
    Result<std::size_t> read(int fd, char* buffer, std::size_t size) override {
      return real_.read(fd, buffer, size);
    }
    Result<std::size_t> read_at(int fd, char* buffer, std::size_t size,
                                std::uint64_t offset) override {
      return real_.read_at(fd, buffer, size, offset);
    }
    Result<std::size_t> write(int fd, std::string_view bytes) override {
      return real_.write(fd, bytes);
    }
    Result<void> sync(int fd) override { return real_.sync(fd); }
    Result<void> sync_file_system(int fd) override { return real_.sync_file_system(fd); }
    Result<void> close(UniqueFd fd) override { return real_.close(std::move(fd)); }
    Result<void> truncate(int fd, std::uint64_t length) override {
      return real_.truncate(fd, length);
    }
    Result<void> set_modified(int fd, Instant time) override {
      return real_.set_modified(fd, time);
    }
    Result<void> link_at(int dir, const std::string& from, int to_dir,
                         const std::string& to) override {
      return real_.link_at(dir, from, to_dir, to);
    }
    Result<void> link_fd(int fd, int to_dir, const std::string& to) override {
      return real_.link_fd(fd, to_dir, to);
    }
    Result<void> rename_at(int dir, const std::string& from, int to_dir,
                           const std::string& to) override {
      return real_.rename_at(dir, from, to_dir, to);
    }
    Result<void> rename_new(int dir, const std::string& from, int to_dir,
                            const std::string& to) override {
      return real_.rename_new(dir, from, to_dir, to);
    }
    Result<void> unlink_at(int dir, const std::string& path, int flags) override {
      return real_.unlink_at(dir, path, flags);
    }
    Result<void> make_directory(int dir, const std::string& path, mode_t mode) override {
      return real_.make_directory(dir, path, mode);
    }
    Result<struct stat> stat_fd(int fd) override { return real_.stat_fd(fd); }
    Result<struct stat> stat_at(int dir, const std::string& path, int flags) override {
      return real_.stat_at(dir, path, flags);
    }
    Result<FileSystemKind> file_system(int fd) override { return real_.file_system(fd); }
    Result<std::vector<DirectoryEntry>> list(int dir, const std::string& path) override {
      return real_.list(dir, path);
    }

   private:
    PosixFileOps real_;
    const ScratchDirectory& scratch_;
    bool moved_{false};
  };
  MovesBetweenTheFolders files{scratch};
  System stirred{files, outside.clock, outside.randomness, 1, "h", {}};
  UniqueFd fd{::open(scratch.path("m").c_str(), O_RDONLY | O_DIRECTORY)};
  const auto maildrop = MaildirMaildrop::open(stirred, std::move(fd), {});
  ASSERT_TRUE(maildrop);
  EXPECT_THAT(ids(**maildrop), testing::UnorderedElementsAre("a", "b"));
  EXPECT_EQ(content(**maildrop, 0), "x");
  EXPECT_EQ(content(**maildrop, 1), "x");
}

TEST_F(MaildirMaildropTest, OnlyQmailHidesWhatIsAsYoungAsTheSecond) {
  const time_t now = outside.clock.time.seconds;
  add("new/old", "x", now - 1);
  add("new/young", "x", now);
  add("new/future", "x", now + 5000);
  EXPECT_THAT(ids(*open(qmail())), ElementsAre("old"));
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

// A mail program that marks all as read makes a POP3 session look once, not once for each message.
TEST_F(MaildirMaildropTest, OneLookFindsAllThatSomebodyRenamesAndNoneThatIsGone) {
  for (int i = 0; i < 20; ++i) add("new/" + std::to_string(i), "text", 1000 + i);
  add("new/gone", "text", 2000);
  outside.clock.time.seconds = std::time(nullptr) + 100;
  const auto maildrop = open();
  for (int i = 0; i < 20; ++i) {
    rename("new/" + std::to_string(i), "cur/" + std::to_string(i) + ":2,S");
  }
  remove("new/gone");
  const auto lists = [this] {
    const auto& journal = outside.files.journal();
    return std::count(journal.begin(), journal.end(), "list cur");
  };
  const auto before = lists();
  for (std::size_t i = 0; i < 20; ++i) EXPECT_EQ(content(*maildrop, i), "text") << i;
  EXPECT_EQ(lists(), before + 1);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(content(*maildrop, 20), "ERROR");
  EXPECT_EQ(lists(), before + 1);
  rename("cur/7:2,S", "cur/7:2,FS");
  EXPECT_EQ(content(*maildrop, 7), "text");
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
  EXPECT_EQ(open(unsynced())->update({true}), 0U);
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
  // list tmp, open the index, stat new and cur, stat cur, list new, list cur, open new and cur,
  // file_system, its open
  outside.files.fail_call(11, EACCES);
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
