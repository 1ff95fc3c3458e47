// SPDX-License-Identifier: MIT
#include "admin/check.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "admin/forward_graph.h"
#include "core/users/database_file.h"
#include "support/fake_accounts.h"
#include "support/scratch.h"
#include "support/test_system.h"

namespace lbx::admin {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing_support::ScratchDirectory;
using testing_support::TestSystem;

class CheckTest : public testing::Test {
 protected:
  CheckTest() {
    for (const char* name : {"joe", "ann", "alias"}) {
      scratch.make_directory(name);
      // As in accounts_test.cc: a home that does not belong to root.
      const std::string home = scratch.path(name);
      if (::geteuid() == 0 && ::chown(home.c_str(), 1, 1) != 0) ADD_FAILURE();
      const uid_t owner = ::geteuid() == 0 ? 1 : ::geteuid();
      accounts.known[name] = {name, owner, 1, home};
    }
    scratch.make_directory("control");
    scratch.make_directory("users");
    scratch.write("control/locals", "here.example\n");
  }
  CheckReport checked(const CheckOptions& options = {}) {
    std::vector<users::Account> all;
    for (const auto& [name, account] : accounts.known) all.push_back(account);
    const Result<CheckReport> report = check(site, options, all);
    EXPECT_TRUE(report) << report.error().what;
    return *report;
  }
  /// Each finding as "joe/.qmail:3: problem: text", below the scratch directory.
  std::vector<std::string> findings(const CheckOptions& options = {}) {
    std::vector<std::string> out;
    for (const Finding& each : checked(options).findings) {
      std::string text = each.place + ':' + std::to_string(each.line) + ": " +
                         problem_word(each.problem) + ": " + each.text;
      for (std::size_t at = 0; (at = text.find(scratch.path() + '/')) != std::string::npos;) {
        text.erase(at, scratch.path().size() + 1);
      }
      out.push_back(std::move(text));
    }
    return out;
  }
  void mode(const std::string& below, mode_t bits) {
    ASSERT_EQ(::chmod(scratch.path(below).c_str(), bits), 0);
  }

