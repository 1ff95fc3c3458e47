// SPDX-License-Identifier: MIT
#include "inject/passwd_assign.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "support/scratch.h"
#include "support/test_system.h"

namespace lbx::inject {
namespace {

class PasswdAssignTest : public testing::Test {
 protected:
  std::string made(const std::string& passwd) {
    const Result<std::string> text = assignments_of(outside.files, passwd, rules, lists);
    return text ? *text : "error: " + text.error().what;
  }
  testing_support::ScratchDirectory scratch;
  testing_support::TestSystem outside;
  PasswdRules rules{.homes = HomeRule::Ignore};
  PasswdLists lists;
  const std::string alias{"alias:x:9:9::/a:/bin/sh\n"};
  const std::string alias_lines{
      "+:alias:9:9:/a:-::\n=alias:alias:9:9:/a:::\n"
      "+alias-:alias:9:9:/a:-::\n"};
};

TEST_F(PasswdAssignTest, AnAccountIsAnExactLineAndAWildcard) {
  EXPECT_EQ(made("joe:x:500:50::/home/joe:/bin/sh\n" + alias),
            "=joe:joe:500:50:/home/joe:::\n+joe-:joe:500:50:/home/joe:-::\n" + alias_lines + ".\n");
}

TEST_F(PasswdAssignTest, RootBadLinesAndCapitalsArePassedOver) {
  EXPECT_EQ(made("toor:x:0:0::/:/bin/sh\nshort:x:1\nJoe:x:1:1::/:/x\nbad:x:a:1::/:/x\n" + alias),
            alias_lines + ".\n");
  rules.upper_case = true;
  EXPECT_TRUE(made("Joe:x:1:1::/:/x\n" + alias).starts_with("=Joe:Joe:1:1:/:::\n"));
}

TEST_F(PasswdAssignTest, HomesCountByTheRule) {
  const std::string owned =
      "me:x:" + std::to_string(::geteuid() + 1) + ":1::" + scratch.path() + ":/x\n";
  const std::string missing = "no:x:1:1::" + scratch.path("no") + ":/x\n";
  EXPECT_NE(made(owned + alias).find("=me:"), std::string::npos);
  rules.homes = HomeRule::Owned;
  EXPECT_EQ(made(owned + missing + alias), "error: there is no user alias");
  rules.homes = HomeRule::MustExist;
  EXPECT_TRUE(made(missing + alias).starts_with("error: the home of no:"));
}

TEST_F(PasswdAssignTest, AHomeThatCannotBeLookedAtIsAnError) {
  rules.homes = HomeRule::Owned;
  outside.files.fail_every("stat", EIO);
  EXPECT_TRUE(made(alias).starts_with("error: the home of alias"));
}

TEST_F(PasswdAssignTest, SubusersNeedTheirUser) {
  lists.subusers = "sub:ALIAS:pre:\nignored:alias\n";
  EXPECT_EQ(made(alias), alias_lines + "=sub:alias:9:9:/a:-:pre:\n+sub-:alias:9:9:/a:-:pre-:\n.\n");
  lists.subusers = "sub:nobody:pre:\n";
  EXPECT_EQ(made(alias), "error: users/subusers: there is no user nobody for sub");
}

TEST_F(PasswdAssignTest, WhatIsAppendedGetsItsLastNewline) {
  lists.append = "=x:x:1:1:/x:::";
  EXPECT_TRUE(made(alias).ends_with("\n=x:x:1:1:/x:::\n.\n"));
}

TEST_F(PasswdAssignTest, ListsAreReadFromTheMailHomeWhereTheyExist) {
  scratch.make_directory("users");
  scratch.write("users/include", "joe\n");
  const Result<PasswdLists> read = read_passwd_lists(outside.files, scratch.path());
  ASSERT_TRUE(read) << read.error().what;
  EXPECT_EQ(read->include, "joe\n");
  EXPECT_FALSE(read->exclude || read->mailnames || read->subusers || read->append);
  outside.files.fail_every("open", EACCES);
  EXPECT_FALSE(read_passwd_lists(outside.files, scratch.path()));
}

}  // namespace
}  // namespace lbx::inject
