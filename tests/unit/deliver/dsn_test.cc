// SPDX-License-Identifier: MIT
#include "deliver/dsn.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <csignal>

#include "support/scratch.h"
#include "support/test_system.h"

namespace lbx::deliver {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::Pair;
using testing::UnorderedElementsAre;

DsnRequest asking(wire::Notify notify) {
  return {"Joe@x.y", notify,       wire::ReturnContent::Headers, "rfc822;Joe+2BJ@x.y", "id+3D1+20b",
          true,      1'699'999'000};
}

constexpr wire::Notify kSuccess{true, true, false, false};
constexpr wire::Notify kAll{true, true, true, true};
constexpr wire::Notify kNever{true, false, false, false};

TEST(DsnRequestTest, ReadsBackWhatItWrites) {
  for (const wire::Notify& notify : {kSuccess, kAll, kNever, wire::Notify{}}) {
    const DsnRequest request = asking(notify);
    const Result<DsnRequest> again = decode_dsn_request(encode(request));
    ASSERT_TRUE(again) << again.error().what;
    EXPECT_EQ(*again, request);
  }
  EXPECT_FALSE(decode_dsn_request("1:a,"));
  EXPECT_FALSE(decode_dsn_request("1:a,0:,0:,0:,1:x,"));
  EXPECT_FALSE(decode_dsn_request("nonsense"));
}

TEST(DsnRequestTest, ThatNothingWasAskedForTakesNoRoom) {
  EXPECT_EQ(encode(DsnRequest{.recipient = "joe@x.y", .arrival = 1}), "");
}

TEST(DsnRequestTest, WhatIsForwardedKeepsAllButSuccess) {
  EXPECT_THAT(queue_variables(asking(kAll)),
              UnorderedElementsAre(Pair("DSN_NOTIFY", "FAILURE,DELAY"), Pair("DSN_RET", "HDRS"),
                                   Pair("DSN_ENVID", "id=1 b")));
  EXPECT_EQ(queue_variables(asking(kSuccess)).at("DSN_NOTIFY"), "NEVER");
  EXPECT_EQ(queue_variables(asking(kNever)).at("DSN_NOTIFY"), "NEVER");
  EXPECT_THAT(queue_variables({}), testing::IsEmpty());
}

TEST(DsnActionTest, IsWhatTheMessageHasComeTo) {
  EXPECT_EQ(action_of({.files = 1}), ReportAction::Delivered);
  EXPECT_EQ(action_of({.programs = 1}), ReportAction::Delivered);
  EXPECT_EQ(action_of({.files = 1, .forwards = 2}), ReportAction::Delivered);
  EXPECT_EQ(action_of({.forwards = 1}), ReportAction::Relayed);
  EXPECT_EQ(action_of({.forwards = 2}), ReportAction::Expanded);
  EXPECT_EQ(action_of({}), ReportAction::Delivered);  // a file that only has comments: as wanted
}

class SuccessNoticeTest : public testing::Test {
 protected:
  SuccessNoticeTest() {
    static_cast<void>(std::signal(SIGPIPE, SIG_IGN));  // as whoever calls has
    scratch.write("message", "Subject: the original\n\nsecret\n");
    scratch.write("queue", "#!/bin/sh\ncat >" + scratch.path("notice") + "\ntr '\\0' '|' <&1 >" +
                               scratch.path("envelope") + "\n");
    ::chmod(scratch.path("queue").c_str(), 0755);
    outside.system.environment["QMAILQUEUE"] = scratch.path("queue");
    scratch.make_directory("mailhome");
    outside.system.environment["LETTERBOX_HOME"] = scratch.path("mailhome");
    outside.system.environment["PATH"] = "/usr/bin:/bin";
  }
  Result<void> tell(const DsnRequest& request, const std::string& sender, const Outcome& outcome) {
    const UniqueFd message =
        outside.files.open_at(AT_FDCWD, scratch.path("message"), O_RDONLY, 0).value();
    return tell_of_success(outside.system, settings, request, sender, outcome, message.get());
  }
  bool told() { return ::access(scratch.path("notice").c_str(), F_OK) == 0; }

  testing_support::ScratchDirectory scratch;
  testing_support::TestSystem outside;
  Settings settings;
  Outcome delivered{{}, {.files = 1}, {}};
};

TEST_F(SuccessNoticeTest, GoesToTheSenderFromNobodyWithTheHeaderOnly) {
  const Result<void> sent = tell(asking(kSuccess), "s@t", delivered);
  ASSERT_TRUE(sent) << sent.error().what;
  EXPECT_EQ(scratch.read("envelope"), "F|Ts@t||");
  const std::string notice = scratch.read("notice");
  EXPECT_THAT(notice, HasSubstr("Action: delivered\n"));
  EXPECT_THAT(notice, HasSubstr("Original-Envelope-Id: id=1 b\n"));
  EXPECT_THAT(notice, HasSubstr("Joe+J@x.y\n"));
  EXPECT_THAT(notice, HasSubstr("Subject: the original\n"));
  EXPECT_THAT(notice, Not(HasSubstr("secret")));
}

TEST_F(SuccessNoticeTest, SaysThatTheMessageHasGoneOn) {
  ASSERT_TRUE(tell(asking(kSuccess), "s@t", {{}, {.forwards = 1}, {}}));
  EXPECT_THAT(scratch.read("notice"), HasSubstr("Action: relayed\n"));
}

TEST_F(SuccessNoticeTest, NobodyIsToldWhoDidNotAskOrWhatHasNotHappened) {
  EXPECT_TRUE(tell(asking(kNever), "s@t", delivered));
  EXPECT_TRUE(tell(asking({}), "s@t", delivered));
  EXPECT_TRUE(tell(asking(kSuccess), "", delivered));
  EXPECT_TRUE(tell(asking(kSuccess), "#@[]", delivered));
  EXPECT_TRUE(tell(asking(kSuccess), "s@t", {Report::later("no (#4.0.0)"), {}, {}}));
  EXPECT_FALSE(told());
}

TEST_F(SuccessNoticeTest, AQueueThatDoesNotTakeItIsSaid) {
  outside.system.environment["QMAILQUEUE"] = "/nonexistent";
  EXPECT_FALSE(tell(asking(kSuccess), "s@t", delivered));
}

}  // namespace
}  // namespace lbx::deliver
