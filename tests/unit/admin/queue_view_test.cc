// SPDX-License-Identifier: MIT
#include "admin/queue_view.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "core/base/utf8.h"

namespace lbx::admin {
namespace {

using queue::Channel;
using queue::State;
using testing::HasSubstr;
using testing::Not;

constexpr std::int64_t kNow = 1'700'010'000;

queue::Message message() {
  queue::Message out;
  out.id = 42;
  out.envelope.sender = "joe@example.org";
  out.envelope.born = kNow - 3 * 3600;
  out.envelope.size = 1234;
  out.envelope.uid = 1000;
  out.envelope.pid = 77;
  queue::Recipient ann;
  ann.id = 5;
  ann.message = 42;
  ann.attempts = 3;
  ann.tried = kNow - 600;
  ann.due = kNow + 90;
  ann.report = "192.0.2.1 does not answer.\nI'll try again. (#4.4.1)\n";
  ann.as.channel = Channel::Remote;
  ann.as.address = "ann@far.example";
  ann.as.destination = "far.example";
  queue::Recipient bob;
  bob.id = 6;
  bob.state = State::Done;
  bob.as.address = "joe-shop-bob@shop.example";
  bob.as.original = "bob@shop.example";
  out.recipients = {ann, bob};
  return out;
}

TEST(QueueViewTest, SpansHaveTheirTwoLargestUnits) {
  EXPECT_EQ(span_text(0), "0s");
  EXPECT_EQ(span_text(-5), "0s");
  EXPECT_EQ(span_text(59), "59s");
  EXPECT_EQ(span_text(60), "1m");
  EXPECT_EQ(span_text(3599), "59m59s");
  EXPECT_EQ(span_text(3600 + 59), "1h");
  EXPECT_EQ(span_text(86'400 * 2 + 3600 * 4 + 59), "2d4h");
}

TEST(QueueViewTest, AListNamesWhoStillWaitsAndWhy) {
  EXPECT_EQ(list_text(message(), {}, kNow),
            "#42 3h 1234 octets from <joe@example.org>, 1 of 2 done\n"
            "    remote waiting ann@far.example: tried 3 times, last 10m ago, due in 1m30s\n"
            "        192.0.2.1 does not answer. / I'll try again. (#4.4.1)\n");
}

TEST(QueueViewTest, ShowSaysEverything) {
  queue::Message all = message();
  all.envelope.utf8 = true;
  all.envelope.envelope_id = "id-1";
  all.envelope.extent = queue::Return::Headers;
  all.body = queue::SpoolBody{"0123"};
  all.recipients[0].as.notify.success = true;
  all.recipients[0].as.notify.delay = true;
  all.recipients[0].as.original_recipient = "rfc822;ann@old.example";
  all.recipients[0].told_of_delay = true;
  const std::string text = show_text(all, kNow);
  for (const char* const each :
       {"message   42\n", "<joe@example.org>", "3h ago", "uid 1000, process 77", "1234 octets",
        "in spool/0123", "SMTPUTF8", "id-1", "HDRS", "notify SUCCESS,DELAY",
        "rfc822;ann@old.example", "told of the delay",
        "joe-shop-bob@shop.example (sent to bob@shop.example)"}) {
    EXPECT_THAT(text, HasSubstr(each));
  }
}

TEST(QueueViewTest, NothingHostileReachesATerminal) {
  queue::Message evil = message();
  evil.envelope.sender = "a\x1b]0;x\x07\n#43 forged\r@h";
  evil.recipients[0].as.address =
      "b\xc2\x9b"
      "2J\xe2\x80\xae@h";
  evil.recipients[0].as.original = "\x9b";
  evil.recipients[0].report = "x\x1b[2J\n\ty\x7f\n";
  evil.recipients[0].as.original_recipient = "\x1b";
  evil.envelope.envelope_id = "\x1b";
  for (const std::string& text : {list_text(evil, {}, kNow), show_text(evil, kNow)}) {
    for (const char c : text) {
      EXPECT_TRUE(c == '\n' || (c >= ' ' && c != '\x7f') || static_cast<signed char>(c) < 0);
    }
    EXPECT_THAT(text, Not(HasSubstr("\n#43")));
    EXPECT_THAT(text, Not(HasSubstr("\xc2\x9b")));
    EXPECT_THAT(text, Not(HasSubstr("\xe2\x80\xae")));
    EXPECT_THAT(text, HasSubstr("\\x1b"));
  }
}

TEST(QueueViewTest, ALongReportIsCutBetweenCharacters) {
  queue::Message all = message();
  std::string report;
  for (int i = 0; i < 1000; ++i) report += "x\xc3\xa9";
  all.recipients[0].report = report;
  const std::string text = list_text(all, {}, kNow);
  EXPECT_LT(text.size(), 700U);
  EXPECT_TRUE(utf8::is_valid(text));
  EXPECT_THAT(text, HasSubstr("..."));
}

TEST(QueueViewTest, JsonIsJsonWhateverIsInIt) {
  queue::Message evil = message();
  evil.envelope.sender = "a\"\\\x1b\n\xff@h";
  evil.recipients[0].report = std::string{"\0\xc3", 2};
  const std::string text = message_json(evil, {}, kNow);
  EXPECT_EQ(text.find('\n'), std::string::npos);
  const auto json = nlohmann::json::parse(text);
  EXPECT_EQ(json["message"], 42);
  EXPECT_EQ(json["sender"], "a\"\\\x1b\n\xef\xbf\xbd@h");
  EXPECT_EQ(json["age"], 3 * 3600);
  EXPECT_EQ(json["done"], 1);
  ASSERT_EQ(json["recipients"].size(), 1U);
  EXPECT_EQ(json["recipients"][0]["id"], 5);
  EXPECT_EQ(json["recipients"][0]["state"], "waiting");
  EXPECT_EQ(json["recipients"][0]["channel"], "remote");
  EXPECT_EQ(json["recipients"][0]["due"], kNow + 90);
}

}  // namespace
}  // namespace lbx::admin
