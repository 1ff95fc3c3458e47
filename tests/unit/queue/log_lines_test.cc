// SPDX-License-Identifier: MIT
#include "queue/log_lines.h"

#include <gmock/gmock.h>

namespace lbx::queue {
namespace {

class LogLinesTest : public testing::Test {
 protected:
  void SetUp() override {
    envelope.sender = "a b%c\xe9\n@x";
    envelope.uid = 7801;
    envelope.pid = 99;
    envelope.size = 123;
  }
  std::string said() {
    lines.flush();
    json.flush();
    return text;
  }

  std::string text;
  LogLines lines{LogFormat::Lines, [this](std::string_view more) { text += more; }};
  LogLines json{LogFormat::Json, [this](std::string_view more) { text += more; }};
  Envelope envelope;
};

TEST_F(LogLinesTest, LinesAreTheTemplatesOfTheContract) {
  lines.status({0, 10, 3, 20, false});
  lines.status({1, 10, 0, 20, true});
  lines.new_message(17);
  lines.info(17, envelope);
  lines.starting(4, 17, Channel::Local, "joe-q w@example.org");
  lines.starting(5, 17, Channel::Remote, "x@far.example");
  lines.ended(4, LogResult::Success, "did 1+0+0\n");
  lines.ended(5, LogResult::Failure, "no\n such host\n");
  lines.ended(6, LogResult::Deferral, "");
  lines.mangled(7);
  lines.bounce(17, 12);
  lines.note("triple bounce: discarding bounce/18");
  lines.end(17);
  lines.warning("trouble injecting bounce message, will try later");
  lines.alert("cannot start: unable to read controls");
  lines.exiting();
  EXPECT_EQ(said(),
            "status: local 0/10 remote 3/20\n"
            "status: local 1/10 remote 0/20 exitasap\n"
            "new msg 17\n"
            "info msg 17: bytes 123 from <a_b_c_/@x> qp 99 uid 7801\n"
            "starting delivery 4: msg 17 to local joe-q_w@example.org\n"
            "starting delivery 5: msg 17 to remote x@far.example\n"
            "delivery 4: success: did_1+0+0/\n"
            "delivery 5: failure: no/_such_host/\n"
            "delivery 6: deferral: \n"
            "delivery 7: report mangled, will defer\n"
            "bounce msg 17 qp 12\n"
            "triple bounce: discarding bounce/18\n"
            "end msg 17\n"
            "warning: trouble injecting bounce message, will try later\n"
            "alert: cannot start: unable to read controls\n"
            "status: exiting\n");
}

TEST_F(LogLinesTest, JsonHasAnObjectALine) {
  json.new_message(17);
  json.info(17, envelope);
  json.starting(4, 17, Channel::Local, "jo\"e\\@\xc3\xa9xample.org");
  json.ended(4, LogResult::Deferral, "two\nlines\x01\n");
  json.warning("of \"x\"");
  EXPECT_EQ(
      said(),
      "{\"event\":\"new\",\"message\":17}\n"
      "{\"event\":\"info\",\"message\":17,\"octets\":123,\"sender\":\"a b%c\xc3\xa9\\u000a@x\","
      "\"pid\":99,\"uid\":7801}\n"
      "{\"event\":\"starting\",\"delivery\":4,\"message\":17,\"channel\":\"local\","
      "\"recipient\":\"jo\\\"e\\\\@\xc3\xa9xample.org\"}\n"
      "{\"event\":\"ended\",\"delivery\":4,\"result\":\"deferral\","
      "\"text\":\"two\\u000alines\\u0001\\u000a\"}\n"
      "{\"event\":\"warning\",\"text\":\"of \\\"x\\\"\"}\n");
}

TEST_F(LogLinesTest, NothingIsWrittenBeforeTheFlushUnlessThereIsMuch) {
  lines.new_message(1);
  EXPECT_EQ(text, "");
  for (int i = 0; i < 10'000; ++i) lines.new_message(1);
  EXPECT_GT(text.size(), 64'000U);
}

}  // namespace
}  // namespace lbx::queue
