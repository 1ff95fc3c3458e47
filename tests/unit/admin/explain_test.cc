// SPDX-License-Identifier: MIT
#include "admin/explain.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "core/users/database_file.h"
#include "support/fake_accounts.h"
#include "support/scratch.h"
#include "support/test_system.h"

namespace lbx::admin {
namespace {

using testing::HasSubstr;
using testing_support::ScratchDirectory;
using testing_support::TestSystem;

class ExplainTest : public testing::Test {
 protected:
  ExplainTest() {
    accounts.known["ann"] = {"ann", 7, 7, "/home/ann"};
    settings.create_maildirs = true;
  }
  Result<Explanation> ask(const ExplainOptions& options) {
    return explain({outside.system, accounts, control, settings}, options);
  }
  std::string resolved(const ExplainOptions& options) {
    const Result<Explanation> answer = ask(options);
    if (!answer) return "error: " + answer.error().what;
    if (!answer->forecast) return "nobody";
    const deliver::Request& request = answer->forecast->plan.request;
    return request.user + '|' + request.home + '|' + request.local + '|' + request.dash + '|' +
           request.ext + '|' + request.host;
  }
  Explanation explained(const std::string& address) {
    ExplainOptions options;
    options.address = address;
    options.home = scratch.path();
    const Result<Explanation> answer = ask(options);
    EXPECT_TRUE(answer) << answer.error().what;
    return *answer;
  }
  /// The same, with everything looked up.
  Explanation found(const std::string& address) {
    ExplainOptions options;
    options.address = address;
    const Result<Explanation> answer = ask(options);
    EXPECT_TRUE(answer) << answer.error().what;
    return *answer;
  }

