// SPDX-License-Identifier: MIT
#include "deliver/order.h"

#include <gtest/gtest.h>

#include "deliver/lmtp_reply.h"

namespace lbx::deliver {
namespace {

using namespace std::string_literals;

TEST(Order, ReadsBackWhatItWrites) {
  const Order order{Order::Kind::Deliver, "joe x", "a.b", "s@t\n", 12, "id/0"};
  const Result<NumberedOrder> again = decode_order(encode(77, order));
  ASSERT_TRUE(again) << again.error().what;
  EXPECT_EQ(again->number, 77U);
  EXPECT_EQ(again->order, order);
  for (const Verdict verdict : {Verdict::Done, Verdict::Later, Verdict::Never}) {
    const Result<NumberedAnswer> answer = decode_answer(encode(1, Answer{verdict, "5.1.1 no"}));
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->answer, (Answer{verdict, "5.1.1 no"}));
  }
}

TEST(Order, RefusesWhatIsNone) {
  const std::string good = encode(1, Order{});
  for (const std::string& each :
       {""s, "\0"s, good.substr(1), good + "x", good + "x\0"s, good.substr(0, good.size() - 1),
        "X" + good.substr(1), "V\0-1\0"s + "0\0a\0b\0c\0d\0"s, "V\0001\000x\0a\0b\0c\0d\0"s}) {
    EXPECT_FALSE(decode_order(each)) << each;
  }
  EXPECT_FALSE(decode_answer("Q\0001\0x\0"s));
  EXPECT_FALSE(decode_answer("K\000x\0x\0"s));
}

TEST(Order, AnAnswerIsCutToItsLimit) {
  const Answer longer{Verdict::Never, std::string(10'000, 'x')};
  EXPECT_EQ(decode_answer(encode(1, longer))->answer.text.size(), kMaxAnswerText);
}

TEST(LmtpReply, HasTheCodeOfTheEnhancedCode) {
  const auto code = [](Verdict verdict, const char* text) {
    return wire::to_line(reply_of({verdict, text}));
  };
  EXPECT_EQ(code(Verdict::Done, "2.0.0 delivered"), "250 2.0.0 delivered\r\n");
  EXPECT_EQ(code(Verdict::Later, "4.2.2 full"), "452 4.2.2 full\r\n");
  EXPECT_EQ(code(Verdict::Later, "4.3.0 x"), "451 4.3.0 x\r\n");
  EXPECT_EQ(code(Verdict::Never, "5.1.1 no mailbox"), "550 5.1.1 no mailbox\r\n");
  EXPECT_EQ(code(Verdict::Never, "5.2.2 full"), "552 5.2.2 full\r\n");
  EXPECT_EQ(code(Verdict::Never, "5.4.6 loop"), "554 5.4.6 loop\r\n");
}

TEST(LmtpReply, BelievesTheVerdictAndStaysOneLine) {
  EXPECT_EQ(wire::to_line(reply_of({Verdict::Later, "5.1.1 a\r\n250 b"})),
            "451 4.3.0 5.1.1 a??250 b\r\n");
  EXPECT_EQ(wire::to_line(reply_of({Verdict::Never, ""})), "554 5.3.0 \r\n");
}

}  // namespace
}  // namespace lbx::deliver
