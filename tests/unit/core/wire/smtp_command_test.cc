// SPDX-License-Identifier: MIT
#include "core/wire/smtp_command.h"

#include <gtest/gtest.h>

namespace lbx::wire {
namespace {

MailCommand mail(std::string_view text) {
  const Parsed<MailCommand> parsed = parse_mail(text);
  const Reply* wrong = std::get_if<Reply>(&parsed);
  EXPECT_EQ(wrong, nullptr) << text << ": " << wrong->text;
  return wrong == nullptr ? std::get<MailCommand>(parsed) : MailCommand{};
}
RcptCommand rcpt(std::string_view text, bool utf8 = false) {
  const Parsed<RcptCommand> parsed = parse_rcpt(text, utf8);
  const Reply* wrong = std::get_if<Reply>(&parsed);
  EXPECT_EQ(wrong, nullptr) << text << ": " << wrong->text;
  return wrong == nullptr ? std::get<RcptCommand>(parsed) : RcptCommand{};
}
int mail_code(std::string_view text) {
  const Parsed<MailCommand> parsed = parse_mail(text);
  return std::holds_alternative<Reply>(parsed) ? std::get<Reply>(parsed).code : 250;
}
int rcpt_code(std::string_view text, bool utf8 = false) {
  const Parsed<RcptCommand> parsed = parse_rcpt(text, utf8);
  return std::holds_alternative<Reply>(parsed) ? std::get<Reply>(parsed).code : 250;
}

TEST(SmtpCommand, VerbsHaveNoCase) {
  EXPECT_EQ(split_command("mail From:<a@b>  ").verb, "MAIL");
  EXPECT_EQ(split_command("mail From:<a@b>  ").rest, "From:<a@b>");
  EXPECT_EQ(split_command("QUIT").verb, "QUIT");
  EXPECT_EQ(split_command("").verb, "");
}

TEST(SmtpCommand, ReadsPaths) {
  EXPECT_TRUE(mail("FROM:<>").sender.null());
  EXPECT_EQ(mail("from: <Joe@Example.ORG>").sender, (Mailbox{"Joe", "Example.ORG"}));
  EXPECT_EQ(mail("FROM:<\"a b>c\\\"\"@x.y>").sender, (Mailbox{"a b>c\"", "x.y"}));
  EXPECT_EQ(rcpt("TO:<@a.b,@c.d:u@e.f>").recipient, (Mailbox{"u", "e.f"}));  // RFC 5321 app. C
  EXPECT_EQ(rcpt("TO:<Postmaster>").recipient, (Mailbox{"Postmaster", ""}));
  EXPECT_EQ(rcpt("TO:<u@[127.0.0.1]>").recipient, (Mailbox{"u", "[127.0.0.1]"}));
}

TEST(SmtpCommand, RefusesWhatIsNoPath) {
  for (const char* each : {"", "FROM", "FROM:", "FROM:a@b", "FROM:<a@b", "FROM:<a@b>x", "TO:<a@b>",
                           "FROM:<a b@c>", "FROM:<\"a@b>", "FROM:<a\x01@b>"}) {
    EXPECT_EQ(mail_code(each), 501) << each;
  }
  EXPECT_EQ(rcpt_code("TO:<>"), 501);
  EXPECT_EQ(rcpt_code("TO:<" + std::string(2000, 'a') + "@b>"), 501);
}

TEST(SmtpCommand, ReadsParameters) {
  const MailCommand all = mail("FROM:<a@b> SIZE=123 body=8bitmime SMTPUTF8 RET=HDRS ENVID=q+2B1");
  EXPECT_EQ(all.size, 123U);
  EXPECT_TRUE(all.eight_bit);
  EXPECT_TRUE(all.utf8);
  EXPECT_EQ(all.ret, ReturnContent::Headers);
  EXPECT_EQ(all.envelope_id, "q+2B1");
  const RcptCommand one = rcpt("TO:<a@b> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;a+2Bb@c");
  EXPECT_EQ(one.notify, (Notify{true, true, false, true}));
  EXPECT_EQ(one.original_recipient, "rfc822;a+2Bb@c");
  EXPECT_EQ(rcpt("TO:<a@b> NOTIFY=never").notify, (Notify{true, false, false, false}));
}

TEST(SmtpCommand, RefusesBadParameters) {
  for (const char* each :
       {"SIZE", "SIZE=", "SIZE=-1", "SIZE=18446744073709551616", "SIZE=1 SIZE=1", "BODY=BINARYMIME",
        "BODY", "RET=NONE", "ENVID=", "ENVID=a=b", "ENVID=a+2", "ENVID=+zz", "SMTPUTF8=yes"}) {
    EXPECT_EQ(mail_code(std::string{"FROM:<a@b> "} + each), 501) << each;
  }
  EXPECT_EQ(mail_code("FROM:<a@b> ENVID=" + std::string(101, 'x')), 501);
  EXPECT_EQ(mail_code("FROM:<a@b> WHATEVER=1"), 555);
  for (const char* each :
       {"NOTIFY", "NOTIFY=", "NOTIFY=NEVER,SUCCESS", "NOTIFY=SUCCESS,SUCCESS", "NOTIFY=FOO",
        "ORCPT=rfc822", "ORCPT=;a", "ORCPT=rfc822;a=b", "NOTIFY=NEVER NOTIFY=NEVER"}) {
    EXPECT_EQ(rcpt_code(std::string{"TO:<a@b> "} + each), 501) << each;
  }
  EXPECT_EQ(rcpt_code("TO:<a@b> ORCPT=rfc822;" + std::string(500, 'x')), 501);
  EXPECT_EQ(rcpt_code("TO:<a@b> SIZE=1"), 555);
}

TEST(SmtpCommand, AddressesBeyondAsciiNeedSmtputf8) {
  EXPECT_EQ(mail_code("FROM:<j\xC3\xB6@b>"), 553);
  EXPECT_EQ(mail_code("FROM:<j\xC3\xB6@b> SMTPUTF8"), 250);
  EXPECT_EQ(mail_code("FROM:<j\xC3@b> SMTPUTF8"), 553);
  EXPECT_EQ(rcpt_code("TO:<j\xC3\xB6@b>"), 553);
  EXPECT_EQ(rcpt_code("TO:<j\xC3\xB6@b>", true), 250);
}

TEST(SmtpCommand, Utf8IsChecked) {
  EXPECT_TRUE(is_utf8("a\xC3\xB6\xE2\x82\xAC\xF0\x9F\x98\x80"));
  for (const char* each : {"\x80", "\xC0\xAF", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80",
                           "\xF5\x80\x80\x80", "\xC3", "\xE2\x82", "\xE2\x82\x41"}) {
    EXPECT_FALSE(is_utf8(each));
  }
}

TEST(SmtpCommand, ReadsChunks) {
  EXPECT_EQ(std::get<ChunkCommand>(parse_bdat("17")).octets, 17U);
  EXPECT_FALSE(std::get<ChunkCommand>(parse_bdat("17")).last);
  EXPECT_TRUE(std::get<ChunkCommand>(parse_bdat("0 last")).last);
  for (const char* each : {"", "-1", "x", "18446744073709551616", "1 FIRST", "1 LAST x"}) {
    EXPECT_TRUE(std::holds_alternative<Reply>(parse_bdat(each))) << each;
  }
}

TEST(SmtpCommand, RepliesAreLines) {
  EXPECT_EQ(to_line({250, "2.0.0", "OK"}), "250 2.0.0 OK\r\n");
  EXPECT_EQ(to_line({354, "", "go on"}), "354 go on\r\n");
}

}  // namespace
}  // namespace lbx::wire
