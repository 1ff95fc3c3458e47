// SPDX-License-Identifier: MIT
#include "inject/sendmail.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace lbx::inject {
namespace {

using testing::ElementsAre;

Result<std::optional<Replacement>> read(std::vector<std::string> words,
                                        Environment environment = {}) {
  std::vector<char*> argv;
  for (std::string& each : words) argv.push_back(each.data());
  argv.push_back(nullptr);
  ::optind = 0;  // getopt() from the beginning
  ::opterr = 0;
  return read_sendmail(static_cast<int>(words.size()), argv.data(), std::move(environment));
}

Replacement good(std::vector<std::string> words, Environment environment = {}) {
  const std::string line = testing::PrintToString(words);
  auto out = read(std::move(words), std::move(environment));
  EXPECT_TRUE(out && *out) << line;
  return out && *out ? **out : Replacement{};
}

TEST(SendmailTest, TakesTheCommandLinesOfOtherPrograms) {
  EXPECT_THAT(good({"sendmail", "-t", "-i"}).arguments, ElementsAre("-H", "--"));  // PHP
  EXPECT_THAT(good({"sendmail", "-i", "-FCronDaemon", "-B8BITMIME", "-oem", "joe"}).arguments,
              ElementsAre("-a", "--", "joe"));
  EXPECT_THAT(
      good({"sendmail", "-FCronDaemon", "-i", "-odi", "-oem", "-oi", "-t", "-f", "root"}).arguments,
      ElementsAre("-H", "-f", "root", "--"));
  EXPECT_THAT(good({"sendmail", "-oem", "-oi", "-f", "a@b", "--", "-c@d"}).arguments,  // mutt
              ElementsAre("-a", "-f", "a@b", "--", "-c@d"));
  EXPECT_THAT(good({"sendmail", "-i", "-r", "a@b", "c@d"}).arguments,  // mailx
              ElementsAre("-a", "-f", "a@b", "--", "c@d"));
  EXPECT_THAT(good({"sendmail", "-q15m", "-O", "QueueSortOrder=host", "-C", "x", "c@d"}).arguments,
              ElementsAre("-a", "--", "c@d"));
}

TEST(SendmailTest, TheSenderSaysWhoWritesAndTheNameIsKept) {
  const Replacement out = good({"sendmail", "-fs@t.example", "-FJoe Public", "x"},
                               {{"NAME", "N"}, {"MAILHOST", "m"}, {"QMAILNAME", "Q"}});
  const Environment want{
      {"QMAILUSER", "s"}, {"QMAILHOST", "t.example"}, {"MAILNAME", "Joe Public"}};
  EXPECT_EQ(out.environment, want);
}

TEST(SendmailTest, TheSenderOfBouncesIsNobodyAndWritesNothing) {
  const Replacement out = good({"sendmail", "-f", "<>", "x"}, {{"USER", "joe"}});
  EXPECT_THAT(out.arguments, ElementsAre("-a", "-f", "", "--", "x"));
  EXPECT_EQ(out.environment, (Environment{{"USER", "joe"}}));
  EXPECT_THAT(good({"sendmail", "-f<a@b>", "x"}).arguments,
              ElementsAre("-a", "-f", "a@b", "--", "x"));
}

TEST(SendmailTest, PassesOnWhatTheSenderWantsToBeTold) {
  const Replacement out =
      good({"sendmail", "-N", "failure,DELAY", "-R", "hdrs", "-V", "id+1", "x"});
  const Environment want{
      {"DSN_NOTIFY", "failure,DELAY"}, {"DSN_RET", "hdrs"}, {"DSN_ENVID", "id+1"}};
  EXPECT_EQ(out.environment, want);
}

TEST(SendmailTest, RefusesWhatRfc3461DoesNotKnow) {
  const std::vector<std::vector<std::string>> wrong{
      {"sendmail", "-N", "never,delay", "x"},
      {"sendmail", "-N", "", "x"},
      {"sendmail", "-R", "some", "x"},
      {"sendmail", "-V", "a b", "x"},
      {"sendmail", "-V", "", "x"},
      {"sendmail", "-V", std::string(kMaxEnvelopeId + 1, 'x')},
      {"sendmail", "-bd"},
      {"sendmail", "-z"},
      {"sendmail", "-f"}};
  for (const std::vector<std::string>& words : wrong) {
    const auto out = read(words);
    EXPECT_TRUE(out && !*out) << testing::PrintToString(words);
  }
}

TEST(SendmailTest, GoesByItsName) {
  EXPECT_EQ(good({"/usr/bin/mailq"}).program, "qmail-qread");
  EXPECT_EQ(good({"sendmail", "-bp"}).program, "qmail-qread");
  EXPECT_FALSE(read({"/usr/bin/newaliases"}));
  EXPECT_FALSE(read({"sendmail", "-bi"}));
  EXPECT_EQ(good({"sendmail", "-q"}).program, "");
}

TEST(SendmailTest, ItsSmtpServerTakesMailForAnybodyOnlyFromTheUserHimself) {
  const Replacement local = good({"sendmail", "-bs"});
  EXPECT_EQ(local.program, "qmail-smtpd");
  EXPECT_TRUE(local.environment.contains("RELAYCLIENT"));
  const Replacement remote = good({"sendmail", "-bs"}, {{"PROTO", "TCP"}});
  EXPECT_FALSE(remote.environment.contains("RELAYCLIENT"));
}

}  // namespace
}  // namespace lbx::inject
