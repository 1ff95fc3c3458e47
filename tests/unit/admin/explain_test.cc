// SPDX-License-Identifier: MIT
#include "admin/explain.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "support/scratch.h"
#include "support/test_system.h"

namespace lbx::admin {
namespace {

using testing::HasSubstr;
using testing_support::ScratchDirectory;
using testing_support::TestSystem;

class NoAccounts final : public users::Accounts {
 public:
  Result<std::optional<users::Account>> by_name(const std::string& name) override {
    if (name != "ann") return std::optional<users::Account>{};
    return std::optional{users::Account{"ann", 7, 7, "/home/ann"}};
  }
};

class ExplainTest : public testing::Test {
 protected:
  std::string resolved(ExplainOptions options) {
    const Result<deliver::Request> request = resolve(outside.system, accounts, options);
    if (!request) return "error: " + request.error().what;
    return request->user + '|' + request->home + '|' + request->local + '|' + request->dash + '|' +
           request->ext + '|' + request->host;
  }
  Explanation explained(const std::string& address) {
    ExplainOptions options;
    options.address = address;
    options.home = scratch.path();
    const Result<deliver::Request> request = resolve(outside.system, accounts, options);
    EXPECT_TRUE(request);
    deliver::Settings settings;
    settings.create_maildirs = true;
    return deliver::forecast(outside.system, *request, settings);
  }

  ScratchDirectory scratch;
  TestSystem outside;
  NoAccounts accounts;
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