  ScratchDirectory scratch;
  TestSystem outside;
  testing_support::FakeAccounts accounts;
  control::ControlDirectory control{outside.files, scratch.path()};
  deliver::Settings settings;
};

ExplainOptions asked(const std::string& address) {
  ExplainOptions options;
  options.address = address;
  return options;
}

TEST_F(ExplainTest, FindsWhoIsMeant) {
  ExplainOptions options = asked("joe-List@x.example");
  options.home = "/h";
  EXPECT_EQ(resolved(options), "joe|/h|joe-List|-|List|x.example");
  options.address = "joe";
  EXPECT_EQ(resolved(options), "joe|/h|joe|||host.example");
  options.ext = "other";
  EXPECT_EQ(resolved(options), "joe|/h|joe|-|other|host.example");
  options.dash = "-/";
  EXPECT_EQ(resolved(options), "joe|/h|joe|-/|other|host.example");
}

TEST_F(ExplainTest, QuotesOfAnAddressAreNotPartOfIt) {
  ExplainOptions options = asked("\"joe-a b\"@x.example");
  options.home = "/h";
  EXPECT_EQ(resolved(options), "joe|/h|joe-a b|-|a b|x.example");
  options.address = "joe-a..b@x.example";  // no address by RFC 5321, but qmail delivers to it
  EXPECT_EQ(resolved(options), "joe|/h|joe-a..b|-|a..b|x.example");
}

TEST_F(ExplainTest, AUserIsLookedUp) {
  ExplainOptions options = asked("info@x");
  options.user = "ann";
  EXPECT_EQ(resolved(options), "ann|/home/ann|info|-|info|x");
  options.user = "bob";
  EXPECT_EQ(resolved(options), "error: there is no user bob");
}

TEST_F(ExplainTest, ARelativeHomeIsRefused) {
  ExplainOptions options = asked("joe");
  options.home = "here";
  EXPECT_THAT(resolved(options), HasSubstr("absolute"));
}

TEST_F(ExplainTest, ShowsTheWayThroughAVirtualDomainAndUsersCdb) {
  scratch.make_directory("control");
  scratch.make_directory("users");
  scratch.write("control/virtualdomains", "shop.example:joe-shop\nout.example:\n");
  scratch.write("users/assign", "+joe-:joe:7:8:" + scratch.path() + ":-::\n.\n");
  ASSERT_TRUE(users::rebuild_database(outside.files, scratch.path()));
  scratch.write(".qmail-shop-default", "&a@b\n");

  const Explanation answer = found("info@shop.example");
  const std::string text = to_text(answer);
  EXPECT_THAT(text, HasSubstr("virtual, by the line \"shop.example:joe-shop\""));
  EXPECT_THAT(text, HasSubstr("looked up as joe-shop-info"));
  EXPECT_THAT(text, HasSubstr("users/cdb: the line +joe-: of users/assign"));
  EXPECT_THAT(text, HasSubstr("extension -shop-info"));
  EXPECT_THAT(text, HasSubstr("Result: delivered"));
  const auto json = nlohmann::json::parse(to_json(answer));
  EXPECT_EQ(json.at("address"), "info@shop.example");
  EXPECT_EQ(json.at("route").at("domain"), "virtual");
  EXPECT_EQ(json.at("route").at("virtual_entry"), "shop.example:joe-shop");
  EXPECT_EQ(json.at("route").at("source"), "assignment");
  EXPECT_EQ(json.at("route").at("assignment"), "+joe-");
  EXPECT_EQ(json.at("route").at("gid"), 8);

  EXPECT_THAT(to_text(found("x@out.example")), HasSubstr("nobody here delivers"));
  const auto out = nlohmann::json::parse(to_json(found("x@out.example")));
  EXPECT_EQ(out.at("result").at("verdict"), "elsewhere");
  EXPECT_EQ(out.at("route").at("virtual_entry"), "out.example:");
  EXPECT_FALSE(out.contains("user"));
}

TEST_F(ExplainTest, WhereNobodyCanTellTheAnswerIsLater) {
  const std::string text = to_text(found("nobody@x"));  // there is no alias user
  EXPECT_THAT(text, HasSubstr("Result: waits, to be tried again (exit 111): Unable to find alias"));
  accounts.known["alias"] = {"alias", 0, 0, scratch.path()};
  EXPECT_THAT(to_text(found("nobody@x")), HasSubstr("Not allowed to perform deliveries as root."));
}

TEST_F(ExplainTest, TheDefaultDeliveryIsASettingThatTheOptionOverrides) {
  scratch.make_directory("control");
  scratch.write("control/defaultdelivery", "&set@here\n");
  EXPECT_THAT(to_text(explained("joe@x")), HasSubstr("forward  set@here\n"));
  ExplainOptions options = asked("joe@x");
  options.home = scratch.path();
  options.default_delivery = "&given@here";
  EXPECT_THAT(to_text(*ask(options)), HasSubstr("forward  given@here\n"));
}

TEST_F(ExplainTest, DelimitersAreASetting) {
  scratch.make_directory("control");
  scratch.write("control/delimiters", "-+\n");
  ExplainOptions options = asked("joe+List-x@x.example");
  options.home = "/h";
  EXPECT_EQ(resolved(options), "joe|/h|joe+List-x|-|List-x|x.example");
}

TEST_F(ExplainTest, SaysLineByLineWhatHappens) {
  scratch.make_maildir("Maildir");
  scratch.write(".qmail-a-default", "./Maildir/\n# why not\n|true\n&b@c\n");
  const std::string text = to_text(explained("joe-a-B@x"));
  EXPECT_THAT(text, HasSubstr(".qmail-a-default         mode 06"));
  EXPECT_THAT(text, HasSubstr("  1   maildir  ./Maildir/\n"));
  EXPECT_THAT(text, HasSubstr("  2   nothing  # why not\n"));
  EXPECT_THAT(text, HasSubstr("  3   program  true\n"));
  EXPECT_THAT(text, HasSubstr("  4   forward  b@c\n"));
  EXPECT_THAT(text, HasSubstr("DEFAULT=B\n"));
  EXPECT_THAT(text, HasSubstr("Result: delivered (exit 0)"));
}

TEST_F(ExplainTest, SaysWhyNot) {
  EXPECT_THAT(to_text(explained("joe-a@x")), HasSubstr("Result: refused (exit 100): Sorry"));
  scratch.write(".qmail-a", "./nothere/\n");
  EXPECT_THAT(to_text(explained("joe-a@x")),
              HasSubstr("Result: waits, to be tried again (exit 111)"));
  scratch.write(".qmail-a", "\n");
  EXPECT_THAT(to_text(explained("joe-a@x")), HasSubstr("1   mistake"));
  scratch.write(".qmail-a", "#\n");
  EXPECT_THAT(to_text(explained("joe-a@x")), HasSubstr("thrown away"));
}

TEST_F(ExplainTest, ControlOctetsDoNotReachATerminal) {
  scratch.write(".qmail-a", "|echo \x1b[31m\n");
  const std::string text = to_text(explained("joe-a@x"));
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_THAT(text, HasSubstr("\\x1b[31m"));
}

TEST_F(ExplainTest, JsonHasTheSame) {
  scratch.write(".qmail-a", "|echo \xff\n");
  const auto json = nlohmann::json::parse(to_json(explained("joe-a@x")));
  EXPECT_EQ(json.at("file"), ".qmail-a");
  EXPECT_EQ(json.at("candidates").at(0).at("found"), "chosen");
  EXPECT_EQ(json.at("lines").at(0).at("kind"), "program");
  EXPECT_EQ(json.at("lines").at(0).at("target"), "echo \xef\xbf\xbd");
  EXPECT_EQ(json.at("environment").at("EXT"), "a");
  EXPECT_EQ(json.at("result").at("verdict"), "deliver");
  EXPECT_EQ(json.at("result").at("exit"), 0);
}

}  // namespace
}  // namespace lbx::admin
