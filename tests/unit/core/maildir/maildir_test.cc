// SPDX-License-Identifier: MIT
#include "core/maildir/maildir.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <cerrno>

#include "support/scratch.h"
#include "support/test_system.h"

namespace lbx {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class MaildirTest : public testing::Test {
 protected:
  testing_support::ScratchDirectory scratch;
  testing_support::TestSystem outside;
};

TEST_F(MaildirTest, IsMadeWholeAndForItsOwnerOnly) {
  const Result<void> made = create_maildir(outside.system, scratch.fd(), "Maildir");
  ASSERT_TRUE(made) << made.error().what;
  EXPECT_THAT(scratch.names("."), ElementsAre("Maildir"));
  EXPECT_THAT(scratch.names("Maildir"), ElementsAre("cur", "new", "tmp"));
  struct stat status {};
  ASSERT_EQ(::stat(scratch.path("Maildir/new").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0700U);
}

TEST_F(MaildirTest, ATrailingSlashAndAParentAreUnderstood) {
  scratch.make_directory("home");
  EXPECT_TRUE(create_maildir(outside.system, scratch.fd(), "home/Maildir/"));
  EXPECT_THAT(scratch.names("home/Maildir"), ElementsAre("cur", "new", "tmp"));
}

TEST_F(MaildirTest, IsNotMadeWithoutItsParent) {
  const Result<void> made = create_maildir(outside.system, scratch.fd(), "home/Maildir");
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().os_error, ENOENT);
  EXPECT_THAT(scratch.names("."), IsEmpty());
}

TEST_F(MaildirTest, TheOneThatIsThereStays) {
  scratch.make_maildir("Maildir");
  scratch.write("Maildir/new/mail", "text");
  EXPECT_TRUE(create_maildir(outside.system, scratch.fd(), "Maildir"));
  EXPECT_EQ(scratch.read("Maildir/new/mail"), "text");
  EXPECT_THAT(scratch.names("."), ElementsAre("Maildir"));
}

TEST_F(MaildirTest, AFileInItsPlaceIsAnError) {
  scratch.write("Maildir", "a file");
  EXPECT_FALSE(create_maildir(outside.system, scratch.fd(), "Maildir"));
  EXPECT_EQ(scratch.read("Maildir"), "a file");
  EXPECT_THAT(scratch.names("."), ElementsAre("Maildir"));
}

TEST_F(MaildirTest, EveryFailureLeavesAWholeMaildirOrNone) {
  for (std::size_t n = 1; n < 14; ++n) {
    const testing_support::ScratchDirectory here;
    testing_support::TestSystem world;
    world.files.fail_call(n, EIO);
    const Result<void> made = create_maildir(world.system, here.fd(), "Maildir");
    if (here.exists("Maildir")) {
      EXPECT_THAT(here.names("Maildir"), ElementsAre("cur", "new", "tmp"));
    } else {
      EXPECT_FALSE(made);
    }
    EXPECT_FALSE(here.exists(".Maildir.0000000000000001")) << n;
  }
}

TEST_F(MaildirTest, ScanSeesEveryMessageAndNothingElse) {
  scratch.make_maildir("m");
  for (const char* each : {"new/1.1.h", "new/.hidden", "cur/2.2.h:2,S", "cur/odd name", "tmp/3"}) {
    scratch.write(std::string{"m/"} + each, "x");
  }
  scratch.make_directory("m/cur/directory");
  Result<UniqueFd> maildir = open_maildir(outside.files, scratch.fd(), "m");
  ASSERT_TRUE(maildir) << maildir.error().what;
  const Result<std::vector<MaildirEntry>> entries = scan_maildir(outside.files, maildir->get());
  ASSERT_TRUE(entries) << entries.error().what;
  std::vector<std::string> paths;
  for (const MaildirEntry& each : *entries) paths.push_back(each.path());
  EXPECT_THAT(paths, UnorderedElementsAre("new/1.1.h", "cur/2.2.h:2,S", "cur/odd name"));
}

TEST_F(MaildirTest, OnlyWhatLongLayInTmpIsCleared) {
  scratch.make_maildir("m");
  for (const char* each : {"old", "young", ".hidden"})
    scratch.write(std::string{"m/tmp/"} + each, "");
  const auto age = [this](const std::string& name, std::int64_t seconds) {
    const timespec when{outside.clock.time.seconds - seconds, 0};
    const timespec times[2] = {when, when};
    ASSERT_EQ(::utimensat(AT_FDCWD, scratch.path("m/tmp/" + name).c_str(), times, 0), 0);
  };
  age("old", kStaleTmpSeconds);
  age("young", kStaleTmpSeconds - 1);
  age(".hidden", kStaleTmpSeconds * 2);
  Result<UniqueFd> maildir = open_maildir(outside.files, scratch.fd(), "m");
  ASSERT_TRUE(maildir) << maildir.error().what;
  clear_stale_tmp(outside.files, maildir->get(), outside.clock.now());
  EXPECT_THAT(scratch.names("m/tmp"), ElementsAre(".hidden", "young"));
}

TEST_F(MaildirTest, AFolderBearsItsMark) {
  scratch.make_maildir("Maildir");
  EXPECT_TRUE(is_folder_place(outside.files, scratch.fd(), "Maildir/.Junk/"));
  const Result<void> made = create_folder(outside.system, scratch.fd(), "Maildir/.Junk/");
  ASSERT_TRUE(made) << made.error().what;
  EXPECT_THAT(scratch.names("Maildir"), ElementsAre(".Junk", "cur", "new", "tmp"));
  EXPECT_THAT(scratch.names("Maildir/.Junk"), ElementsAre("cur", "maildirfolder", "new", "tmp"));
}

TEST_F(MaildirTest, AFailedFolderLeavesNothing) {
  scratch.make_maildir("Maildir");
  outside.files.fail_every("rename", EIO);
  EXPECT_FALSE(create_folder(outside.system, scratch.fd(), "Maildir/.Junk/"));
  EXPECT_THAT(scratch.names("Maildir"), ElementsAre("cur", "new", "tmp"));
}

TEST_F(MaildirTest, OnlyADottedNameInAMaildirIsAFolder) {
  scratch.make_maildir("Maildir");
  for (const char* path : {"Maildir/Junk", ".mail", "Maildir/..", "Maildir/.", "missing/.Junk"}) {
    EXPECT_FALSE(is_folder_place(outside.files, scratch.fd(), path)) << path;
  }
}

TEST_F(MaildirTest, OnlyTheFirstAttemptIsTheFirst) {
  scratch.make_maildir("m");
  const UniqueFd fd{::open(scratch.path("m").c_str(), O_PATH | O_DIRECTORY)};
  EXPECT_TRUE(is_first_attempt(outside.files, fd.get(), 0xab));
  EXPECT_FALSE(is_first_attempt(outside.files, fd.get(), 0xab));
  EXPECT_TRUE(is_first_attempt(outside.files, fd.get(), 0xcd));
  clear_stale_tmp(outside.files, fd.get(), {::time(nullptr) + kStaleTmpSeconds + 60, 0});
  EXPECT_THAT(scratch.names("m/tmp"), ElementsAre());
}

TEST_F(MaildirTest, WhereNothingCanBeNotedNobodyIsTheFirst) {
  scratch.make_maildir("m");
  const UniqueFd fd{::open(scratch.path("m").c_str(), O_PATH | O_DIRECTORY)};
  outside.files.fail_every("open", EROFS);
  EXPECT_FALSE(is_first_attempt(outside.files, fd.get(), 0xab));
}

TEST_F(MaildirTest, FindsAMessageByTheRandomPartOfItsName) {
  scratch.make_maildir("m");
  const auto find = [this](std::uint64_t random) {
    const UniqueFd fd{::open(scratch.path("m").c_str(), O_PATH | O_DIRECTORY)};
    return *find_message(outside.files, fd.get(), random);
  };
  scratch.write("m/cur/12.M3P4R00000000000000ab.host,S=1:2,S", "x");
  scratch.write("m/new/12.M3P4R00000000000000cd.host", "x");
  EXPECT_EQ(find(0xab), "cur/12.M3P4R00000000000000ab.host,S=1:2,S");
  EXPECT_EQ(find(0xcd), "new/12.M3P4R00000000000000cd.host");
  EXPECT_EQ(find(0xef), std::nullopt);
}

}  // namespace
}  // namespace lbx
