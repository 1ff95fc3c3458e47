// SPDX-License-Identifier: MIT
#include "core/users/assignments.h"

#include <gtest/gtest.h>

namespace lbx::users {
namespace {

Result<Assignments> made_from(const std::string& text) {
  const std::vector<Record> records = LBX_TRY(compile_assignments(text));
  const std::string cdb = LBX_TRY(make_database(records));
  return Assignments::from(cdb);
}

std::string found(const Result<Assignments>& in, const std::string& local,
                  const std::string& delimiters = "-") {
  if (!in) return "error: " + in.error().what;
  const Result<std::optional<Assignment>> one = in->find(local, delimiters);
  if (!one) return "error: " + one.error().what;
  if (!*one) return "nobody";
  const Controller& who = (*one)->controller;
  return (*one)->line + ' ' + who.account.name + '|' + who.dash + '|' + who.ext;
}

const char* const kLines =
    "=joe:joe:500:50:/home/joe:::\n"
    "+joe-:joe:500:50:/home/joe:-::\n"
    "=Bill:joe:500:50:/home/joe:-:bill:\n"
    "+team:ann:501:51:/home/ann:-:team:\n"
    "+team-a-:joe:500:50:/home/joe:-:deep-:\n"
    "=dup:first:1:1:/:::\n"
    "=dup:second:1:1:/:::\n";

TEST(AssignmentsTest, TheExactLineGoesFirstThenTheLongestWildcard) {
  const Result<Assignments> in = made_from(std::string{kLines} + ".\n");
  EXPECT_EQ(found(in, "joe"), "=joe joe||");
  EXPECT_EQ(found(in, "Joe-Foo"), "+joe- joe|-|Foo");
  EXPECT_EQ(found(in, "bill"), "=bill joe|-|bill");
  EXPECT_EQ(found(in, "team"), "+team ann|-|team");
  EXPECT_EQ(found(in, "teammate"), "+team ann|-|teammate");
  EXPECT_EQ(found(in, "team-a-z"), "+team-a- joe|-|deep-z");
  EXPECT_EQ(found(in, "bill-x"), "nobody");
  EXPECT_EQ(found(in, "dup"), "=dup first||");
}

TEST(AssignmentsTest, TheEmptyWildcardTakesWhatIsLeft) {
  const Result<Assignments> in = made_from(std::string{kLines} + "+:alias:9:9:/alias:-:all-:\n.\n");
  EXPECT_EQ(found(in, "joe"), "=joe joe||");
  EXPECT_EQ(found(in, "whoever"), "+ alias|-|all-whoever");
  EXPECT_EQ(found(in, ""), "+ alias|-|all-");
}

TEST(AssignmentsTest, AWildcardThatEndsInACapitalMatches) {
  const Result<Assignments> in = made_from("+aB:joe:500:50:/home/joe:-::\n.\n");
  EXPECT_EQ(found(in, "abc"), "+ab joe|-|c");
}

TEST(AssignmentsTest, AnIndexWithCapitalsIsReadAsOtherMakersMeantIt) {
  const Result<std::string> cdb =
      make_database({{"!ab", std::string{"joe\0001\0001\0/h\0-\0", 13}}, {"", "B"}});
  ASSERT_TRUE(cdb) << cdb.error().what;
  EXPECT_EQ(found(Assignments::from(*cdb), "aBc"), "+ab joe|-|c");
}

TEST(AssignmentsTest, AnyDelimiterEndsTheBeginningThatAWildcardNames) {
  const Result<Assignments> in =
      made_from("+joe-:joe:500:50:/home/joe:-::\n+ann+:ann:501:50:/home/ann:-::\n.\n");
  EXPECT_EQ(found(in, "joe+x-y", "-+"), "+joe- joe|-|x-y");
  EXPECT_EQ(found(in, "ann-x+y", "-+"), "+ann+ ann|-|x+y");
  EXPECT_EQ(found(in, "joe+x", "-"), "nobody");
  EXPECT_EQ(found(in, "ann-x", "-"), "nobody");
  EXPECT_EQ(found(in, "joe-x", ""), "+joe- joe|-|x");
}

TEST(AssignmentsTest, WithoutAnIndexThereAreNoAssignments) {
  const Result<std::string> cdb = make_database({{"!a", "x"}});
  ASSERT_TRUE(cdb) << cdb.error().what;
  EXPECT_FALSE(Assignments::from(*cdb));
}

TEST(AssignmentsTest, ABrokenRecordIsAnErrorAndNoUserIdIsRoots) {
  EXPECT_EQ(found(made_from("=a:a:x:1:/h:::\n.\n"), "a"),
            "error: users/cdb: a user or group id that is no number");
  EXPECT_EQ(found(made_from("=a:a:4294967295:1:/h:::\n.\n"), "a"),
            "error: users/cdb: a user or group id that is no number");
  const Result<Assignments> rootless = made_from("=a:a::1:/h:::\n.\n");
  ASSERT_TRUE(rootless);
  EXPECT_EQ((**rootless->find("a", "-")).controller.account.uid, 0U);
  const Result<std::string> cdb =
      make_database({{std::string{"!a\0", 3}, "only one field"}, {"", ""}});
  ASSERT_TRUE(cdb);
  EXPECT_EQ(found(Assignments::from(*cdb), "a"), "error: users/cdb: a record without six fields");
}

TEST(CompileAssignmentsTest, NamesTheLineThatIsWrong) {
  const auto error_of = [](std::string_view text) {
    const Result<std::vector<Record>> records = compile_assignments(text);
    return records ? "none" : records.error().what;
  };
  EXPECT_EQ(error_of("=a:a:1:1:/:::\nbad\n.\n"),
            "users/assign, line 2: begins with neither =LOCAL: nor +PREFIX:");
  EXPECT_EQ(error_of("=a:a:1:1:/:-\n.\n"),
            "users/assign, line 1: needs six fields, each with a colon behind it");
  EXPECT_EQ(error_of(std::string_view{"=a\0:a:1:1:/:::\n.\n", 17}),
            "users/assign, line 1: there is a NUL in it");
  EXPECT_EQ(error_of("=a:a:1:1:/:::\n"), "users/assign, line 2: the file must end in a line \".\"");
  EXPECT_EQ(error_of(".\nwhatever"), "none");
}

}  // namespace
}  // namespace lbx::users
