// SPDX-License-Identifier: MIT
#include "convert/mbox_tree.h"

#include <gtest/gtest.h>

#include <set>

namespace lbx::convert {
namespace {

std::string below(const std::string& directory, MboxLayout layout = MboxLayout::Directories) {
  return mbox_path(layout, FolderName::of_directory(directory));
}

TEST(MboxTreeTest, FoldersHaveTheirNamesAndLieInTheirParents) {
  EXPECT_EQ(mbox_path(MboxLayout::Directories, FolderName{}), "INBOX.mbox");
  EXPECT_EQ(mbox_path(MboxLayout::Thunderbird, FolderName{}), "Inbox");
  EXPECT_EQ(below(".Lists.qmail"), "Lists/qmail.mbox");
  EXPECT_EQ(below(".Lists.qmail", MboxLayout::Thunderbird), "Lists.sbd/qmail");
  EXPECT_EQ(below(".Entw&APw-rfe"), "Entw\xc3\xbcrfe.mbox");
}

TEST(MboxTreeTest, NoNameLeavesTheTreeOrHidesInIt) {
  for (const char* directory :
       {"...", "....", ".a..b", ".a.", ".&AAo-", ".a\nb", ".%2e%2e", ".~"}) {
    const std::string path = below(directory);
    EXPECT_EQ(path.find("/."), std::string::npos) << path;
    EXPECT_NE(path.front(), '.') << path;
    EXPECT_NE(path.front(), '/') << path;
    EXPECT_EQ(path.find('\n'), std::string::npos) << path;
  }
}

TEST(MboxTreeTest, DifferentFoldersAreDifferentFiles) {
  std::set<std::string> seen{mbox_path(MboxLayout::Directories, FolderName{})};
  const std::vector<std::string> all{".INBOX", ".a",  ".a.b",  ".a%2Fb", ".a..b", ".%",
                                     ".a.%",   ".&-", ".&AOk", ".&AOk-", ".A"};
  for (const std::string& each : all) EXPECT_TRUE(seen.insert(below(each)).second) << each;
}

TEST(MboxTreeTest, ALevelThatIsTooLongInUtf8StaysAsItIs) {
  std::string directory{".&"};
  for (int i = 0; i < 28; ++i) directory += "ZeVnLIqe";
  const std::string path = below(directory + '-');
  EXPECT_LE(path.size(), 255U);
  EXPECT_TRUE(path.ends_with("ZeVnLIqe-.mbox")) << path;
}

TEST(MboxTreeTest, AFilesNameIsReadBack) {
  EXPECT_EQ(level_of_file("a %25b"), "a %b");
  EXPECT_EQ(level_of_file("x%2fy%01%2E"), "x/y\x01.");
  for (const char* name : {"%", "%2", "100%", "%49NBOX", "%zz", "a%41", "%c3"}) {
    EXPECT_EQ(level_of_file(name), name);
  }
}

}  // namespace
}  // namespace lbx::convert