  ScratchDirectory scratch;
  TestSystem outside;
  testing_support::FakeAccounts accounts;
  control::ControlDirectory control{outside.files, scratch.path()};
  deliver::Settings settings;
  Site site{outside.system, accounts, control, settings};
};

TEST_F(CheckTest, AHealthySiteHasNoFindings) {
  scratch.make_maildir("joe/Maildir");
  scratch.write("joe/.qmail",
                "./Maildir/\n./mbox\n|/bin/sh -c true\n|echo hi\n&ann@here.example\n");
  scratch.write("ann/.qmail-list", "other@far.example\n# nothing\n");
  EXPECT_THAT(findings(), IsEmpty());
  const CheckReport report = checked();
  EXPECT_EQ(report.users, 3U);
  EXPECT_EQ(report.files, 2U);
  EXPECT_EQ(to_text(report), "3 users, 2 files, 0 findings\n");
}

TEST_F(CheckTest, HomesThatDeliveryWouldNotEnterAreFound) {
  mode("joe", 0777);
  mode("ann", 01755);
  EXPECT_THAT(findings(),
              ElementsAre("ann:0: home: Home directory is sticky: user is editing his .qmail "
                          "file. (#4.2.1)",
                          "joe:0: home: Uh-oh: home directory is writable. (#4.7.0)"));
}

TEST_F(CheckTest, FilesThatWouldNotBeReadAreFound) {
  scratch.write("joe/.qmail", "./box\n");
  mode("joe/.qmail", 0666);
  scratch.make_directory("joe/.qmail-dir");
  ASSERT_EQ(::mkfifo(scratch.path("joe/.qmail-fifo").c_str(), 0600), 0);
  ASSERT_EQ(::symlink("nowhere", scratch.path("joe/.qmail-link").c_str()), 0);
  EXPECT_THAT(findings(), ElementsAre("joe/.qmail:0: unsafe: everybody may write to it: mail waits",
                                      HasSubstr("joe/.qmail-dir:0: irregular: "),
                                      HasSubstr("joe/.qmail-fifo:0: irregular: "),
                                      "joe/.qmail-link:0: unreadable: No such file or directory"));
}

TEST_F(CheckTest, LinesThatCannotWorkAreFound) {
  scratch.write("joe/.qmail", "./gone/\n./gone/box\n|/no/such program\n|./.qmail\n&\n&a b\n");
  scratch.write("joe/.qmail-x", "\n&ann@here.example\n");
  scratch.write("joe/.qmail-y", "|true\n");
  mode("joe/.qmail-y", 0755);
  EXPECT_THAT(
      findings(),
      ElementsAre("joe/.qmail:1: maildir: ./gone/ cannot be entered: No such file or "
                  "directory",
                  HasSubstr("joe/.qmail:2: mbox: ./gone/box cannot be opened: "),
                  "joe/.qmail:3: program: /no/such: No such file or directory",
                  "joe/.qmail:4: program: ./.qmail is no program",
                  "joe/.qmail:5: address:  is no address",
                  "joe/.qmail:6: address: a b is no address",
                  HasSubstr("joe/.qmail-x:1: mistake: "), HasSubstr("joe/.qmail-y:1: mistake: ")));
}

TEST_F(CheckTest, CommandsOfTheShellAreNotTakenForPaths) {
  scratch.write("joe/.qmail", "|true\n|$HOME/bin/x\n|A=/b/c d\n|\"/x y\"\n|cd /; ls\n|\n");
  EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(CheckTest, FilesInADirectoryOfExtensionsAreLookedAt) {
  scratch.make_directory("joe/.qmail-");
  scratch.write("joe/.qmail-/list", "./gone/\n");
  EXPECT_THAT(findings(), ElementsAre(HasSubstr("joe/.qmail-/list:1: maildir: ")));
}

TEST_F(CheckTest, ForwardsThatLeadBackAreFoundOnce) {
  scratch.write("joe/.qmail", "&ann-list@here.example\n");
  scratch.write("ann/.qmail-default", "# list\n&joe-x@here.example\nfar@far.example\n");
  scratch.write("joe/.qmail-x", "JOE@Here.Example\n");
  const std::vector<std::string> found = findings();
  ASSERT_EQ(found.size(), 1U);
  for (const char* part : {"loop: ", "joe/.qmail -> ann/.qmail-default", "joe/.qmail-x"}) {
    EXPECT_THAT(found[0], HasSubstr(part));
  }
}

TEST_F(CheckTest, AFileThatForwardsToItselfIsALoop) {
  scratch.write("alias/.qmail-default", "./box\n&whoever@here.example\n");
  EXPECT_THAT(findings(), ElementsAre("alias/.qmail-default:2: loop: alias/.qmail-default -> "
                                      "alias/.qmail-default"));
}

TEST_F(CheckTest, ALoopThroughTheDefaultDeliveryIsFound) {
  scratch.write("control/defaultdelivery", "&ann@here.example\n");
  scratch.write("ann/.qmail", "&joe@here.example\n");
  EXPECT_THAT(findings(), ElementsAre(HasSubstr("loop: ")));
}

TEST_F(CheckTest, ForwardsToNobodyAreFound) {
  scratch.write("joe/.qmail", "&ann-none@here.example\n&ann@here.example\nx@far.example\n");
  EXPECT_THAT(findings(),
              ElementsAre(HasSubstr("joe/.qmail:1: address: ann-none@here.example: it would be "
                                    "refused: Sorry, no mailbox here by that name.")));
  accounts.known.erase("alias");
  scratch.write("joe/.qmail", "&nobody@here.example\n");
  EXPECT_THAT(findings(), ElementsAre(HasSubstr("nobody can tell who takes it: Unable to find")));
}

TEST_F(CheckTest, AssignmentsAreReadAndTheirHomesLookedAt) {
  const std::string joe = scratch.path("joe");
  accounts.known.erase("joe");
  scratch.write("joe/.qmail-x", "./gone/\n");
  scratch.write("users/assign", "=a:joe:7:8:" + joe + ":::\n+b-:joe:7:8:" + joe +
                                    ":-::\n=c:root:0:0:/root:::\n=d:d:9:9:/no/such/home:::\n"
                                    "=e:e:9:9:home/e:::\n.\n");
  const std::vector<std::string> found = findings();
  EXPECT_THAT(found, ElementsAre("users/assign:0: assignment: users/cdb is not made of it: run "
                                 "qmail-newu",
                                 HasSubstr("joe/.qmail-x:1: maildir: "),
                                 "users/assign:0: assignment: the line =c: nobody delivers as "
                                 "root: its mail waits",
                                 HasSubstr("/no/such/home:0: home: Unable to switch to"),
                                 "home/e:0: home: is no absolute path: mail waits"));
  ASSERT_TRUE(users::rebuild_database(outside.files, scratch.path()));
  EXPECT_EQ(findings().size(), found.size() - 1);
  scratch.write("users/assign", "nonsense\n");
  EXPECT_THAT(findings(), ElementsAre(HasSubstr("users/assign:0: assignment: users/assign, line "
                                                "1: ")));
}

TEST_F(CheckTest, OneUserOrOneHomeCanBeAskedFor) {
  scratch.write("joe/.qmail", "./gone/\n");
  scratch.write("ann/.qmail", "./gone/\n");
  CheckOptions options;
  options.user = "ann";
  EXPECT_THAT(findings(options), ElementsAre(HasSubstr("ann/.qmail:1:")));
  options.home = scratch.path("joe");
  EXPECT_THAT(findings(options), ElementsAre(HasSubstr("joe/.qmail:1:")));
  EXPECT_EQ(checked(options).users, 1U);
  options.home = "here";
  EXPECT_FALSE(check(site, options, {}));
  options = {};
  options.user = "nobody";
  EXPECT_FALSE(check(site, options, {}));
}

TEST_F(CheckTest, BothReportsSayTheSame) {
  scratch.write("joe/.qmail", "|/no/such\x1b\n|/no/such\n");
  const CheckReport report = checked();
  EXPECT_EQ(to_text(report), scratch.path("joe/.qmail") +
                                 ":2: program: /no/such: No such file or directory\n"
                                 "3 users, 1 file, 1 finding\n");
  const auto json = nlohmann::json::parse(to_json(report));
  EXPECT_EQ(json.at("users"), 3);
  EXPECT_EQ(json.at("findings").at(0).at("problem"), "program");
  EXPECT_EQ(json.at("findings").at(0).at("user"), "joe");
  EXPECT_EQ(json.at("findings").at(0).at("line"), 2);
}

TEST_F(CheckTest, BeyondItsLimitsItSaysSo) {
  std::string lines;
  for (std::size_t i = 0; i <= kMaxFindings; ++i) lines += "&a b\n";
  scratch.write("joe/.qmail", lines);
  CheckOptions options;
  options.home = scratch.path("joe");
  const CheckReport report = checked(options);
  EXPECT_EQ(report.findings.size(), kMaxFindings + 1);
  EXPECT_EQ(report.findings.back().problem, Problem::Limit);
}

TEST_F(CheckTest, BeyondTheFilesThatForwardsAreFollowedThroughItSaysSo) {
  ForwardGraph graph{site, "./Maildir/"};
  for (std::size_t i = 0; i < kMaxForwardFiles; ++i) graph.add("joe", std::to_string(i), {});
  EXPECT_TRUE(graph.complete());
  graph.add("joe", "one more", {});
  EXPECT_FALSE(graph.complete());
}

}  // namespace
}  // namespace lbx::admin
