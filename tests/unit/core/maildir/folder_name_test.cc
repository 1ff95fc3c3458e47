// SPDX-License-Identifier: MIT
#include "core/maildir/folder_name.h"

#include <gmock/gmock.h>

namespace lbx {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(FolderNameTest, TheInboxIsTheMaildirItself) {
  for (const std::string_view each : {"", "INBOX", "Inbox", "/inbox/", ".", "../.."}) {
    EXPECT_TRUE(FolderName::of_path(each).is_inbox()) << each;
  }
  EXPECT_EQ(FolderName{}.str(), "INBOX");
  EXPECT_THAT(FolderName{}.levels(), IsEmpty());
}

TEST(FolderNameTest, LevelsBecomeOneDirectoryInModifiedUtf7) {
  const FolderName name = FolderName::of_path("Archiv/Entw\xc3\xbcrfe");
  EXPECT_EQ(name.directory(), ".Archiv.Entw&APw-rfe");
  EXPECT_EQ(name.str(), "Archiv/Entw\xc3\xbcrfe");
  EXPECT_THAT(name.levels(), ElementsAre("Archiv", "Entw\xc3\xbcrfe"));
  EXPECT_EQ(FolderName::of_directory(name.directory()), name);
}

TEST(FolderNameTest, WhatADirectoryCannotSayIsChanged) {
  EXPECT_EQ(FolderName::of_levels({"a.b", "c/d", "e\nf"}).directory(), ".a_b.c_d.e_f");
  EXPECT_EQ(FolderName::of_levels({"~x", "~y"}).directory(), "._x.~y");
  EXPECT_EQ(FolderName::of_levels({"gr\xfc\xdf"}).str(), "gr\xc3\xbc\xc3\x9f");
  EXPECT_EQ(FolderName::of_levels({"..", "", "x", "..", "."}).directory(), ".x");
  EXPECT_EQ(FolderName::of_levels({"Inbox", "x"}).directory(), ".INBOX.x");
}

TEST(FolderNameTest, LongNamesAreShortenedAndStayApart) {
  const std::string longest(300, 'x');
  const FolderName one = FolderName::of_levels({"a", longest + '1'});
  const FolderName two = FolderName::of_levels({"a", longest + '2'});
  EXPECT_LE(one.directory().size(), kMaxFolderDirectory);
  EXPECT_NE(one, two);
  std::string wide;
  for (int i = 0; i < 200; ++i) wide += "\xe5\x8f\xb0";
  const FolderName broad = FolderName::of_levels({wide, wide});
  EXPECT_LE(broad.directory().size(), kMaxFolderDirectory);
  EXPECT_EQ(FolderName::of_levels(broad.levels()), broad) << "still modified UTF-7";
  const FolderName mail =
      FolderName::of_levels(std::vector<std::string>(kMaxFolderLevels, "\xf0\x9f\x93\xac"));
  EXPECT_EQ(FolderName::of_levels(mail.levels()), mail) << "no level is empty";
  const std::vector<std::string> deep(kMaxFolderLevels + 5, "d");
  EXPECT_EQ(FolderName::of_levels(deep).levels().size(), kMaxFolderLevels);
}

TEST(FolderNameTest, ForeignDirectoriesAreNeverRenamed) {
  EXPECT_EQ(FolderName::of_directory(".a&b").str(), "a&b");
  EXPECT_EQ(FolderName::of_directory(".a&b").directory(), ".a&b");
  for (const std::string_view each : {"", ".", "..", "cur", ".a/b"}) {
    EXPECT_TRUE(FolderName::of_directory(each).is_inbox()) << each;
  }
}

TEST(FolderNameTest, CouriersNamesAreInUtf8) {
  const FolderName name = FolderName::of_levels({"B\u00fcro & Co", "Gr\u00f6\u00dfe.1"});
  EXPECT_EQ(name.in_utf8().directory(), ".B\u00fcro & Co.Gr\u00f6\u00dfe_1");
  EXPECT_EQ(name.in_utf8().in_modified_utf7(), name);
  EXPECT_EQ(name.in_utf8().in_utf8(), name.in_utf8());
  EXPECT_EQ(name.in_modified_utf7(), name);
  EXPECT_EQ(FolderName::of_directory(".R&D").in_modified_utf7().directory(), ".R&-D");
  EXPECT_TRUE(FolderName{}.in_utf8().is_inbox());
  EXPECT_TRUE(FolderName{}.in_modified_utf7().is_inbox());
  const FolderName lengthy =
      FolderName::of_directory("." + std::string(200, 'x') + "&U,BTFw-" + std::string(30, 'x'));
  EXPECT_LE(lengthy.in_utf8().directory().size(), kMaxFolderDirectory);
}

}  // namespace
}  // namespace lbx
