// SPDX-License-Identifier: MIT
#include "remote/reports.h"

#include <gmock/gmock.h>

namespace lbx::remote {
namespace {

using namespace std::string_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using wire::Answer;
using wire::Verdict;

constexpr ExitStatus kWell{false, 0};

Answer one(std::string_view output) {
  const std::vector<Answer> answers = remote_answers(kWell, output, 1);
  EXPECT_EQ(answers.size(), 1U);
  return answers.at(0);
}

// As recorded of qmail-rspawn (vectors remote-0193 to 0212).
TEST(RemoteReports, OfOneRecipientAreCondensedAsByQmailRspawn) {
  EXPECT_EQ(one("rfirst\n\0Kall well\n\0"s), (Answer{Verdict::Done, "first\nall well\n"}));
  EXPECT_EQ(one("hno such user\n\0Dgiving up\n\0"s),
            (Answer{Verdict::Never, "no such user\ngiving up\n"}));
  EXPECT_EQ(one("slater\n\0Dgiving up\n\0"s), (Answer{Verdict::Later, "later\ngiving up\n"}));
  EXPECT_EQ(one("slater\n\0Kok\n\0"s), (Answer{Verdict::Later, "later\n"}));
  EXPECT_EQ(one("hno\n\0Kok\n\0"s), (Answer{Verdict::Never, "no\n"}));
  EXPECT_EQ(one("Zno connection\n\0"s), (Answer{Verdict::Later, "no connection\n"}));
  EXPECT_EQ(one("Dno way\n\0"s), (Answer{Verdict::Never, "no way\n"}));
  EXPECT_EQ(one("Kfine\n\0"s), (Answer{Verdict::Done, "fine\n"}));
  EXPECT_EQ(one("rok\n\0Ddata refused\n\0"s), (Answer{Verdict::Never, "ok\ndata refused\n"}));
}

TEST(RemoteReports, AStatusThatIsNotZeroSaysEverything) {
  const std::string good = "rfirst\n\0Kall well\n\0"s;
  EXPECT_THAT(remote_answers({false, 111}, good, 2),
              ElementsAre(Answer{Verdict::Later, "Unable to run qmail-remote.\n"},
                          Answer{Verdict::Later, "Unable to run qmail-remote.\n"}));
  EXPECT_EQ(remote_answers({false, 100}, good, 1).at(0).verdict, Verdict::Never);
  EXPECT_EQ(remote_answers({true, 9}, good, 1).at(0),
            (Answer{Verdict::Later, "qmail-remote crashed.\n"}));
}

// Where qmail-rspawn bounces, for want of a better idea.
TEST(RemoteReports, WhatCannotBeUnderstoodIsForLater) {
  for (const std::string& each : {""s, "Kfine"s, "hello\n"s, "rok\n\0"s, "\0\0"s, "x\0y\0"s}) {
    const Answer answer = one(each);
    EXPECT_EQ(answer.verdict, Verdict::Later) << each;
    EXPECT_FALSE(answer.text.empty()) << each;
  }
}

TEST(RemoteReports, EachRecipientHasItsOwn) {
  EXPECT_THAT(remote_answers(kWell, "ra\n\0hb\n\0sc\n\0Kd\n\0"s, 3),
              ElementsAre(Answer{Verdict::Done, "a\nd\n"}, Answer{Verdict::Never, "b\n"},
                          Answer{Verdict::Later, "c\n"}));
  EXPECT_THAT(remote_answers(kWell, "Zno connection\n\0"s, 2),
              ElementsAre(Answer{Verdict::Later, "no connection\n"},
                          Answer{Verdict::Later, "no connection\n"}));
  EXPECT_THAT(remote_answers(kWell, "ra\n\0rb\n\0Dtoo large\n\0"s, 2),
              ElementsAre(Answer{Verdict::Never, "a\ntoo large\n"},
                          Answer{Verdict::Never, "b\ntoo large\n"}));
}

TEST(RemoteReports, NobodyIsServedWhomTheProgramHasNotNamed) {
  const std::vector<Answer> answers = remote_answers(kWell, "ra\n\0Kok\n\0"s, 3);
  ASSERT_EQ(answers.size(), 3U);
  EXPECT_EQ(answers[0].verdict, Verdict::Done);
  EXPECT_EQ(answers[1].verdict, Verdict::Later);
  EXPECT_EQ(answers[2].verdict, Verdict::Later);
  EXPECT_EQ(remote_answers(kWell, "ra\n\0rb\n\0rc\n\0Kok\n\0"s, 2).size(), 2U);
}

}  // namespace
}  // namespace lbx::remote
