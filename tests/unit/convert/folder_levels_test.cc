// SPDX-License-Identifier: MIT
#include "convert/folder_levels.h"

#include <gmock/gmock.h>

namespace lbx::convert {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(FolderLevelsTest, AMailboxIsAFolderWithTheNameOfItsFile) {
  EXPECT_THAT(levels_of_mailbox("Sent"), ElementsAre("Sent"));
  EXPECT_THAT(levels_of_mailbox("/a/b/Work.mbox"), ElementsAre("a", "b", "Work"));
  EXPECT_THAT(levels_of_mailbox("Old.MBOX.gz"), ElementsAre("Old"));
  EXPECT_THAT(levels_of_mailbox("../../x"), ElementsAre("x")) << "names are no paths";
  EXPECT_THAT(levels_of_mailbox(""), IsEmpty());
  EXPECT_THAT(levels_of_mailbox("50%25/a%2fb.mbox"), ElementsAre("50%", "a/b"));
}

TEST(FolderLevelsTest, WhatProgramsWrapFoldersInIsNoLevel) {
  EXPECT_THAT(levels_of_mailbox("Inbox.sbd/Work"), ElementsAre("Inbox", "Work"));
  EXPECT_THAT(levels_of_mailbox("Sent.mbox/mbox"), ElementsAre("Sent"));
  EXPECT_THAT(levels_of_mailbox("list.mbox/list.mbox"), ElementsAre("list"));
  EXPECT_THAT(levels_of_mailbox("list/2001-May.txt.gz"), ElementsAre("list"));
  EXPECT_THAT(levels_of_mailbox(".mbox"), ElementsAre(".mbox"));
  EXPECT_THAT(
      levels_of_directory("A.mbox/B.mbox/0FDF4F8C-8CA4-4B5D-9A6E-B2D1C7F5A7B0/Data/1/2/Messages"),
      ElementsAre("A", "B"));
  EXPECT_THAT(levels_of_directory("Data/1"), ElementsAre("Data", "1")) << "only in Apple's";
}

TEST(FolderLevelsTest, TakeoutAndAccountsAreTakenAway) {
  EXPECT_EQ(without_wrapping("Takeout/Mail/a.mbox"), "a.mbox");
  EXPECT_EQ(without_wrapping("Takeout/E-Mail/x/a.mbox"), "x/a.mbox");
  EXPECT_EQ(without_wrapping("Takeout/x"), "Takeout/x");
  EXPECT_EQ(without_wrapping("p/Mail/Local Folders/a.sbd/b"), "a.sbd/b");
  EXPECT_EQ(without_wrapping("ImapMail/imap.example.org/INBOX"), "INBOX");
  EXPECT_EQ(without_wrapping("Mail/lists/foo"), "Mail/lists/foo");
  EXPECT_EQ(without_wrapping("Mail/Work.sbd/foo"), "Mail/Work.sbd/foo");
}

TEST(FolderLevelsTest, PipermailsMonthsHaveADate) {
  EXPECT_EQ(pipermail_date("2001-May.txt.gz"), "200105");
  EXPECT_EQ(pipermail_date("2001-December.txt"), "200112");
  EXPECT_EQ(pipermail_date("2001-11.txt"), "200111");
  EXPECT_EQ(pipermail_date("2001.txt"), "2001");
  EXPECT_EQ(pipermail_date("2001q3.txt"), "2001q3");
  EXPECT_EQ(pipermail_date("20010507.txt"), "20010507");
  EXPECT_EQ(pipermail_date("Week-of-Mon-20010507.txt.gz"), "20010507");
  for (const char* each : {"", "x.txt", "2001-May", "2001-.txt", "2001-Ma.txt", "2001x.txt",
                           "201-May.txt", "2001-x.txt"}) {
    EXPECT_EQ(pipermail_date(each), "") << each;
  }
}

}  // namespace
}  // namespace lbx::convert
