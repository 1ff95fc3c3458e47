// SPDX-License-Identifier: MIT
#include "queue/qread.h"

#include <gtest/gtest.h>

namespace lbx::queue {
namespace {

Recipient recipient(Channel channel, const std::string& address, State state = State::Waiting) {
  Recipient out;
  out.state = state;
  out.as.channel = channel;
  out.as.address = address;
  return out;
}

Message message(const std::string& sender, std::vector<Recipient> recipients) {
  Message out;
  out.id = 46;
  out.envelope.sender = sender;
  out.envelope.born = 1'000'000'000;
  out.envelope.size = 100;
  out.recipients = std::move(recipients);
  return out;
}

TEST(QreadTest, AMessageLooksAsQmailShowsIt) {
  EXPECT_EQ(qread_text(message("s@x.example", {recipient(Channel::Local, "joe@example.org")})),
            "9 Sep 2001 01:46:40 GMT  #46  100  <s@x.example> \n\tlocal\tjoe@example.org\n");
}

TEST(QreadTest, WhoHasGotItIsDoneAndWhoCannotGetItMakesItBouncing) {
  EXPECT_EQ(qread_text(message("", {recipient(Channel::Local, "none@h", State::Failed),
                                    recipient(Channel::Local, "joe@h", State::Held),
                                    recipient(Channel::Local, "ann@h", State::Done)})),
            "9 Sep 2001 01:46:40 GMT  #46  100  <>  bouncing\n"
            "  done\tlocal\tnone@h\n\tlocal\tjoe@h\n  done\tlocal\tann@h\n");
}

TEST(QreadTest, LocalRecipientsComeFirstAndAVerpSenderIsShownAsItIs) {
  EXPECT_EQ(qread_text(message("l-@send.example-@[]", {recipient(Channel::Remote, "x@far"),
                                                       recipient(Channel::Local, "joe@h")})),
            "9 Sep 2001 01:46:40 GMT  #46  100  <l-@send.example-@[]> \n"
            "\tlocal\tjoe@h\n\tremote\tx@far\n");
}

TEST(QreadTest, NothingUnprintableGetsThrough) {
  EXPECT_EQ(qread_text(message("a\x1b[2Jb c\n@\xc3\xa9", {recipient(Channel::Local, "\t\x7f@h")})),
            "9 Sep 2001 01:46:40 GMT  #46  100  <a_[2Jb_c_@__> \n\tlocal\t__@h\n");
}

TEST(QstatTest, CountsTheMessages) {
  Totals totals;
  totals.messages = 7;
  EXPECT_EQ(qstat_text(totals),
            "messages in queue: 7\nmessages in queue but not yet preprocessed: 0\n");
}

}  // namespace
}  // namespace lbx::queue
