// SPDX-License-Identifier: MIT
#include "deliver/queue_delivery.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include "core/base/io.h"
#include "deliver/spawn_protocol.h"
#include "support/scratch.h"
#include "support/test_system.h"

namespace lbx::deliver {
namespace {

using namespace std::string_literals;
using testing::HasSubstr;
using testing::StartsWith;

class QueueDeliveryTest : public testing::Test {
 protected:
  QueueDeliveryTest() {
    scratch.make_maildir("home/Maildir");
    scratch.make_directory("mailhome");
    outside.system.environment["LETTERBOX_HOME"] = scratch.path("mailhome");
    scratch.write("message", "Subject: x\n\nbody\n");
    settings.pass_environment = true;
  }

  Answer run(const std::string& instructions) {
    scratch.write("home/.qmail", instructions);
    ::chmod(scratch.path("home/.qmail").c_str(), 0600);
    const UniqueFd message =
        outside.files.open_at(AT_FDCWD, scratch.path("message"), O_RDONLY, 0).value();
    const Request request{"joe", scratch.path("home"), "joe", "", "", "x.y", "s@t", "./Maildir/"};
    return deliver_for_queue(outside.system, request, settings, message.get());
  }
  void use_other(const std::string& script) {
    scratch.write("agent", "#!/bin/sh\n" + script);
    ::chmod(scratch.path("agent").c_str(), 0755);
    outside.system.environment["QMAILLOCAL"] = scratch.path("agent");
  }

  testing_support::ScratchDirectory scratch;
  testing_support::TestSystem outside;
  Settings settings;
};

TEST_F(QueueDeliveryTest, SaysWhatWasDone) {
  EXPECT_EQ(run("./Maildir/\n"), (Answer{Verdict::Done, "did 1+0+0\n"}));
  EXPECT_EQ(scratch.contents("home/Maildir/new"),
            std::vector{"Return-Path: <s@t>\nDelivered-To: joe@x.y\nSubject: x\n\nbody\n"s});
}

TEST_F(QueueDeliveryTest, WhatProgramsWriteComesFirst) {
  EXPECT_EQ(run("|echo out; echo err >&2\n|cat >../seen\n"),
            (Answer{Verdict::Done, "out\nerr\ndid 0+0+2\n"}));
  EXPECT_EQ(scratch.read("seen"), "Subject: x\n\nbody\n");
}

TEST_F(QueueDeliveryTest, TheVerdictIsTheProgramsAndSoAreTheWords) {
  EXPECT_EQ(run("|echo no such list; exit 100\n"), (Answer{Verdict::Never, "no such list\n"}));
  EXPECT_EQ(run("|echo busy; exit 111\n"), (Answer{Verdict::Later, "busy\n"}));
  EXPECT_EQ(run("|echo done; exit 99\n|exit 100\n"), (Answer{Verdict::Done, "done\ndid 0+0+1\n"}));
}

TEST_F(QueueDeliveryTest, ALongReportIsCutAndSaysSo) {
  const Answer answer = run("|yes | head -c 10000000; exit 100\n");
  EXPECT_EQ(answer.verdict, Verdict::Never);
  EXPECT_LE(answer.text.size(), kMaxSpawnReport);
  EXPECT_THAT(answer.text, testing::EndsWith("\nError report too long, sorry.\n"));
}

TEST_F(QueueDeliveryTest, AMissingMaildirIsForLaterInQmailsWords) {
  const Answer answer = run("./nowhere/\n");
  EXPECT_EQ(answer.verdict, Verdict::Later);
  EXPECT_THAT(answer.text, HasSubstr("(#4."));
  EXPECT_THAT(answer.text, testing::EndsWith("\n"));
}

TEST_F(QueueDeliveryTest, AnotherAgentGetsQmailLocalsCommandLineAndTheMessage) {
  use_other("echo \"$# $1 $2 $4 $7 $8 $9\"; pwd; cat\n");
  const Answer answer = run("|exit 100\n");
  EXPECT_EQ(answer.verdict, Verdict::Done);
  EXPECT_EQ(answer.text, "9 -- joe joe x.y s@t ./Maildir/\n" + scratch.path("mailhome") +
                             "\nSubject: x\n\nbody\n");
}

TEST_F(QueueDeliveryTest, AnotherAgentsStatusCounts) {
  use_other("echo try again; exit 111\n");
  EXPECT_EQ(run(""), (Answer{Verdict::Later, "try again\n"}));
  use_other("exit 1\n");
  EXPECT_EQ(run(""), (Answer{Verdict::Never, ""}));
  use_other("kill -9 $$\n");
  EXPECT_EQ(run(""), (Answer{Verdict::Later, "qmail-local crashed.\n"}));
}

TEST_F(QueueDeliveryTest, AnAgentThatCannotBeRunIsForGoodOnlyWhereItIs) {
  outside.system.environment["QMAILLOCAL"] = scratch.path("missing");
  EXPECT_EQ(run(""), (Answer{Verdict::Never, "Unable to run qmail-local.\n"}));
}

TEST_F(QueueDeliveryTest, AReportIsALetterAndItsText) {
  EXPECT_EQ(answer_of_report("Dno"), (Answer{Verdict::Never, "no"}));
  EXPECT_EQ(answer_of_report("K"), (Answer{Verdict::Done, ""}));
  EXPECT_EQ(answer_of_report("").verdict, Verdict::Later);
}

}  // namespace
}  // namespace lbx::deliver
