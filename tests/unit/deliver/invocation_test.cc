// SPDX-License-Identifier: MIT
#include "deliver/invocation.h"

#include <gtest/gtest.h>

namespace lbx::deliver {
namespace {

const OwnAccount kAccount{"own", "/home/own"};

Request read(const Invocation& invocation, const Environment& environment) {
  const Result<Request> request = to_request(invocation, environment, "host.example", kAccount);
  EXPECT_TRUE(request) << (request ? "" : request.error().what);
  return request ? *request : Request{};
}

// local(8) of Postfix.
TEST(InvocationTest, PostfixSaysEverythingInTheEnvironment) {
  const Request request = read({}, {{"USER", "joe"},
                                    {"HOME", "/home/joe"},
                                    {"EXTENSION", "list"},
                                    {"SENDER", "a@b"},
                                    {"RECIPIENT", "joe+list@x.example"},
                                    {"DOMAIN", "x.example"}});
  EXPECT_EQ(request.user, "joe");
  EXPECT_EQ(request.home, "/home/joe");
  EXPECT_EQ(request.dash, "-");
  EXPECT_EQ(request.ext, "list");
  EXPECT_EQ(request.local, "joe+list");
  EXPECT_EQ(request.host, "x.example");
  EXPECT_EQ(request.sender, "a@b");
  EXPECT_EQ(request.default_delivery, "./Maildir/");
}

TEST(InvocationTest, EximsSuffixComesWithItsSeparator) {
  const Request request =
      read({}, {{"USER", "joe"}, {"HOME", "/h"}, {"LOCAL_PART_SUFFIX", "-list"}});
  EXPECT_EQ(request.ext, "list");
}

TEST(InvocationTest, AnAddressOfTheCommandLineShowsItsExtension) {
  Invocation options;
  options.user = "joe";
  options.home = "/h";
  options.recipient = "<Joe-list-Foo@x.example>";
  EXPECT_EQ(read(options, {}).ext, "list-Foo");
  EXPECT_EQ(read(options, {{"EXTENSION", "told"}}).ext, "told");
  options.recipient = "joey-x@x.example";
  EXPECT_EQ(read(options, {}).ext, "");
  options.recipient = std::nullopt;
  EXPECT_EQ(read(options, {{"RECIPIENT", "joe-alias@x.example"}}).ext, "");
}

TEST(InvocationTest, AnyDelimiterOfTheSettingEndsTheName) {
  Invocation options;
  options.user = "joe";
  options.home = "/h";
  options.recipient = "joe+list-Foo@x.example";
  EXPECT_EQ(read(options, {}).ext, "");
  options.delimiters = "-+";
  EXPECT_EQ(read(options, {}).ext, "list-Foo");
  EXPECT_EQ(read(options, {}).dash, "-");
  EXPECT_EQ(read(options, {}).local, "joe+list-Foo");
}

TEST(InvocationTest, DelimitersAreAskedForOnlyWhereTheyMatter) {
  Invocation options;
  EXPECT_FALSE(needs_delimiters(options, {}));
  options.recipient = "joe@x.example";
  EXPECT_TRUE(needs_delimiters(options, {}));
  EXPECT_FALSE(needs_delimiters(options, {{"EXTENSION", "x"}}));
  options.ext = "";
  EXPECT_FALSE(needs_delimiters(options, {}));
}

TEST(InvocationTest, OptionsWinOverTheEnvironment) {
  Invocation options;
  options.user = "ann";
  options.home = "/home/ann";
  options.ext = "";
  options.sender = "";
  options.recipient = "<ann@y.example>";
  const Request request =
      read(options, {{"USER", "joe"}, {"HOME", "/h"}, {"EXTENSION", "x"}, {"SENDER", "a@b"}});
  EXPECT_EQ(request.user, "ann");
  EXPECT_EQ(request.home, "/home/ann");
  EXPECT_EQ(request.dash, "");
  EXPECT_EQ(request.sender, "");
  EXPECT_EQ(request.local, "ann");
  EXPECT_EQ(request.host, "y.example");
}

TEST(InvocationTest, WithoutAnythingItIsOurOwnAccount) {
  const Request request = read({}, {});
  EXPECT_EQ(request.user, "own");
  EXPECT_EQ(request.home, "/home/own");
  EXPECT_EQ(request.local, "own");
  EXPECT_EQ(request.host, "host.example");
}

TEST(InvocationTest, NoNameServiceIsAskedWhereEverythingIsSaid) {
  EXPECT_TRUE(needs_account({}, {}));
  EXPECT_TRUE(needs_account({}, {{"HOME", "/h"}}));
  EXPECT_FALSE(needs_account({}, {{"HOME", "/h"}, {"LOGNAME", "joe"}}));
}

TEST(InvocationTest, TheNullSenderHasThreeNames) {
  for (const char* sender : {"", "<>", "MAILER-DAEMON"}) {
    EXPECT_EQ(read({}, {{"SENDER", sender}}).sender, "");
  }
}

TEST(InvocationTest, ARelativeHomeWaits) {
  Invocation options;
  options.home = "here";
  const Result<Request> request = to_request(options, {}, "h", kAccount);
  ASSERT_FALSE(request);
  EXPECT_EQ(request.error().retry, Retry::Later);
}

}  // namespace
}  // namespace lbx::deliver
